r"""`[PHONE_1]`: how a placeholder looks, what is taken for one, and how a typed one is disarmed.

Public entry: `restore` puts values back, `escape` disarms what a customer typed, `pieces` parts
a text for a page, `cut` shortens one. Models change what they copy, so reading is tolerant; how far
is said in `spelling`. Whatever `restore` takes for a placeholder `escape` disarms: `(PHONE-1)` has
other brackets and no underscore, and a reading needs at least one of them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from text.privacy.spelling import spelled_in, unfinished_at

HIGHEST: Final = 99_999
"""Numbers above it, which only a person can have typed, do not move the numbering along."""


@dataclass(frozen=True)
class Placeholder:
    """`text` is as it stands in the text, `name` as the vault knows it."""

    type: str
    number: int
    text: str

    @property
    def name(self) -> str:
        return placeholder(self.type, self.number)


def placeholder(type_: str, number: int) -> str:
    return f"[{type_}_{number}]"


def pieces(text: str) -> list[str | Placeholder]:
    """Text and placeholders in order; the texts of all pieces together are `text`."""
    parts: list[str | Placeholder] = []
    done = 0
    for found in spelled_in(text):
        if found.start > done:
            parts.append(text[done : found.start])
        written = text[found.start : found.end]
        parts.append(Placeholder(found.type, found.number, written))
        done = found.end
    if done < len(text):
        parts.append(text[done:])
    return parts


def restore(text: str, values: Mapping[str, str]) -> str:
    """`text` with the values of known placeholders, {"[PHONE_1]": value}. One pass: a value that
    looks like a placeholder itself is not read again. Unknown placeholders stay as they are."""
    return "".join(
        part if isinstance(part, str) else values.get(part.name, part.text) for part in pieces(text)
    )


def escape(text: str) -> str:
    """`text` with everything that `restore` could take for a placeholder disarmed."""
    return "".join(
        part if isinstance(part, str) else f"({part.type.replace('_', '-')}-{part.number})"
        for part in pieces(text)
    )


def highest_numbers(texts: Iterable[str]) -> dict[str, int]:
    """The highest number of each type in masked texts: {"PHONE": 2}."""
    highest: dict[str, int] = {}
    for text in texts:
        for found in spelled_in(text):
            if found.number <= HIGHEST:
                highest[found.type] = max(found.number, highest.get(found.type, 0))
    return highest


def placeholders_in(text: str) -> list[tuple[str, str]]:
    """("[PHONE_1]", "PHONE") for each placeholder in a masked text, in order."""
    return [(placeholder(found.type, found.number), found.type) for found in spelled_in(text)]


def without_placeholders(text: str) -> str:
    """For search, where a placeholder says nothing."""
    return "".join(part if isinstance(part, str) else " " for part in pieces(text))


def cut(text: str, limit: int) -> str:
    """The first `limit` characters of a masked text, fewer rather than half a placeholder."""
    if len(text) <= limit:
        return text
    for found in spelled_in(text):
        if found.start < limit < found.end:
            return text[: found.start].rstrip()
    return text[:limit]


def whole(text: str) -> str:
    """A masked text that was cut somewhere else, without the half placeholder at its end."""
    return text[: unfinished_at(text)]
