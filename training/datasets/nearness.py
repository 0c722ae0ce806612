"""Questions that are the same, or nearly: `Questions`, `plain`. Pure.

Two questions are the same where their letters and digits are (case, marks and spaces set aside),
and nearly the same where ALIKE of their words' three-letter pieces are. Short ones differ by one
word only that says what is meant, so they are compared whole.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from text.persian import search_form
from training.nearby import Nearby, counted
from training.replies import pieces

ALIKE: Final = 0.85
LEAST_WORDS: Final = 8
_NO_WORD = re.compile(r"[\W_]+")


def plain(text: str) -> str:
    """Its letters and digits alone, in the form in which search compares."""
    return _NO_WORD.sub(" ", search_form(text)).strip().casefold()


class Questions:
    """Those that another may be (nearly) one of."""

    def __init__(self, texts: Iterable[str]) -> None:
        forms = sorted({plain(text) for text in texts} - {""})
        long = [pieces(form) for form in forms if len(form.split()) >= LEAST_WORDS]
        self._forms = set(forms)
        self._near = Nearby(least=ALIKE, frequency=counted(long))
        for one in long:
            self._near.add(one)

    def has(self, text: str) -> bool:
        return self.has_exactly(text) or self._has_nearly(plain(text))

    def has_exactly(self, text: str) -> bool:
        return plain(text) in self._forms

    def _has_nearly(self, form: str) -> bool:
        if len(form.split()) < LEAST_WORDS:
            return False
        return self._near.best(pieces(form)) is not None


def duplicates(texts: Sequence[str]) -> tuple[int, int]:
    """(how many are the same as an earlier one, how many are only nearly so)."""
    forms = [plain(text) for text in texts]
    held = {form: pieces(form) for form in dict.fromkeys(forms)}
    near = Nearby(least=ALIKE, frequency=counted(held.values()))
    alike = 0
    for form, own in held.items():
        if len(form.split()) < LEAST_WORDS:
            continue
        if near.best(own) is not None:
            alike += 1
        near.add(own)
    return len(forms) - len(held), alike
