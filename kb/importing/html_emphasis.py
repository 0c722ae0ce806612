"""Marks of emphasis on their way into Markdown: `emphasise(text)`.

While inline text is put together, emphasis stands in it as letters of the private use area (`OPEN`,
`CLOSE`); in the end those that Markdown would read as emphasis become ** and *, the others go.
"""

import re

OPEN, CLOSE = {"strong": "\ue000", "em": "\ue002"}, {"strong": "\ue001", "em": "\ue003"}
_MARKS = {"\ue000": "**", "\ue001": "**", "\ue002": "*", "\ue003": "*"}
BREAK = "\ue004"


def emphasise(text: str) -> str:
    """Marks of emphasis where Markdown reads them as such, nothing elsewhere ("**چنین:**که")."""
    text = text.replace(BREAK, " ")
    return re.sub(
        "[\ue000-\ue003]", lambda mark: _MARKS[mark.group()] if _works(text, mark) else "", text
    )


def _works(text: str, mark: re.Match[str]) -> bool:
    """Both ends of the pair are where CommonMark wants them; the same answer for both marks."""
    opening = mark.group() in ("\ue000", "\ue002")
    other = chr(ord(mark.group()) + (1 if opening else -1))
    position = text.find(other, mark.end()) if opening else text.rfind(other, 0, mark.start())
    start, end = (mark.start(), position) if opening else (position, mark.start())
    before, first = _letter(text, start, -1), _letter(text, start, 1)
    last, after = _letter(text, end, -1), _letter(text, end, 1)
    nested = "\ue000" <= text[start + 1] <= "\ue003"
    if nested or not first or first in "*_" or last in "*_":
        return False
    return _outside(before) and _outside(after)


def _letter(text: str, position: int, step: int) -> str:
    """The nearest letter that is no mark, to either side; "" at an end of the text."""
    position += step
    while 0 <= position < len(text) and "\ue000" <= text[position] <= "\ue003":
        position += step
    return text[position] if 0 <= position < len(text) else ""


def _outside(letter: str) -> bool:
    """White space, an end or plain punctuation: safe on either side of a mark."""
    return not letter or letter.isspace() or letter in ".,;:!?()«»،؛؟…\"'"
