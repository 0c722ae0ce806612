"""Who answers in a chat: `Agents.of(...)` by the names that were given, or by a guess for two.

The guess: an export is called after the other side ("WhatsApp Chat with …"), so who is in the
file's name is the customer; else the one who opens more of the conversations. Speakers' names
are personal data: messages for people tell them by their place and their number of messages.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Self

from django.utils.translation import gettext as _

from runtime.errors import InputError
from text.persian import ZWNJ, canonical
from tickets.importing.whatsapp.messages import HARDLY, Message

_LISTED: Final = 8
_NOT_A_NAME = re.compile(r"^[~\s]+")
_NUMBER = re.compile(r"\+?[\d\s().\-]{7,25}")
_SEEN: Final = 20_000
"""Messages by which a guess is made."""


class UnknownAgents(InputError):
    """Nobody said who answers, and the chat does not tell."""


def comparable(name: str) -> str:
    """The same for every way in which a name is written: case, marks, spaces, joiners, the `~` of
    a contact that is not saved, groups of digits in a number."""
    plain = _plain(name)
    if _NUMBER.fullmatch(plain):
        return re.sub(r"\D", "", plain)
    return plain.replace(ZWNJ, "").casefold()


def number_of(name: str) -> str:
    """The telephone number that stands for a contact who is not saved; "" where a name does."""
    plain = _plain(name)
    return plain if _NUMBER.fullmatch(plain) else ""


def _plain(name: str) -> str:
    return _NOT_A_NAME.sub("", " ".join(canonical(name).split()))


@dataclass(frozen=True)
class Agents:
    """`who`: how a guess is told to people, without a name."""

    names: frozenset[str]
    who: str = ""

    @classmethod
    def of(
        cls,
        given: Sequence[str],
        speakers: Counter[str],
        *,
        chat: str,
        opening: Iterable[Message],
        silence: timedelta,
    ) -> Self:
        """`speakers` in order of appearance. `opening`: the chat's messages, read only as far as a
        guess needs. Raises UnknownAgents."""
        merged = _merged(speakers)
        if given:
            names = frozenset(map(comparable, given)) & merged.keys()
            if not names:
                raise UnknownAgents(
                    _("Nobody in the chat has the name that was given with --agent. %s")
                    % _described(merged)
                )
            return cls(names)
        two = _two(merged)
        customer = _customer(two, chat, opening, silence) if two else None
        if customer is None:
            raise UnknownAgents(
                _("Who answers in the chat? Say it with --agent NAME. %s") % _described(merged)
            )
        place, agent = next(
            (n, one) for n, one in enumerate(merged, 1) if one in two and one != customer
        )
        return cls(frozenset({agent}), who=_speaker(place, merged[agent]))

    def __contains__(self, name: str) -> bool:
        return comparable(name) in self.names


def _merged(speakers: Counter[str]) -> dict[str, int]:
    merged: dict[str, int] = {}
    for name, count in speakers.items():
        key = comparable(name)
        merged[key] = merged.get(key, 0) + count
    return merged


def _two(speakers: dict[str, int]) -> dict[str, int]:
    """The two who speak; empty for a chat of more. A text that looks like a message's first line
    makes a third who hardly speaks."""
    if len(speakers) == 2:
        return speakers
    speaking = {name: count for name, count in speakers.items() if count > HARDLY}
    return speaking if len(speaking) == 2 and len(speakers) < 6 else {}


def _customer(
    speakers: dict[str, int], chat: str, opening: Iterable[Message], silence: timedelta
) -> str | None:
    title = comparable(chat)
    titled = [name for name in speakers if name and (title.endswith(name) or name in title.split())]
    if len(titled) == 1:
        return titled[0]
    openings = _openings(opening, speakers, silence)
    ranked = openings.most_common(2)
    if not ranked or (len(ranked) == 2 and ranked[0][1] == ranked[1][1]):
        return None
    return ranked[0][0]


def _openings(
    messages: Iterable[Message], speakers: dict[str, int], silence: timedelta
) -> Counter[str]:
    """How many conversations each speaker began."""
    openings: Counter[str] = Counter()
    last = None
    for seen, message in enumerate(messages):
        if seen >= _SEEN:
            break
        name = comparable(message.name) if message.name else ""
        if name not in speakers:
            continue
        if last is None or abs(message.at - last) > silence:
            openings[name] += 1
        last = message.at
    return openings


def _described(speakers: dict[str, int]) -> str:
    listed = [_speaker(place, count) for place, count in enumerate(speakers.values(), 1)]
    more = len(listed) - _LISTED
    if more > 0:
        listed = [*listed[:_LISTED], _("%d more") % more]
    return _("In order of appearance: %s.") % ", ".join(listed)


def _speaker(place: int, count: int) -> str:
    return _("speaker %(place)d: %(count)d messages") % {"place": place, "count": count}
