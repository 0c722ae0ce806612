"""From what people said to conversations: `by_silence` cuts a chat where nobody spoke for a while.

Formats that give single messages (chats) use it. Nothing is collected beyond one conversation,
and a conversation has its limits, so that a chat that is never silent stays bounded too.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeVar

from tickets.importing.records import Role

MAX_MESSAGES: Final = 2000
Other = TypeVar("Other")


@dataclass(slots=True)
class Said:
    """One message. `opens`: a conversation begins here, however short the silence was."""

    role: Role
    text: str = field(repr=False)
    at: datetime | None
    line: int
    source: str = ""
    speaker: str = field(default="", repr=False)
    opens: bool = False


def by_silence(
    messages: Iterable[Said | Other], silence: timedelta, *, max_characters: int
) -> Iterator[list[Said] | Other]:
    """Conversations in the order of the messages. Time that runs backwards by more than `silence`
    is the beginning of another conversation too: files were put one behind the other.
    `max_characters`: more than one side says in a row; there the conversation is cut as well.
    Whatever is no `Said` is given on at once."""
    conversation: list[Said] = []
    last: datetime | None = None
    role: Role | None = None
    in_a_row = 0
    for message in messages:
        if not isinstance(message, Said):
            yield message
            continue
        here = message.at
        length = len(message.text) + 1
        in_a_row = in_a_row + length if message.role == role else length
        if conversation and (
            message.opens
            or (here is not None and last is not None and abs(here - last) > silence)
            or len(conversation) >= MAX_MESSAGES
            or (in_a_row > max_characters)
        ):
            yield conversation
            conversation, in_a_row = [], length
        conversation.append(message)
        last, role = here or last, message.role
    if conversation:
        yield conversation
