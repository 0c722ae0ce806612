"""How fast do years of history come in, and in how much memory? `python -m bench.importing`.

A WhatsApp export and a CSV of invented conversations (sentences of the sample company's tickets;
every fourth message holds a planted value, every sixth a person's name) go through
`manage.py import_tickets` into a desk of their own, each in a process of its own; the chat goes a
second time, when there is nothing to add. Memory is the process's peak beyond that of an import of
one row. Vectors are not in the figures: the index worker makes them.

Peers, in the same run: the chat's reader alone, and reading with a plain `bulk_create` of tickets
and messages that masks and learns nothing.
"""

import argparse
import csv
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bench.own_home import own_home
from tests.text.planted_tickets import MAKERS, SENTENCES

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "sample" / "company" / "past_tickets"
MESSAGES, ROWS = 20_000, 6000
FULL_MESSAGES, FULL_ROWS = 1_000_000, 300_000
PEER_MESSAGES = 100_000
AGENT, CUSTOMERS = "پشتیبانی", "مشتری"
FIRST = (
    *("نگار", "امیر", "سارا", "رضا", "مریم", "علی", "زهرا", "حسین"),
    *("Sara", "Reza", "Maryam", "John", "Emily", "Omid"),
)
LAST = (
    *("صادقی", "رضایی", "کریمی", "احمدی", "محمدی", "حسینی"),
    *("Karimi", "Ahmadi", "Miller", "Novak", "Hosseini", "Walker"),
)
NAMED = ("اسمم {} است.", "{} هستم.", "به نام {} ثبت شده.", "My name is {}.", "آقای {} گفتند نه.")
_SENTENCE = re.compile(r"[^.!?؟\n]+[.!?؟]*")


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.importing", description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument(
        "--full", action="store_true", help=f"{FULL_MESSAGES:,} messages and {FULL_ROWS:,} rows"
    )
    given = parser.parse_args()
    with own_home() as folder:
        report = measure(
            folder,
            messages=FULL_MESSAGES if given.full else MESSAGES,
            rows=FULL_ROWS if given.full else ROWS,
        )
    if given.json:
        print(json.dumps(report))
        return
    for name, value in report.items():
        print(f"{name:>36}  {value}")


def measure(folder: Path, *, messages: int, rows: int) -> dict[str, Any]:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    one, chat, table, small = (folder / name for name in ("1.csv", "w.txt", "t.csv", "s.txt"))
    write_csv(one, 1, seed=0)
    write_chat(chat, messages, seed=1)
    write_csv(table, rows, seed=2)
    write_chat(small, min(messages, PEER_MESSAGES), seed=3)
    base = _imported(one)["peak_mb"]
    report: dict[str, Any] = {"base process MB": base}
    for name, path, count in (
        ("chat", chat, messages),
        ("chat again", chat, messages),
        ("CSV", table, 2 * rows),
    ):
        done = _imported(path)
        report |= {
            f"{name}: messages": count,
            f"{name}: conversations": done["created"] or done["duplicates"],
            f"{name}: s": done["wall_s"],
            f"{name}: messages/s": round(count / done["wall_s"]),
            f"{name}: MB beyond base": round(done["peak_mb"] - base),
        }
    return report | _peers(small, min(messages, PEER_MESSAGES), report["chat: messages/s"])


def _imported(path: Path) -> dict[str, Any]:
    """The command's report, with its wall time and its process's peak."""
    started = time.monotonic()
    command = [sys.executable, "manage.py", "import_tickets", str(path), "--agent", AGENT, "--json"]
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=subprocess.DEVNULL)
        _pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = round(time.monotonic() - started, 2)
        if process.returncode:
            raise SystemExit(f"import_tickets ended with {process.returncode}")
        out.seek(0)
        report: dict[str, Any] = json.load(out)
    return report | {"wall_s": wall, "peak_mb": round(usage.ru_maxrss / 1024)}


def _peers(chat: Path, messages: int, ours: float) -> dict[str, Any]:
    """Ratios: how many times the importer's time they take; under 1 they are faster."""
    figures: dict[str, Any] = {}
    ways: dict[str, Callable[[Path], None]] = {"reader alone": _read, "bulk_create": _bulk_create}
    for name, way in ways.items():
        started = time.monotonic()
        way(chat)
        rate = messages / (time.monotonic() - started)
        figures[f"peer, {name}: messages/s"] = round(rate)
        figures[f"peer, {name}: time to ours"] = round(ours / rate, 2)
    return figures


def _conversations(chat: Path) -> Iterator[Any]:
    from tickets.importing import ReadingOptions, whatsapp
    from tickets.importing.records import PastConversation

    for record in whatsapp.read(chat, ReadingOptions(agents=(AGENT,))):
        if isinstance(record, PastConversation):
            yield record


def _read(chat: Path) -> None:
    for _conversation in _conversations(chat):
        pass


def _bulk_create(chat: Path) -> None:
    from django.db import transaction

    from runtime.batches import batches
    from tickets.models import Message, Ticket

    for batch in batches(_conversations(chat), 1000):
        with transaction.atomic():
            tickets = Ticket.objects.bulk_create(
                Ticket(
                    source="peer",
                    external_id=one.external_id,
                    lang="fa",
                    state=Ticket.State.ANSWERED,
                    created_at=one.turns[0].at,
                )
                for one in batch
            )
            Message.objects.bulk_create(
                Message(ticket=ticket, role=turn.role, text=turn.text, created_at=turn.at)
                for ticket, one in zip(tickets, batch, strict=True)
                for turn in one.turns
            )


class Writer:
    """What people say, from a seed."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._asked: list[str] = []
        self._told: list[str] = []
        for path in sorted(SAMPLE.glob("*.jsonl")):
            for line in path.read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                self._asked += _sentences(row["question"])
                self._told += _sentences(row["answer"])

    def question(self) -> str:
        return self._said(self._asked, planted=0.25)

    def answer(self) -> str:
        return self._said(self._told, planted=0.1)

    def _said(self, sentences: list[str], *, planted: float) -> str:
        chance = self._chance
        said = chance.choices(sentences, k=chance.randint(1, 3))
        if chance.random() < planted:
            kind = chance.choice(list(MAKERS))
            lang = chance.choices(("fa", "en"), (4, 1))[0]
            before, after = chance.choice(chance.choice(SENTENCES[kind][lang])).split("{}")
            said.append(f"{before}{MAKERS[kind](chance, lang)}{after}")
        if chance.random() < 1 / 6:
            name = f"{chance.choice(FIRST)} {chance.choice(LAST)}"
            said.append(chance.choice(NAMED).format(name))
        return " ".join(said)


def write_chat(path: Path, messages: int, *, seed: int) -> None:
    """Android's form: conversations of two to twelve messages, some over two lines."""
    writer, chance = Writer(seed), random.Random(seed)
    at, count = datetime(2015, 1, 5, 8), 0
    with path.open("w", encoding="utf-8") as file:
        while count < messages:
            at += timedelta(minutes=chance.randint(70, 200))
            for _turn in range(chance.randint(1, 3)):
                for who, say in ((CUSTOMERS, writer.question), (AGENT, writer.answer)):
                    for _message in range(min(chance.randint(1, 2), messages - count)):
                        at += timedelta(seconds=chance.randint(5, 90))
                        text = say().replace(". ", ".\n", chance.random() < 0.1)
                        file.write(f"{at:%d/%m/%Y}, {at:%H:%M} - {who}: {text}\n")
                        count += 1


def write_csv(path: Path, rows: int, *, seed: int) -> None:
    writer = Writer(seed)
    start = datetime.now().replace(microsecond=0) - timedelta(days=1)  # so that values are kept
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("external_id", "question", "answer", "created_at"))
        for number in range(rows):
            at = start + timedelta(seconds=number // 10)
            row = (f"csv-{seed}-{number}", writer.question(), writer.answer(), at.isoformat())
            table.writerow(row)


def _sentences(text: str) -> list[str]:
    found = (sentence.strip() for sentence in _SENTENCE.findall(text))
    return [sentence for sentence in found if len(sentence) > 12]


if __name__ == "__main__":
    main()
