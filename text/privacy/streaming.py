"""Placeholders in a text that is still being written: never half of one.

`whole` (in `placeholders`) is for who has the text so far, as the engine gives it. `Restorer` is
for who gets it piece by piece and passes it on with the values in it.
"""

from collections.abc import Mapping

from text.privacy.placeholders import restore
from text.privacy.spelling import unfinished_at


class Restorer:
    """`feed` each piece and pass on what it returns, then what `finish` returns: together that is
    `restore` of the whole text. At most a hundred characters or so are held back."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self._held = ""

    def feed(self, piece: str) -> str:
        text = self._held + piece
        end = unfinished_at(text)
        self._held = text[end:]
        return restore(text[:end], self._values)

    def finish(self) -> str:
        held, self._held = self._held, ""
        return restore(held, self._values)
