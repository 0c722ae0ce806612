"""Conversations as files for training elsewhere: `export_conversations(destination, form=…)`.

Texts leave as they are stored, with placeholders; the vault is never read. Three forms, oldest
conversation first, only those that an agent answered:

- chat: JSONL, `{"messages": [{"role": "user", "content": …}, {"role": "assistant", …}]}`
- two-speaker: a line a conversation, `<s><person1>…</s><s><person2>…</s>`, person1 the customer.
  A new line inside a turn is written `\\n` and a backslash `\\\\`; marks of the template in a text
  lose their angle brackets.
- csv: `question,answer`, a row for each question with the answer that followed; what a spreadsheet
  would run is disarmed.
"""

import csv
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any, Final, Protocol

from django.db.models import Exists, OuterRef, Prefetch
from django.utils.translation import gettext as _

from llm.prompts.two_speaker import PERSONS, in_template
from runtime.errors import InputError
from runtime.spreadsheets import disarmed
from tickets.models import Message, Ticket

_CHUNK: Final = 200
_CHAT_ROLES: Final = {"customer": "user", "agent": "assistant"}


class Writable(Protocol):
    def write(self, text: str, /) -> Any: ...


Turns = Sequence[tuple[str, str]]
"""(role, text), roles alternating."""


class BadDestination(InputError):
    """The export cannot be written there."""


@dataclass
class ExportReport:
    form: str
    conversations: int = 0
    turns: int = 0
    rows: int = 0

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def export_conversations(
    destination: Path | Writable,
    *,
    form: str,
    since: datetime | None = None,
    limit: int | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> ExportReport:
    """`destination`: a file, a folder (the file in it is called after the form) or an open text.
    A file appears when it is whole. Raises BadDestination."""
    if isinstance(destination, Path):
        with _whole_file(destination, form) as file:
            return export_conversations(
                file, form=form, since=since, limit=limit, progress=progress
            )
    write = FORMS[form](destination)
    report = ExportReport(form)
    for turns in conversations(since=since, limit=limit):
        report.rows += write(turns)
        report.conversations += 1
        report.turns += len(turns)
        progress(report.conversations)
    return report


def conversations(*, since: datetime | None = None, limit: int | None = None) -> Iterator[Turns]:
    """Of answered tickets, oldest first, a few hundred in memory at a time. `since`: begun then or
    later. Spam is left out."""
    answers = Message.objects.filter(ticket=OuterRef("pk"), role=Message.Role.AGENT)
    tickets = (
        Ticket.objects.exclude(state=Ticket.State.SPAM)
        .filter(Exists(answers))
        .order_by("created_at", "pk")
        .only("pk", "created_at")
        .prefetch_related(Prefetch("messages", Message.objects.order_by("created_at", "pk")))
    )
    if since is not None:
        tickets = tickets.filter(created_at__gte=since)
    for ticket in tickets[:limit].iterator(chunk_size=_CHUNK):
        yield _turns(ticket.messages.all())


def _turns(messages: Iterable[Message]) -> Turns:
    joined: list[tuple[str, str]] = []
    for message in messages:
        if joined and joined[-1][0] == message.role:
            joined[-1] = (message.role, f"{joined[-1][1]}\n{message.text}")
        else:
            joined.append((message.role, message.text))
    return joined


def _chat_form(file: Writable) -> Callable[[Turns], int]:
    def write(turns: Turns) -> int:
        messages = [{"role": _CHAT_ROLES[role], "content": text} for role, text in turns]
        file.write(json.dumps({"messages": messages}, ensure_ascii=False) + "\n")
        return 1

    return write


def _two_speaker_form(file: Writable) -> Callable[[Turns], int]:
    def write(turns: Turns) -> int:
        line = "".join(f"<s><{PERSONS[role]}>{in_template(text)}</s>" for role, text in turns)
        file.write(line + "\n")
        return 1

    return write


def _csv_form(file: Writable) -> Callable[[Turns], int]:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(("question", "answer"))

    def write(turns: Turns) -> int:
        pairs = [
            (disarmed(question), disarmed(answer))
            for (asking, question), (answering, answer) in pairwise(turns)
            if (asking, answering) == (Message.Role.CUSTOMER, Message.Role.AGENT)
        ]
        writer.writerows(pairs)
        return len(pairs)

    return write


FORMS: Final[dict[str, Callable[[Writable], Callable[[Turns], int]]]] = {
    "chat": _chat_form,
    "two-speaker": _two_speaker_form,
    "csv": _csv_form,
}
_NAMES: Final = {
    "chat": "conversations.jsonl",
    "two-speaker": "conversations.txt",
    "csv": "conversations.csv",
}


@contextmanager
def _whole_file(destination: Path, form: str) -> Iterator[IO[str]]:
    """Written beside its place and moved there, so that nobody meets half a file."""
    path = destination / _NAMES[form] if destination.is_dir() else destination
    try:
        file = NamedTemporaryFile(  # noqa: SIM115 (it is moved while it is open)
            "w",
            encoding="utf-8",
            newline="",
            dir=path.parent,
            prefix=f".{path.name}.",
            delete=False,
        )
    except OSError as error:
        raise BadDestination(
            _("%(file)s cannot be written: %(why)s") % {"file": path, "why": error.strerror}
        ) from error
    try:
        with file:
            yield file
        os.replace(file.name, path)
    except BaseException as error:
        Path(file.name).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise BadDestination(
                _("%(file)s cannot be written: %(why)s") % {"file": path, "why": error.strerror}
            ) from error
        raise
