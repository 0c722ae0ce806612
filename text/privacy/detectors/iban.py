"""Account numbers: the Iranian Sheba (IR and 24 digits, often written without IR or in lower case)
and other countries' IBANs."""

import re
from collections.abc import Iterator

from text.privacy import keywords
from text.privacy.checks import iban_holds
from text.privacy.numbers import SEPARATORS, Window
from text.privacy.reading import Reading
from text.privacy.spans import IBAN, Candidate

SHEBA_DIGITS = 24
MISTYPED_DIGITS = (20, 26)
_IR_BEFORE = re.compile(rf"(?<![A-Za-z])IR[{SEPARATORS}:]{{0,3}}$", re.IGNORECASE)
_IR_AFTER = re.compile(rf"[{SEPARATORS}]{{0,2}}IR(?![A-Za-z])", re.IGNORECASE)
_FOREIGN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}(?![A-Za-z0-9])")
_MIN_FOREIGN, _MAX_FOREIGN = 15, 34


def candidates(reading: Reading) -> Iterator[Candidate]:
    for window, category in reading.windows:
        if len(window.digits) >= MISTYPED_DIGITS[0]:
            yield from _of_window(reading.form, window, category)
    for found in _FOREIGN.finditer(reading.form):
        end = _foreign_end(found.group())
        if end:
            yield Candidate(found.start(), found.start() + end, IBAN, 91)


def _of_window(form: str, window: Window, category: str | None) -> Iterator[Candidate]:
    full = len(window.digits) == SHEBA_DIGITS
    before = _IR_BEFORE.search(form[max(0, window.start - 6) : window.start])
    after = _IR_AFTER.match(form, window.end)
    if before is not None:
        start = window.start - len(before.group())
        yield Candidate(start, window.end, IBAN, 95 if full else 85)
    elif full and after is not None:
        yield Candidate(window.start, after.end(), IBAN, 93)
    elif window.coded:
        return
    elif full and iban_holds("IR" + window.digits):
        yield Candidate(window.start, window.end, IBAN, 92)
    elif category == keywords.SHEBA:
        yield Candidate(window.start, window.end, IBAN, 89 if full else 83)
    elif full and len(set(window.joints)) <= 1:
        # The post's tracking codes have 24 digits too: no card stands inside one.
        yield Candidate(window.start, window.end, None, 82)


def _foreign_end(text: str) -> int:
    """Length of the longest beginning of `text` that is an IBAN, cut at a space; 0 if none."""
    ends = [len(text), *[found.start() for found in re.finditer(" ", text)][::-1]]
    for end in ends:
        iban = re.sub(r"[ -]", "", text[:end]).upper()
        if _MIN_FOREIGN <= len(iban) <= _MAX_FOREIGN and iban_holds(iban):
            return end
    return 0
