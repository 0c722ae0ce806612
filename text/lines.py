"""`is_one_line`: whether something can stand as a name in one line of a page or a log; `is_text`:
whether it can be kept and sent at all."""

from typing import Final

JOINERS: Final = "\u200c\u200d"
"""The half-space of Persian and its opposite: they show nothing, yet words are spelt with them."""


def is_one_line(text: str) -> bool:
    """No line break, no control character, nothing that turns the direction of what follows."""
    return all(letter.isprintable() or letter in JOINERS for letter in text)


def is_text(text: str) -> bool:
    """Every letter is one: bytes that are no UTF-8 come from a terminal as halves of pairs."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)
