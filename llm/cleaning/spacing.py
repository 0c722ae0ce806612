"""What is left readable where something was taken out: `close`, `tidy`."""

import re
from typing import Final

HOLE: Final = "\ufffc"
"""Stands where something was taken out until `close` has looked at what is around it."""

_LEADING_WORDS: Final = """
at to on in by via from with or and
به از با در تا یا و روی
на до за в у з із і або чи по через
או את אל על דרך
"""
_WORDS = "|".join(sorted(_LEADING_WORDS.split(), key=len, reverse=True))
# Around a hole: quotes and brackets that held it, and prepositions that led to it.
_HELD: Final = re.compile(
    rf"(?:[(\[<«“\"'‹]\s*{HOLE}[\s.,،]*[)\]>»”\"'›])|(?:[‹<(]\s*{HOLE}\s*[›>)])"
)
_LED: Final = re.compile(
    rf"(?:(?<=\s)|^)(?:(?:{_WORDS})\s+|[בלמה]-\s?){HOLE}", re.IGNORECASE | re.MULTILINE
)
_ROW: Final = re.compile(
    rf"{HOLE}(?:\s*(?:[,،;/|]|\b(?:or|and|або|чи)\b|\bیا\b|\bو\b|\bאו\b)?\s*{HOLE})+"
)
_LABEL: Final = re.compile(
    rf"(?:^|(?<=[.!?؟…\n]))[^.!?؟…\n{HOLE}]{{0,60}}[:：=]\s*{HOLE}\s*[.،,;]?(?=\s|$)", re.MULTILINE
)
_SPACE_BEFORE: Final = re.compile(r"[ \t]+(?=[.,،;؛:!?؟)»”])")
_SPACES: Final = re.compile(r"(?<=\S)[ \t\u00a0]{2,}")
_COMMAS: Final = re.compile(r"([,،;؛])(?:[ \t]*[,،;؛])+")
_COMMA_FIRST: Final = re.compile(r"(^|[.!?؟…:])[ \t]*[,،;؛][ \t]*", re.MULTILINE)
_COMMA_LAST: Final = re.compile(r"[,،;؛][ \t]*(?=[.!?؟…])")
_AT_END: Final = re.compile(r"[ \t]+$", re.MULTILINE)
_BLANK: Final = re.compile(r"\n{3,}")
_EMPTY: Final = re.compile(r"^[ \t]*(?:[-•*–—:,،.;]+|\(\s*\)|\[\s*\])[ \t]*$\n?", re.MULTILINE)


def close(text: str) -> str:
    """`text` without its holes: with the brackets around one, the preposition before it, and a
    label that it was all there was to ("Phone: …")."""
    if HOLE not in text:
        return text
    for _ in range(2):
        text = _ROW.sub(HOLE, _HELD.sub(HOLE, text))
    text = _LABEL.sub("", text)
    for _ in range(2):
        text = _LED.sub(HOLE, text)
    text = re.sub(rf"[ \t]*{HOLE}", "", text)
    text = _COMMA_LAST.sub("", _COMMAS.sub(r"\1", tidy(text)))
    text = _COMMA_FIRST.sub(lambda found: f"{found[1]} " if found[1] else "", text)
    return tidy(_EMPTY.sub("", text))


def tidy(text: str) -> str:
    """No double spaces, none before a mark, at most one blank line in a row."""
    text = _AT_END.sub("", _SPACE_BEFORE.sub("", _SPACES.sub(" ", text)))
    return _BLANK.sub("\n\n", text).strip()
