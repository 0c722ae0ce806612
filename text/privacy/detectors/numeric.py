"""All that is made of digits: each window over the numbers of a text (see `numbers`) is shown to
the detectors of numbers."""

import re
from collections.abc import Callable, Iterator
from typing import Final

from text.privacy.detectors import (
    bank_card,
    company_id,
    iban,
    national_id,
    phone,
    postal_code,
)
from text.privacy.numbers import MAX_DIGITS, MIN_DIGITS, Run, Window, whole
from text.privacy.reading import Reading
from text.privacy.spans import Candidate

NumberDetector = Callable[[Window, str | None, Reading], Candidate | None]

NUMBER_DETECTORS: Final[tuple[NumberDetector, ...]] = (
    phone.of_window,
    bank_card.of_window,
    national_id.of_window,
    iban.of_window,
    company_id.of_window,
    postal_code.of_window,
)
_UNNAMED: Final[tuple[tuple[NumberDetector, int, int], ...]] = (
    (phone.of_window, 9, 19),
    (bank_card.of_window, *bank_card.CALLED_CARD_DIGITS),
    (national_id.of_window, 9, 10),
    (iban.of_window, iban.MISTYPED_DIGITS[0], MAX_DIGITS),
    (company_id.of_window, company_id.DIGITS, company_id.DIGITS),
)
"""With how few and how many digits each takes where nothing says what they are."""
_BY_COUNT: Final = {
    count: tuple(take for take, low, high in _UNNAMED if low <= count <= high)
    for count in range(MIN_DIGITS, MAX_DIGITS + 1)
}
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_DATE = re.compile(
    r"(?:1[34]\d\d|19\d\d|20\d\d)([-/.])\d{1,2}\1\d{1,2}(?:[ T]{1,2}\d{1,2})?"
    r"|\d{1,2}([-/.])\d{1,2}\2(?:1[34]\d\d|19\d\d|20\d\d)(?: {1,2}\d{1,2})?"
    rf"|{_OCTET}(?:\.{_OCTET}){{3}}"  # an address or a version, see `ip`
)
_DATE_BESIDE = re.compile(
    r"(?<![^\s(])(?:(?:1[34]\d\d|19\d\d|20\d\d)([-/.])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12]\d|3[01])"
    r"|(?:0?[1-9]|[12]\d|3[01])([-/.])(?:0?[1-9]|1[0-2])\2(?:1[34]\d\d|19\d\d|20\d\d))(?![^\s),])"
)
_SURE, _SURE_CARD, _BY_CHECK = 88, 80, 92
_MANY = 6
_DATED = 16
"""A number and a date are longer."""
_LONG = 40


def candidates(reading: Reading) -> Iterator[Candidate]:
    runs = list(_without_dates(reading))
    if not runs:
        return
    sure = _sure(reading, runs) if len(runs) <= _MANY else None
    if sure is not None:
        yield from sure
        return
    for window, category in reading.windows(runs):
        plain = category is None and not window.plus
        for of_window in _BY_COUNT[len(window.digits)] if plain else NUMBER_DETECTORS:
            candidate = of_window(window, category, reading)
            if candidate is not None:
                yield candidate


def _without_dates(reading: Reading) -> Iterator[Run]:
    """The runs, and what is left of one in which a date stands beside a number."""
    form = reading.form
    for run in reading.runs:
        text = form[run.start : run.end]
        if text.isdigit():
            yield run
            continue
        if ("-" in text or "/" in text or "." in text) and _DATE.fullmatch(text):
            continue
        start = run.start
        if run.end - start > _DATED:
            for date in _DATE_BESIDE.finditer(form, start, min(len(form), run.end + 1)):
                if date.start() - start >= MIN_DIGITS:
                    yield Run(start, _last_digit(form, date.start()))
                start = date.end()
        if start == run.start:
            yield run
        elif run.end - start >= MIN_DIGITS:
            while not form[start].isdigit():
                start += 1
            yield Run(start, run.end)


def _last_digit(form: str, end: int) -> int:
    while not form[end - 1].isdigit():
        end -= 1
    return end


def _sure(reading: Reading, runs: list[Run]) -> list[Candidate] | None:
    """Where every run is a number that needs no words around it, nobody has to look for them."""
    found: list[Candidate] = []
    for run in runs:
        window = whole(reading.form, run) if run.end - run.start < _LONG else None
        candidate = None if window is None else _certain(window, reading)
        if candidate is None:
            return None
        found.append(candidate)
    return found


def _certain(window: Window, reading: Reading) -> Candidate | None:
    digits = window.digits
    found = None
    if len(digits) == 16 and digits[:4] in bank_card.IRANIAN_BANKS:
        found = bank_card.of_window(window, None, reading)
        return found if found and found.weight >= _SURE_CARD else None
    if len(digits) == iban.SHEBA_DIGITS:
        found = iban.of_window(window, None, reading)
        return found if found and found.type is not None and found.weight > _BY_CHECK else None
    if 11 <= len(digits) <= 14:
        found = phone.of_window(window, None, reading)
    return found if found and found.weight >= _SURE else None
