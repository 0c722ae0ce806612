"""A ticket as django-helpdesk's API tells it, read into `RemoteTicket`; pure.

Who wrote a follow-up is not said outright. As in django-helpdesk itself: one with a message id came
by mail from the customer; one with an author was written by staff; one with neither was written in
the public page, or by the program (an escalation).
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from doors.texts import FILES_ONLY, plain

CUSTOMER: Final = "customer"
STAFF: Final = "staff"
PROGRAM: Final = "program"
OPENING: Final = "opening"
"""The first follow-up repeats what the ticket itself says."""
_ESCALATED: Final = "Ticket Escalated"  # translated in none of its catalogues
_BRACES = re.compile(r"\{\{|\{%|\{#|%\}")


class NotATicket(ValueError):
    """The answer has no such form."""


@dataclass(frozen=True)
class RemoteFile:
    number: int
    url: str = field(repr=False)
    name: str = field(repr=False)
    size: int


@dataclass(frozen=True)
class FollowUp:
    """`place`: stays the same when it is edited over there, which gives it a new number."""

    number: int
    place: str
    author: str
    text: str = field(repr=False)
    at: datetime
    files: tuple[RemoteFile, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class RemoteTicket:
    number: int
    queue: int
    status: int
    priority: int
    subject: str = field(repr=False)
    text: str = field(repr=False)
    contact: str = field(repr=False)
    follow_ups: tuple[FollowUp, ...] = field(repr=False)

    @property
    def key(self) -> str:
        return f"ticket:{self.number}"

    def key_of(self, follow_up: FollowUp) -> str:
        return f"follow-up:{self.number}:{follow_up.place}"


def read_ticket(told: Any) -> RemoteTicket:
    """Raises NotATicket."""
    try:
        title = str(told["title"] or "")
        description = plain(str(told["description"] or ""))
        return RemoteTicket(
            number=int(told["id"]),
            queue=int(told["queue"]),
            status=int(told["status"]),
            priority=int(told["priority"] or 3),
            subject=title,
            text=description or title,
            contact=str(told["submitter_email"] or ""),
            follow_ups=_follow_ups(told["followup_set"], description),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise NotATicket from error


def for_template(text: str) -> str:
    """django-helpdesk renders a comment as a Django template: braces that would mean something are
    written so that they come out as they are."""
    if not _BRACES.search(text):
        return text
    return re.sub(r"[{}]", lambda brace: f'{{{{ "{brace.group()}" }}}}', text)


def _follow_ups(told: list[Mapping[str, Any]], description: str) -> tuple[FollowUp, ...]:
    public = [row for row in told if row["public"]]
    public.sort(key=lambda row: (str(row["date"]), int(row["id"])))
    found: list[FollowUp] = []
    at_once: Counter[str] = Counter()
    for position, row in enumerate(public):
        date = str(row["date"])
        at_once[date] += 1
        files = tuple(_file(each) for each in row["followupattachment_set"])
        text = plain(str(row["comment"] or "")) or (FILES_ONLY if files else "")
        if not text:
            continue
        opening = position == 0 and bool(description) and _holds(text, description)
        found.append(
            FollowUp(
                number=int(row["id"]),
                place=f"{datetime.fromisoformat(date).timestamp():.6f}:{at_once[date]}",
                author=OPENING if opening else _author(row),
                text=text,
                at=datetime.fromisoformat(date),
                files=files,
            )
        )
    return tuple(found)


def _holds(text: str, description: str) -> bool:
    """A mail's follow-up has what it quotes as well."""
    return " ".join(description.split()) in " ".join(text.split())


def _author(row: Mapping[str, Any]) -> str:
    if row["message_id"]:
        return CUSTOMER
    if row["user"] is not None:
        return STAFF
    return PROGRAM if row["title"] == _ESCALATED else CUSTOMER


def _file(told: Mapping[str, Any]) -> RemoteFile:
    return RemoteFile(
        number=int(told["id"]),
        url=str(told["file"] or ""),
        name=str(told["filename"] or ""),
        size=int(told["size"] or 0),
    )
