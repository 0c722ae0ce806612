"""What a company calls personal beside what everybody does: its order numbers, contract numbers.

Public entry: `Pattern(name, template)`. A template, not a regular expression, so that no
administrator can write one that never ends: `#` is a digit, `@` a letter, `*` either of them, all
else stands for itself ("KZ-#####"). `name` in capitals is the placeholder's type: [ORDER_1].
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from text.persian import detection_form
from text.privacy.reading import Reading
from text.privacy.spans import TYPES, Candidate

MAX_TEMPLATE: Final = 64
MIN_VARIABLE: Final = 4
MIN_PREFIX: Final = 2
WITH_PREFIX, WITHOUT_PREFIX = 99, 76
"""Digits alone may be something that is better known: a telephone, an ID beside its keyword."""

_NAME: Final = re.compile(r"[A-Za-z]{2,20}(?:_[A-Za-z]{2,20}){0,3}")
_PLACES: Final = {"#": r"[0-9]", "@": r"[^\W\d_]", "*": r"[^\W_]"}
_BEGINS, _ENDS = r"(?<![A-Za-z0-9])", r"(?![A-Za-z0-9])"


class BadPattern(ValueError):
    """A pattern that could mask anything, or has a name that no placeholder can have."""


@dataclass(frozen=True)
class Pattern:
    """One pattern of a company. Raises BadPattern."""

    name: str
    template: str
    expression: re.Pattern[str] = field(init=False, repr=False, compare=False)
    weight: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        template = detection_form(self.template).strip()
        _check(self.name, template)
        prefix = _prefix(template)
        body = "".join(_place(sign) for sign in template)
        object.__setattr__(self, "expression", re.compile(_BEGINS + body + _ENDS, re.IGNORECASE))
        object.__setattr__(
            self, "weight", WITH_PREFIX if len(prefix) >= MIN_PREFIX else WITHOUT_PREFIX
        )

    @property
    def type(self) -> str:
        return self.name.upper()


def candidates(reading: Reading, patterns: Sequence[Pattern]) -> Iterator[Candidate]:
    for pattern in patterns:
        for found in pattern.expression.finditer(reading.form):
            yield Candidate(*found.span(), pattern.type, pattern.weight, ("pattern",))


def _check(name: str, template: str) -> None:
    if not _NAME.fullmatch(name):
        raise BadPattern("A name has two to twenty Latin letters, words parted by _.")
    if name.upper() in TYPES:
        raise BadPattern(f"{name.upper()} is a type that is found anyway: take another name.")
    if not template or len(template) > MAX_TEMPLATE or "\n" in template:
        raise BadPattern(f"A pattern is one line of 1 to {MAX_TEMPLATE} characters.")
    variable = sum(sign in _PLACES for sign in template)
    if not variable:
        raise BadPattern("A pattern needs a place that varies: # a digit, @ a letter, * either.")
    if variable < MIN_VARIABLE and len(_prefix(template)) < MIN_PREFIX:
        raise BadPattern(
            f"This would match too much: begin with {MIN_PREFIX} fixed letters or have "
            f"{MIN_VARIABLE} places that vary."
        )
    if not any(sign in "#*" for sign in template) and len(_prefix(template)) < MIN_PREFIX:
        raise BadPattern("Letters alone would match words: begin with fixed letters or add #.")


def _prefix(template: str) -> str:
    """The fixed letters and digits at the beginning."""
    fixed = re.match(r"[^#@*]*", template)
    return "".join(sign for sign in (fixed.group() if fixed else "") if sign.isalnum())


def _place(sign: str) -> str:
    if sign in _PLACES:
        return _PLACES[sign]
    return r"[\s\u200c]{1,2}" if sign.isspace() else re.escape(sign)
