"""How much personal data is found, how much is none, how fast? `python -m bench.privacy`.

Recall: invented values in the forms that people write them (those of the tests), each in a
sentence; a value counts as found when one span covers it whole. Alarms: spans in invented
technical lines (logs, versions, hashes, times, orders) that hold nothing personal. Speed: the
sample company's tickets, characters per second on one core, the median of five rounds.

The peer is the usual set of regular expressions, one a type, over the text with ASCII digits.
"""

import argparse
import json
import random
import re
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.text.personal_values import FORMS, planted
from text.persian import detection_form
from text.privacy import find

SAMPLE = Path(__file__).parent.parent / "sample" / "company"
PER_KIND, FULL_PER_KIND = 1000, 10_000
ROUNDS = 5
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
    lambda rng: f"nginx/1.{rng.randrange(30)}.{rng.randrange(9)} from 10.0.{rng.randrange(256)}.7",
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
    rng = random.Random(2)
    lines = [make(rng) for _ in range(count) for make in LINES]
    result["alarms a 1000 lines"] = _alarms(lines, _ours)
    result["alarms a 1000 lines, usual"] = _alarms(lines, _usual)
    texts = _tickets()
    result["Mchar/s"] = _speed(texts, _ours)
    result["Mchar/s, usual"] = _speed(texts, _usual)
    return result


def _ours(text: str) -> list[tuple[int, int]]:
    return [(span.start, span.end) for span in find(text)]


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


def _speed(texts: list[str], finder: Callable[[str], list[tuple[int, int]]]) -> float:
    characters = sum(map(len, texts))
    rates = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for text in texts:
            finder(text)
        rates.append(characters / (time.perf_counter() - start) / 1e6)
    return round(statistics.median(rates), 2)


def _tickets() -> list[str]:
    rows = [
        json.loads(line)
        for path in sorted(SAMPLE.glob("*_tickets/*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    return [row[field] for row in rows for field in ("question", "answer") if row.get(field)]


if __name__ == "__main__":
    main()
