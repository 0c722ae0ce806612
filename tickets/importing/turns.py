"""A conversation out of what its two sides said: `conversation(turns, …)`.

What one side says in several messages before the other speaks is one turn.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from tickets.importing.records import (
    FileProblem,
    PastConversation,
    Role,
    Turn,
)
from tickets.intake import MAX_CONTACT, clean

MAX_TURNS = 5000
_CONTACT = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+|\+?[\d\s().-]{7,25}")


def conversation(
    turns: Iterable[Turn],
    *,
    external_id: str,
    source: str,
    line: int,
    lang: str = "",
    subject: str = "",
    contact: str = "",
) -> PastConversation | FileProblem:
    """A problem where there is nothing said, or more than a ticket may hold."""
    joined = tuple(_joined(turns))
    if not joined:
        return FileProblem(source, line, _("Nothing is said in it."))
    if len(joined) > MAX_TURNS:
        return FileProblem(source, line, _("It has more than %d turns.") % MAX_TURNS)
    limit = settings.MAX_TICKET_CHARACTERS
    if max(len(turn.text) for turn in joined) > limit:
        return FileProblem(source, line, _("A message has more than %d characters.") % limit)
    return PastConversation(
        external_id=external_id,
        turns=joined,
        source=source,
        line=line,
        lang=lang,
        subject=clean(subject),
        contact=_usable_contact(contact),
    )


def fits(turns: Sequence[Turn]) -> bool:
    """Whether a ticket may hold them."""
    longest = max(len(turn.text) for turn in turns)
    return len(turns) <= MAX_TURNS and longest <= settings.MAX_TICKET_CHARACTERS


def _usable_contact(contact: str) -> str:
    """An e-mail address or a telephone number; a name would not tell one customer from another."""
    plain = clean(contact)
    return plain if len(plain) <= MAX_CONTACT and _CONTACT.fullmatch(plain) else ""


def _joined(turns: Iterable[Turn]) -> Iterable[Turn]:
    role: Role | None = None
    texts: list[str] = []
    at: datetime | None = None
    for turn in turns:
        text = clean(turn.text)
        if not text:
            continue
        if turn.role != role:
            if role is not None:
                yield Turn(role, "\n".join(texts), at)
            role, texts, at = turn.role, [], turn.at
        texts.append(text)
    if role is not None:
        yield Turn(role, "\n".join(texts), at)
