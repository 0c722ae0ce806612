"""Messages out of lines: `read_messages(lines, survey)` is the second of two passes over a chat.

A line without a header belongs to the message above it. A header that nobody else confirms (a
notice, a name that hardly speaks) may be a text that begins with a date: it waits for the next
header, and is a text where time runs forward without it and does not with it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.utils.translation import gettext as _

from tickets.importing.lines import Line
from tickets.importing.whatsapp.headers import Header, read_header, visible
from tickets.importing.whatsapp.survey import Survey

MAX_MESSAGE_CHARACTERS: Final = 200_000
_UNORDERED: Final = timedelta(hours=1)
HARDLY: Final = 2  # a name with so few messages is not sure to be one
_LONGEST_NAME: Final = 6  # words; more are a sentence


@dataclass(slots=True)
class Message:
    """`name` is None for a notice of the application. `own`: the header is marked as an
    attachment's. `text` keeps its invisible marks until it is read by `notices`."""

    at: datetime
    name: str | None = field(repr=False)
    text: str = field(repr=False)
    line: int
    own: bool = False
    sure: bool = True
    raw: str = field(default="", repr=False)
    more: list[str] | None = field(default=None, repr=False)
    length: int = 0

    @property
    def whole(self) -> str:
        return "\n".join([self.text, *self.more]) if self.more else self.text


@dataclass(frozen=True, slots=True)
class Unread:
    """A line that is no part of any message."""

    line: int
    error: str


def read_messages(lines: Iterable[Line], survey: Survey) -> Iterator[Message | Unread]:
    """In the order of the file."""
    current: Message | None = None
    doubtful: Message | None = None
    lost = False  # what follows belongs to a message whose header cannot be read
    for line in lines:
        if line.text is None:
            yield Unread(line.number, line.error)
            continue
        text = line.text.rstrip("\r\n")
        message = _begins(text, line.number, survey)
        if message is None:
            last = doubtful or current
            if lost or last is None:
                if visible(text):
                    yield Unread(line.number, _("The line is no message of a chat."))
            elif not _added(last, text):
                yield Unread(line.number, _("The message is too long; this line is left out."))
            continue
        lost = isinstance(message, Unread)
        if isinstance(message, Unread):
            yield message
            continue
        if doubtful is not None and current is not None:
            if _is_text(current.at, doubtful.at, message.at):
                _give(doubtful, current)
            else:
                yield current
                current = doubtful
            doubtful = None
        if not message.sure and current is not None:
            doubtful = message
            continue
        if current is not None:
            yield current
        current = message
    yield from _last(current, doubtful)


def _last(current: Message | None, doubtful: Message | None) -> Iterator[Message]:
    if doubtful is not None and current is not None and doubtful.at < current.at - _UNORDERED:
        _give(doubtful, current)
        doubtful = None
    if current is not None:
        yield current
    if doubtful is not None:
        yield doubtful


def _begins(text: str, number: int, survey: Survey) -> Message | Unread | None:
    header = read_header(text)
    if header is None or header.shape not in survey.clocks:
        return None
    at = survey.moment(header)
    cut = survey.name_and_text(header.rest)
    rare = cut is None or survey.speakers[cut[0]] <= HARDLY
    if at is None:
        return None if rare else Unread(number, _("The date of the message does not exist."))
    if cut is None:
        return Message(at, None, header.rest, number, sure=False, raw=text)
    if rare:
        return _of_a_rare_name(at, cut, header, number, text)
    return Message(at, cut[0], cut[1], number, own=header.own)


def _of_a_rare_name(
    at: datetime, cut: tuple[str, str], header: Header, number: int, raw: str
) -> Message:
    """A notice with a colon in it looks as if somebody spoke."""
    name, said = cut
    if len(name.split()) > _LONGEST_NAME or "“" in name or '"' in name or "«" in name:
        return Message(at, None, header.rest, number, sure=False, raw=raw)
    return Message(at, name, said, number, own=header.own, sure=False, raw=raw)


def _added(message: Message, text: str) -> bool:
    message.length += len(text) + 1
    if message.length > MAX_MESSAGE_CHARACTERS:
        return False
    if message.more is None:
        message.more = []
    message.more.append(text)
    return True


def _is_text(before: datetime, doubtful: datetime, after: datetime) -> bool:
    runs_forward = before <= after + _UNORDERED
    in_between = before - _UNORDERED <= doubtful <= after + _UNORDERED
    return runs_forward and not in_between


def _give(text: Message, to: Message) -> None:
    to.more = [*(to.more or ()), text.raw, *(text.more or ())]
    to.length += text.length + len(text.raw) + 1
