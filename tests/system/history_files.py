"""Files of past conversations in every format that is read, full of planted values."""

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

from django.utils import timezone

from tests.planting import Planter
from text.privacy.spans import EMAIL, PHONE

MANY = 14
"""Values in a long text: each structured type once."""
CONVERSATIONS = 22  # in each file


@dataclass
class HistoryFiles:
    plant: Planter

    def all(self) -> Iterator[tuple[str, bytes, str]]:
        """(name, content, who answers)"""
        plant = self.plant
        yield f"tickets {plant.value(PHONE)}.csv", self._csv(), ""
        yield "tickets.jsonl", self._jsonl(), ""
        yield "talks.jsonl", self._talks(), ""
        yield f"{plant.value(EMAIL)}.json", self._zendesk(), ""
        yield "box.mbox", self._mbox(), "help@shop.example"
        yield "mails.zip", self._eml_archive(), ""
        for header in (_android, _ios):
            name = plant.value(PHONE)
            yield f"WhatsApp Chat with {name}.txt", self._chat(name, header, CONVERSATIONS), AGENT
        yield self._chats_in_an_archive()

    def _pairs(self) -> Iterator[tuple[str, str]]:
        for _ in range(CONVERSATIONS):
            yield self.plant.text(MANY), self.plant.text(MANY)

    def _csv(self) -> bytes:
        file = io.StringIO()
        writer = csv.writer(file)
        writer.writerow(["external_id", "subject", "question", "answer", "lang"])
        for asked, answered in self._pairs():
            writer.writerow([self.plant.value(EMAIL), self.plant.line(), asked, answered, ""])
        writer.writerow([self.plant.line(60), "", "", self.plant.text(), self.plant.line()])
        return file.getvalue().encode() + f'"{self.plant.text()}'.encode()

    def _jsonl(self) -> bytes:
        now = timezone.now().isoformat()
        rows = [
            {"question": asked, "answer": answered, "created_at": now, "subject": self.plant.line()}
            for asked, answered in self._pairs()
        ]
        broken = {"question": self.plant.text(), "answer": "x", "created_at": self.plant.line()}
        return _lines([*rows, broken]) + f'{{"question": "{self.plant.line()}'.encode()

    def _talks(self) -> bytes:
        return _lines(
            {
                "id": f"t{number}-{self.plant.value(PHONE)}",
                "messages": [
                    {"role": role, "text": self.plant.text(7)}
                    for role in ("customer", "agent", "customer", "agent", "customer")
                ],
            }
            for number in range(CONVERSATIONS)
        )

    def _zendesk(self) -> bytes:
        return _lines(
            {
                "id": number,
                "subject": self.plant.line(),
                "raw_subject": self.plant.line(),
                "description": asked,
                "requester_id": 11,
                "assignee_id": 99,
                "via": {"source": {"from": {"address": self.plant.value(EMAIL)}}},
                "created_at": "2026-11-01T10:00:00Z",
                "comments": [
                    _comment(11, asked, 1),
                    _comment(99, answered, 2),
                    _comment(99, self.plant.text(), 3, public=False),
                ],
            }
            for number, (asked, answered) in enumerate(self._pairs())
        )

    def _mails(self, desk: str, start: int) -> Iterator[EmailMessage]:
        for number, (asked, answered) in enumerate(self._pairs(), start=start):
            customer = f"Sara {number} <{self.plant.value(EMAIL)}>"
            subject = self.plant.line()
            yield _mail(number, customer, desk, subject, asked + f"\n\n-- \n{self.plant.text()}")
            quoted = "\n".join(f"> {line}" for line in asked.splitlines())
            text = f"{answered}\n\nOn Mon, {customer} wrote:\n{quoted}"
            yield _mail(number, desk, customer, f"Re: {subject}", text, answers=True)

    def _mbox(self) -> bytes:
        separator = b"From x@example.com Mon Jan 12 10:00:00 2026\n"
        parts = (bytes(mail).rstrip(b"\n") + b"\n\n" for mail in self._mails(DESK, 0))
        return b"".join(separator + part for part in parts)

    def _eml_archive(self) -> bytes:
        """Who answers is guessed, and the report says it: an address that a person has."""
        desk = self.plant.value(EMAIL).partition("@")[0] + "@gmail.com"
        return _zip(
            (f"{number} {self.plant.value(EMAIL)}.eml", bytes(mail))
            for number, mail in enumerate(self._mails(desk, 500))
        )

    def _chat(self, customer: str, header: Callable[[datetime], str], count: int) -> bytes:
        lines = []
        at = timezone.localtime().replace(tzinfo=None) - timedelta(days=60)
        for _ in range(count):
            lines.append(f"{header(at)}{customer}: {self.plant.text(MANY)}")
            lines.append(f"{header(at + timedelta(minutes=3))}{AGENT}: {self.plant.text(MANY)}")
            at += timedelta(hours=5)
        return "\n".join(lines).encode()

    def _chats_in_an_archive(self) -> tuple[str, bytes, str]:
        """Nobody says who answers here, and chats and all who speak are called after numbers. The
        same things are said in all of them, so that they fold."""
        desk = self.plant.value(PHONE)
        said = self._chat("CUSTOMER", _android, 1).replace(AGENT.encode(), desk.encode())
        files = []
        for _ in range(CONVERSATIONS):
            name = self.plant.value(PHONE)
            chat = said.replace(b"CUSTOMER", name.encode())
            files.append((f"WhatsApp Chat with {name}.txt", chat))
        return "chats.zip", _zip(files), ""


AGENT = "پشتیبانی شرکت"
DESK = "Support <help@shop.example>"


def _android(at: datetime) -> str:
    return f"{at:%d/%m/%Y, %H:%M} - "


def _ios(at: datetime) -> str:
    return f"[{at:%d/%m/%Y, %H:%M:%S}] "


def _comment(writer: int, body: str, minute: int, *, public: bool = True) -> dict:
    return {
        "author_id": writer,
        "body": body,
        "public": public,
        "created_at": f"2026-11-01T10:{minute:02}:00Z",
    }


def _mail(
    number: int, sender: str, to: str, subject: str, text: str, *, answers: bool = False
) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail["Message-ID"] = f"<m{number}-{int(answers)}@example.com>"
    mail["Date"] = f"Mon, 02 Nov 2026 10:{10 + int(answers)}:00 +0000"
    if answers:
        mail["In-Reply-To"] = mail["References"] = f"<m{number}-0@example.com>"
    mail.set_content(text)
    return mail


def _lines(rows: Iterable[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def _zip(files: Iterable[tuple[str, bytes]]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files:
            archive.writestr(name, content)
    return packed.getvalue()
