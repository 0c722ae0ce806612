"""WhatsApp's exported chats: `looks_like(start)` and `read(path, options)`.

A chat is read twice, line by line: once to learn what only the whole file tells (`survey`), once
for its messages (`messages`). Notices and media are left out (`notices`), messages that a later
export repeats are folded, and a conversation ends after a silence. Memory holds one
conversation, the days and names of a file, and eight bytes or so for each message. Names of
speakers are never given: a conversation's id is a keyed hash of its first customer's message. A
number that stands for a name is the customer's contact.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Final

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from tickets import vault
from tickets.importing.conversations import Said, by_silence
from tickets.importing.lines import lines_of
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
from tickets.importing.whatsapp.agents import Agents, UnknownAgents, comparable, number_of
from tickets.importing.whatsapp.exports import BadExport, Chat, Part, chats_in, looks_like
from tickets.importing.whatsapp.messages import Message, Unread, read_messages
from tickets.importing.whatsapp.notices import (
    MEDIA_REASON,
    SYSTEM_REASON,
    is_encryption_notice,
    read_text,
)
from tickets.importing.whatsapp.overlaps import Overlaps
from tickets.importing.whatsapp.survey import Survey, survey

__all__ = ["BadExport", "UnknownAgents", "looks_like", "read", "recognises"]

REPEATED: Final = "repeated"
UNASKED: Final = "unasked"
_LONGEST_TAG: Final = 40
MAX_PROBLEMS: Final = 1000
"""Lines of one file that are listed; the rest is told as a number."""


def recognises(path: Path) -> bool:
    """Also an archive or a folder of exports, which `looks_like` cannot tell by its start."""
    try:
        with closing(_first_parts(path)) as parts:
            return next(parts, None) is not None
    except BadExport:
        return False


def _first_parts(path: Path) -> Generator[Part, None, None]:
    for chat in chats_in(path):
        yield from chat.parts


def read(path: Path, options: ReadingOptions) -> Iterator[Record]:
    """Conversations, lines that cannot be read, and what was left out, in the files' order. `path`:
    a text file, a zip or a folder. Raises BadExport, and UnknownAgents for a chat in which nobody
    answers, before anything is given; of several chats, such a one is given as a problem."""
    chats = chats_in(path)
    before = 0
    for chat in chats:
        counted = _Progress(options.progress, before)
        try:
            yield from _ChatReader(chat, options, counted).records()
        except (UnknownAgents, BadExport) as error:
            if len(chats) == 1:
                raise
            yield FileProblem(chat.parts[0].source, 1, str(error))
        before = counted.total


class _Progress:
    """Bytes over all parts of all chats."""

    def __init__(self, told: Callable[[int], None], before: int) -> None:
        self._told = told
        self._before = self.total = before

    def __call__(self, read_bytes: int) -> None:
        self.total = self._before + read_bytes
        self._told(self.total)

    def next_part(self) -> None:
        self._before = self.total


class _ChatReader:
    """One chat, of one part or of several exports that overlap."""

    def __init__(self, chat: Chat, options: ReadingOptions, progress: _Progress) -> None:
        self._chat = chat
        self._options = options
        self._progress = progress
        self._overlaps = Overlaps()
        self._unread = 0
        self._opens = False  # the next message begins a conversation
        self._partner = ""
        self._zone = timezone.get_current_timezone()

    def records(self) -> Iterator[Record]:
        surveys = [(part, _surveyed(part)) for part in self._chat.parts]
        if len(surveys) > 1:
            surveys.sort(key=lambda one: _beginning(*one))
        agents = self._agents(surveys)
        said = chain.from_iterable(self._said(part, found, agents) for part, found in surveys)
        limit = settings.MAX_TICKET_CHARACTERS
        records: Iterator[list[Said] | Record] = by_silence(
            said, self._options.silence, max_characters=limit
        )
        for one in records:
            if isinstance(one, list):
                yield self._conversation(one)
            else:
                yield one
        if self._unread > MAX_PROBLEMS:
            error = _("%d more lines cannot be read.") % (self._unread - MAX_PROBLEMS)
            yield FileProblem(self._chat.parts[0].source, 0, error)

    def _agents(self, surveys: list[tuple[Part, Survey]]) -> Agents:
        speakers: Counter[str] = Counter()
        for _part, found in surveys:
            speakers.update(found.speakers)
        if not speakers:
            return Agents(frozenset())  # nothing can be read, and every line says so
        agents = Agents.of(
            self._options.agents,
            speakers,
            chat=self._chat.title,
            opening=chain.from_iterable(_only_messages(*one) for one in surveys),
            silence=self._options.silence,
        )
        if agents.who:
            self._options.guessed.append(f"{self._chat.parts[0].source}: {agents.who}")
        return agents

    def _said(self, part: Part, found: Survey, agents: Agents) -> Iterator[Said | Record]:
        roles: dict[str, Role] = {}
        with part.open() as file:
            for message in read_messages(lines_of(file, progress=self._progress), found):
                if isinstance(message, Unread):
                    self._unread += 1
                    if self._unread <= MAX_PROBLEMS:
                        yield FileProblem(part.source, message.line, message.error)
                    continue
                name = message.name
                if name is None:
                    self._opens = self._opens or is_encryption_notice(message.text)
                    yield LeftOut(part.source, message.line, SYSTEM_REASON)
                    continue
                if name not in roles:
                    roles[name] = AGENT if name in agents else CUSTOMER
                text, reason = self._read(message, name, roles[name], found)
                if reason:
                    yield LeftOut(part.source, message.line, reason)
                if text:
                    opens, self._opens = self._opens, False
                    yield Said(
                        roles[name], text, message.at, message.line, part.source, name, opens
                    )
        self._progress.next_part()

    def _read(
        self, message: Message, name: str, role: Role, found: Survey
    ) -> tuple[str, str | None]:
        """(what a person said, maybe nothing; why something was left out)."""
        whole = message.whole
        own = found.marks_are_own and message.text.startswith("\u200e")
        text, reason = read_text(whole, own=own)
        if not text:
            self._opens = self._opens or is_encryption_notice(whole)
            return text, reason
        if message.own and found.leads_are_own and not message.more and len(text) < _LONGEST_TAG:
            return "", MEDIA_REASON  # marked as an attachment, which was left out
        if role == CUSTOMER:
            self._partner = name
        if self._overlaps.repeats(message.at, name, text, partner=self._partner):
            self._opens = False
            return "", REPEATED
        return text, reason

    def _aware(self, at: datetime | None) -> datetime | None:
        return at.replace(tzinfo=self._zone) if at else None

    def _conversation(self, messages: list[Said]) -> Record:
        first = next((one for one in messages if one.role == CUSTOMER), None)
        if first is None:
            return LeftOut(messages[0].source, messages[0].line, UNASKED)
        turns = [Turn(one.role, one.text, self._aware(one.at)) for one in messages]
        return conversation(
            turns,
            external_id=_external_id(first),
            source=messages[0].source,
            line=messages[0].line,
            lang=self._options.lang,
            contact=number_of(first.speaker),
        )


def _surveyed(part: Part) -> Survey:
    with part.open() as file:
        return survey(lines_of(file))


def _only_messages(part: Part, found: Survey) -> Generator[Message, None, None]:
    with part.open() as file:
        for message in read_messages(lines_of(file), found):
            if isinstance(message, Message):
                yield message


def _beginning(part: Part, found: Survey) -> datetime:
    with closing(_only_messages(part, found)) as messages:
        first = next(messages, None)
    return first.at if first else datetime.max


def _external_id(first: Said) -> str:
    """The same in every export of the chat: the first thing that a customer said, by whom, when.
    Day and month in either order, because a longer export may show that the order was another."""
    assert first.at is not None
    day = "-".join(map(str, sorted((first.at.year % 100, first.at.month, first.at.day))))
    told = (comparable(first.speaker), day, f"{first.at:%H:%M}", first.text)
    return vault.opaque_id("whatsapp:" + hashlib.sha256("\0".join(told).encode()).hexdigest())
