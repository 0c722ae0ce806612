"""A company's numbers: Iran's national ID of legal persons (eleven digits, a check), and beside
their names the economic code (eleven to fourteen) and other countries' (eight, nine)."""

import re
from collections.abc import Iterator

from text.privacy import keywords
from text.privacy.checks import company_id_holds
from text.privacy.numbers import Window
from text.privacy.reading import Anchored, Reading
from text.privacy.spans import COMPANY_ID, Candidate

CALLED_DIGITS = (8, 14)
DIGITS = 11
_BEGINS = ("10", "14")
_LONGER = 12
"""Mistyped, a digit too many; in Ukraine who pays value added tax."""
_COUNTRY = (
    r"(?:(?:gb|de|fr|nl|es|pl|ua|il|tr|ie|xi|hu|cz|dk|ro|gr)[ -]?"
    r"|atu|a[te]|be|bg|cy|ch|ee|el|fi|hr|it|lt|lu|lv|mt|no|pt|s[eik])"
)
# Numbers that begin with a country's letters: for value added tax, of British companies.
_LETTERED = Anchored(
    {
        stem: re.compile(
            rf"{name}[^\d\n]{{0,24}}?(?<!\w)"
            rf"(?P<value>{letters}[0-9](?:[ .-]?[0-9]){{5,11}}[a-z]{{0,2}})(?![\w-])"
        )
        for stem, name, letters in (
            ("vat", r"vat(?![a-z])", _COUNTRY),
            ("пдв", r"пдв(?!\w)", _COUNTRY),
            ("company", r"company (?:reg\w*|n\w+|code|id)", "(?:sc|ni|oc|so|nc) ?"),
            ("tax", r"tax (?:id|n\w+|code|payer)", _COUNTRY),
        )
    },
    needs="has_number",
)


def of_window(window: Window, category: str | None, reading: Reading) -> Candidate | None:
    if window.coded or window.plus or window.decimal:
        return None
    count = len(window.digits)
    low, high = CALLED_DIGITS
    if category == keywords.COMPANY and low <= count <= high:
        # The full length first, before a digit of something else.
        weight = 80 if count == DIGITS else 78
        return Candidate(window.start, window.end, COMPANY_ID, weight, ("keyword",))
    if category in (keywords.NATIONAL_OR_COMPANY, keywords.NATIONAL) and count == _LONGER:
        return Candidate(window.start, window.end, COMPANY_ID, 78, ("keyword",))
    if count != DIGITS:
        return None
    if category == keywords.NATIONAL_OR_COMPANY:
        # "شناسه ملی 10…" is the company's, "شناسه ملی 00…" a person's.
        return Candidate(window.start, window.end, COMPANY_ID, 80, ("keyword",))
    if category == keywords.NATIONAL and window.digits.startswith(_BEGINS):
        return Candidate(window.start, window.end, COMPANY_ID, 80, ("shape", "keyword"))
    if (
        category is None
        and len(window.shape) == 1
        and window.digits.startswith(_BEGINS)
        and company_id_holds(window.digits)
    ):
        return Candidate(window.start, window.end, COMPANY_ID, 57, ("checksum",))
    return None


def candidates(reading: Reading) -> Iterator[Candidate]:
    """With letters before the digits."""
    for found in reading.matches(_LETTERED):
        yield Candidate(*found.span("value"), COMPANY_ID, 81, ("keyword", "shape"))
