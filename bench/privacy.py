"""How much personal data is found, how much is none, how fast? `python -m bench.privacy`.

Recall: invented values in the forms that people write them (those of the tests), each in a
sentence; a value counts as found when one span covers it whole. Alarms: spans in invented
technical lines (logs, versions, hashes, times, orders) that hold nothing personal; by type also
in planted tickets of four languages. Speed: the sample company's tickets, characters per second on
one core, the best of seven rounds in turn with the peers; the 95th percentile of milliseconds for a
text of 1,000 characters, digit-heavy ones among them. People's names have their own figures.

The peers: the usual set of regular expressions, one a type, over the text with ASCII digits; and
fa-redact with all its detectors that need no model, where it is installed.
"""

import argparse
import json
import random
import re
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.text.personal_values import FORMS, planted
from tests.text.planted_tickets import MAKERS, STYLES, ticket
from text.persian import detection_form
from text.privacy import find

SAMPLE = Path(__file__).parent.parent / "sample" / "company"
PER_KIND, FULL_PER_KIND = 1000, 10_000
ROUNDS = 7
LONG = 1000
USUAL = {
    "EMAIL": r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}",
    "PHONE": r"(?:\+98|0098|0)?9\d{2}[\s-]?\d{3}[\s-]?\d{4}|0\d{2}[\s-]?\d{8}",
    "IBAN": r"(?i)\bIR\d{24}\b",
    "BANK_CARD": r"\b\d{4}[\s-]?\d{4}[\s-]?\d{4}[\s-]?\d{4}\b",
    "NATIONAL_ID": r"\b\d{10}\b",
}
_USUAL = [re.compile(pattern) for pattern in USUAL.values()]
LINES: tuple[Callable[[random.Random], str], ...] = (
    lambda rng: (
        f"pid {rng.randrange(10**7)} exit code {rng.randrange(200)} at {rng.randrange(2**32):#x}"
    ),
    lambda rng: (
        f"ts={1_700_000_000 + rng.randrange(10**8)} level=info request={rng.getrandbits(64)}"
    ),
    lambda rng: f"sha256 {rng.getrandbits(256):064x}",
    lambda rng: f"commit {rng.getrandbits(160):040x}",
    lambda rng: (
        f"nginx/1.{rng.randrange(30)}.{rng.randrange(9)} on 127.0.0.1:{rng.randrange(9999)}"
    ),
    lambda rng: f"1403/0{rng.randrange(1, 9)}/1{rng.randrange(9)} 10:42:{rng.randrange(10, 59)}",
    lambda rng: f"سفارش KZ-{rng.randrange(10**5)} به مبلغ {rng.randrange(10**8)} تومان",
    lambda rng: f"کد رهگیری {rng.randrange(10**23, 10**24)}",
    lambda rng: f"loss {rng.random():.16f} at {35 + rng.random():.10f},{51 + rng.random():.10f}",
    lambda rng: f"img{rng.randrange(99)}@2x.png {rng.randrange(4000)}x{rng.randrange(4000)}",
    lambda rng: f"order {rng.randrange(10**9, 10**10)} paid, ref {rng.randrange(10**15, 10**16)}",
    lambda rng: (
        f"password must have {rng.randrange(8, 20)} characters, error code {rng.randrange(10**6)}"
    ),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--full", action="store_true", help=f"{FULL_PER_KIND} values of each kind.")
    options = parser.parse_args()
    result = measure(FULL_PER_KIND if options.full else PER_KIND)
    if options.json:
        print(json.dumps(result))
    else:
        for name, value in result.items():
            print(f"{name:>28}  {value}")


def measure(count: int) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for kind in FORMS:
        result[f"recall {kind}"] = _recall(kind, count, _ours)
        result[f"recall {kind}, usual"] = _recall(kind, count, _usual)
    for style in STYLES:
        result |= {
            f"recall {kind}, tickets {style}": share
            for kind, share in _of_tickets(style, count).items()
        }
    rng = random.Random(2)
    lines = [make(rng) for _ in range(count) for make in LINES]
    result["alarms a 1000 lines"] = _alarms(lines, _ours)
    result["alarms a 1000 lines, usual"] = _alarms(lines, _usual)
    finders: dict[str, Callable[[str], Any]] = {"": _ours, ", with names": find, ", usual": _usual}
    finders |= _fa_redact()
    for name, rate in _speeds(_tickets(), finders).items():
        result[f"Mchar/s{name}"] = rate
    result["p95 ms of 1000 characters"] = _p95(_ours)
    result["p95 ms of 1000 characters, with names"] = _p95(find)
    return result


def _ours(text: str) -> list[tuple[int, int]]:
    return [(span.start, span.end) for span in find(text, names=False)]


def _usual(text: str) -> list[tuple[int, int]]:
    form = detection_form(text)
    return [found.span() for pattern in _USUAL for found in pattern.finditer(form)]


def _recall(kind: str, count: int, finder: Callable[[str], list[tuple[int, int]]]) -> float:
    rng = random.Random(1)
    covered = 0
    for _ in range(count):
        text, value = planted(rng, kind)
        begin = text.index(value)
        covered += any(start <= begin and end >= begin + len(value) for start, end in finder(text))
    return round(covered / count, 4)


def _alarms(lines: list[str], finder: Callable[[str], list[tuple[int, int]]]) -> float:
    return round(1000 * sum(len(finder(line)) for line in lines) / len(lines), 2)


def _of_tickets(style: str, count: int) -> dict[str, float]:
    rng = random.Random(3)
    shares = {}
    for kind in MAKERS:
        covered = 0
        for _ in range(count // 10):
            made = ticket(rng, style=style, kind=kind)
            begin, end, _ = made.spans[0]
            covered += any(start <= begin and stop >= end for start, stop in _ours(made.text))
        shares[kind] = round(covered / (count // 10), 4)
    return shares


def _fa_redact() -> dict[str, Callable[[str], Any]]:
    try:
        import fa_redact
    except ImportError:
        return {}
    detectors: list[Any] = [
        fa_redact.EmailDetector(),
        fa_redact.BankCardDetector(),
        fa_redact.IranianIBANDetector(),
        fa_redact.IranianLegalEntityIDDetector(),
        fa_redact.IranianMobileNumberDetector(),
        fa_redact.IranianNationalIDDetector(),
    ]
    return {", fa-redact": lambda text: fa_redact.detect(text, detectors=detectors)}


def _speeds(texts: list[str], finders: dict[str, Callable[[str], Any]]) -> dict[str, float]:
    """In turn, so that what else the machine does hits all alike."""
    characters = sum(map(len, texts))
    best = dict.fromkeys(finders, float("inf"))
    for _ in range(ROUNDS):
        for name, finder in finders.items():
            start = time.process_time()
            for text in texts:
                finder(text)
            best[name] = min(best[name], time.process_time() - start)
    return {name: round(characters / seconds / 1e6, 2) for name, seconds in best.items()}


def _p95(finder: Callable[[str], Any]) -> float:
    """The better of two readings of each, so that no other process is measured."""
    times = []
    for text in _long_texts(random.Random(4)):
        taken = []
        for _ in range(2):
            start = time.perf_counter()
            finder(text)
            taken.append(1000 * (time.perf_counter() - start))
        times.append(min(taken))
    return round(statistics.quantiles(times, n=20)[-1], 3)


def _long_texts(rng: random.Random) -> Iterator[str]:
    """Tickets, some of numbers alone, cut to 1,000 characters."""
    for _ in range(300):
        text = "\n".join(ticket(rng, style=STYLES[0]).text for _ in range(20))
        yield text[:LONG]
    for _ in range(30):
        yield " ".join(str(rng.randrange(10 ** rng.randrange(1, 12))) for _ in range(300))[:LONG]
        yield "\n".join(rng.choice(LINES)(rng) for _ in range(60))[:LONG]


def _tickets() -> list[str]:
    rows = [
        json.loads(line)
        for path in sorted(SAMPLE.glob("*_tickets/*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    return [row[field] for row in rows for field in ("question", "answer") if row.get(field)]


if __name__ == "__main__":
    main()
