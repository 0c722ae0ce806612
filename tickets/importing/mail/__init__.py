"""Mailboxes: `read_mbox(path, options)`, `read_eml(path, options)` for a message, a folder of them
or a ZIP, and `looks_like_mbox`, `looks_like_eml`.

Heads are read first and put into threads, then each thread's bodies, so that a mailbox of any size
is read in bounded memory. Where nobody says who answers, it is the domain that most messages go to
(one address, where the domain is one of the public mail services), and the report says so.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from django.utils.translation import gettext as _

from kb.importing.document import UnreadableDocument
from tickets.importing.agents import is_agent
from tickets.importing.mail.mailboxes import (
    MAX_MESSAGES,
    Place,
    folder_places,
    is_separator,
    mbox_places,
    zip_places,
)
from tickets.importing.mail.messages import Head, read_body, read_head
from tickets.importing.mail.threads import root_of, threads
from tickets.importing.records import (
    AGENT,
    CUSTOMER,
    FileProblem,
    LeftOut,
    ReadingOptions,
    Record,
    Role,
    Turn,
)
from tickets.importing.turns import conversation

_HEADER = re.compile(
    r"(?:Received|Return-Path|Delivered-To|From|To|Subject|Date|Message-ID|MIME-Version|Reply-To"
    r"|Content-Type|DKIM-Signature|ARC-[\w-]+|X-[\w-]+):[ \t]?\S",
    re.IGNORECASE,
)
_SENDER = re.compile(r"^From:", re.IGNORECASE | re.MULTILINE)
_PUBLIC_MAIL = frozenset(
    (
        *("gmail.com", "googlemail.com", "yahoo.com", "outlook.com", "hotmail.com", "live.com"),
        *("icloud.com", "aol.com", "proton.me", "protonmail.com", "chmail.ir", "mail.ru"),
        *("ukr.net", "i.ua", "walla.co.il"),
    )
)


def looks_like_mbox(start: bytes) -> bool:
    return is_separator(start.lstrip(b"\r\n").split(b"\n", 1)[0] + b"\n")


def looks_like_eml(start: str) -> bool:
    return _HEADER.match(start) is not None and _SENDER.search(start) is not None


def read_mbox(path: Path, options: ReadingOptions) -> Iterator[Record]:
    yield from _conversations(mbox_places(path), options)


def read_eml(path: Path, options: ReadingOptions) -> Iterator[Record]:
    is_zip = path.suffix.lower() == ".zip" and path.is_file()
    yield from _conversations(zip_places(path) if is_zip else folder_places(path), options)


def _conversations(places: Iterable[Place], options: ReadingOptions) -> Iterator[Record]:
    kept: list[Place] = []
    heads: list[Head] = []
    for place in places:
        if len(kept) == MAX_MESSAGES:
            error = _("From here on the mailbox is not read: import it in parts of %d messages.")
            yield FileProblem(place.source, place.line, error % MAX_MESSAGES)
            break
        try:
            head = read_head(place.read())
        except UnreadableDocument as problem:
            yield FileProblem(place.source, place.line, str(problem))
            continue
        if head is None:
            yield FileProblem(place.source, place.line, _("There is no message with a sender."))
        elif head.automatic:
            yield LeftOut(place.source, place.line, "automatic")
        else:
            kept.append(place)
            heads.append(head)
    agents = options.agents or _guessed(heads, options)
    done = 0
    for thread in threads(heads):
        messages = [(kept[number], heads[number]) for number in thread]
        yield from _conversation(messages, agents)
        done += sum(place.size for place, _head in messages)
        options.progress(done)


def _guessed(heads: Sequence[Head], options: ReadingOptions) -> tuple[str, ...]:
    """Whom most messages go to: customers are many, the desk is one."""
    counts = Counter(address for head in heads for address in set(head.to))
    if not counts:
        return ()
    address, _count = min(counts.items(), key=lambda item: (-item[1], item[0]))
    domain = address.rpartition("@")[2]
    guess = address if domain in _PUBLIC_MAIL else domain
    if guess not in options.guessed:
        options.guessed.append(guess)
    return (guess,)


def _conversation(
    messages: Sequence[tuple[Place, Head]], agents: tuple[str, ...]
) -> Iterator[Record]:
    turns: list[Turn] = []
    contact = ""
    for place, head in messages:
        try:
            body = read_body(place.read())
        except UnreadableDocument as problem:
            yield FileProblem(place.source, place.line, str(problem))
            continue
        for _attachment in range(body.attachments):
            yield LeftOut(place.source, place.line, "attachment")
        if body.cut_off and place.is_last:
            yield FileProblem(place.source, place.line, _("The message ends half way."))
        elif body.unreadable:
            yield FileProblem(place.source, place.line, _("The message's HTML cannot be read."))
        elif not body.text:
            yield LeftOut(place.source, place.line, "empty")
        else:
            role = _role(head, agents)
            turns.append(Turn(role, body.text, head.at))
            contact = contact or (head.address if role == CUSTOMER else "")
    if not turns:
        return
    first, root = messages[0], root_of([head for _place, head in messages])
    yield conversation(
        turns,
        external_id="mail-" + hashlib.sha256(root.encode()).hexdigest()[:32] if root else "",
        source=first[0].source,
        line=first[0].line,
        subject=first[1].subject[:1000],
        contact=contact,
    )


def _role(head: Head, agents: tuple[str, ...]) -> Role:
    names = (head.address, head.name)
    return AGENT if any(is_agent(name, agents) for name in names) else CUSTOMER
