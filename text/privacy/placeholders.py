r"""`[PHONE_1]`: how a placeholder looks, what is taken for one, and how a typed one is disarmed.

Reading is tolerant, because models change what they copy: case, Persian digits, a space, `\_`,
invisible marks. What a customer typed in that form becomes `(PHONE-1)`: other brackets and no
underscore, so that no normaliser and no model's slip makes a placeholder of it again.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from text.persian import detection_form
from text.privacy.numbers import INVISIBLE

_GAP = rf"[\s{INVISIBLE}]*"
_PLACEHOLDER: Final = re.compile(
    rf"[\[［]{_GAP}(?P<type>[A-Za-z]{{2,20}}(?:{_GAP}\\?_{_GAP}[A-Za-z]{{2,20}}){{0,3}})"
    rf"{_GAP}\\?_{_GAP}(?P<number>[0-9۰-۹٠-٩]{{1,6}}){_GAP}[\]］]"
)
_NOISE = re.compile(rf"[\s\\{INVISIBLE}]+")


def placeholder(type_: str, number: int) -> str:
    return f"[{type_}_{number}]"


def restore(text: str, values: Mapping[str, str]) -> str:
    """`text` with the values of known placeholders, {"[PHONE_1]": value}. One pass: a value that
    looks like a placeholder itself is not read again. Unknown placeholders stay as they are."""
    return _PLACEHOLDER.sub(
        lambda found: values.get(placeholder(*_parts(found)), found.group()), text
    )


def escape(text: str) -> str:
    """`text` with everything that `restore` could take for a placeholder disarmed."""
    return _PLACEHOLDER.sub(lambda found: _disarmed(*_parts(found)), text)


def highest_numbers(texts: Iterable[str]) -> dict[str, int]:
    """The highest number of each type in masked texts: {"PHONE": 2}."""
    highest: dict[str, int] = {}
    for text in texts:
        for found in _PLACEHOLDER.finditer(text):
            type_, number = _parts(found)
            highest[type_] = max(number, highest.get(type_, 0))
    return highest


def _parts(found: re.Match[str]) -> tuple[str, int]:
    type_ = _NOISE.sub("", found["type"]).upper()
    return type_, int(detection_form(found["number"]))


def _disarmed(type_: str, number: int) -> str:
    return f"({type_.replace('_', '-')}-{number})"


def placeholders_in(text: str) -> list[tuple[str, str]]:
    """("[PHONE_1]", "PHONE") for each placeholder in a masked text, in order."""
    parts = [_parts(found) for found in _PLACEHOLDER.finditer(text)]
    return [(placeholder(type_, number), type_) for type_, number in parts]


def without_placeholders(text: str) -> str:
    """For search, where a placeholder says nothing."""
    return _PLACEHOLDER.sub(" ", text)
