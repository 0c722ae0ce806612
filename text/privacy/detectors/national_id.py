"""The Iranian national ID: one in eleven numbers of ten digits holds its check, so words decide.
Other countries' IDs and passports beside their names; the American one also by its shape."""

import re
from collections.abc import Iterator

from text.privacy import keywords
from text.privacy.checks import national_id_holds
from text.privacy.naming import LINK, OWN
from text.privacy.numbers import Window
from text.privacy.reading import Anchored, Reading
from text.privacy.spans import NATIONAL_ID, Candidate

CALLED_DIGITS = (8, 11)
"""Beside its keyword: a digit too few or too many, or the leading zeros left out."""
_SHAPES = ((10,), (3, 6, 1))
_AMERICAN = re.compile(r"(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}")
_ADDRESS_BEFORE = re.compile(r"[/=#.:&?]$|[A-Za-z_][\"']\s?:\s?[\"']?$")
_ADDRESS_AFTER = re.compile(r"[/=&]|[.,]\d")
_COLON_BEFORE = re.compile(r"[^\x00-\x7f]\s?:$|\s:$")
_SECONDS = re.compile(r"1[4-9]\d{8}")  # since 1970
_LETTERS = re.compile(r"[\u0621-\u06d3]")

_PASSPORT = r"(?P<value>[a-zа-яіїє]{1,2}[ №-]{0,2}[0-9]{6,9})(?!\w)"
_PASSPORTS = Anchored(
    {
        stem: re.compile(rf"{name}{OWN}{LINK}{_PASSPORT}")
        for stem, name in (
            ("passport", r"passport(?: (?:no|number|id|#))?\.?"),
            ("паспорт", r"паспорт\w{0,3}(?: (?:серія|номер|серія і номер))?"),
            ("پاسپورت", "پاسپورت"),
            ("گذرنامه", "گذرنامه"),
            ("דרכון", "דרכון"),
        )
    },
    needs="has_number",
)

# The United Kingdom's: two letters, six digits, a letter.
_INSURANCE = Anchored(
    {
        stem: re.compile(
            rf"{name}(?!\w)"
            rf"[^\d\n]{{0,30}}?(?<!\w)(?P<value>[a-z]{{2}}(?:[ .-]?\d\d){{3}}[ .-]?[a-d])(?!\w)"
        )
        for stem, name in (
            ("national insurance", "national insurance"),
            ("nino", "nino"),
            ("ni n", r"(?<!\w)ni n(?:o|umber|um)"),
        )
    },
    needs="has_number",
)


def of_window(window: Window, category: str | None, reading: Reading) -> Candidate | None:
    if window.coded or window.plus or window.decimal:
        return None
    low, high = CALLED_DIGITS
    count = len(window.digits)
    if category in (keywords.NATIONAL, keywords.NATIONAL_OR_COMPANY):
        if not low <= count <= high:
            return None
        # The full length first: "0012345678 9" is an ID and something else.
        holds = count == 10 and national_id_holds(window.digits)
        weight = 79 if count == 10 else 77
        reasons = ("checksum", "keyword") if holds else ("keyword",)
        return Candidate(window.start, window.end, NATIONAL_ID, weight, reasons)
    if category is not None:
        return None
    if count == 10 and _is_one(window, reading.form):
        # 123-456789-0 is how cards print it; ten plain digits may be a mobile without 0.
        weight = 55 if len(window.shape) == 1 else 63
        return Candidate(window.start, window.end, NATIONAL_ID, weight, ("checksum",))
    if window.shape == (3, 2, 4) and _AMERICAN.fullmatch(reading.form, window.start, window.end):
        return Candidate(window.start, window.end, NATIONAL_ID, 58, ("shape",))
    return None


def candidates(reading: Reading) -> Iterator[Candidate]:
    """With letters: passports, the British number."""
    if not reading.has_number:
        return
    for found in reading.matches(_PASSPORTS):
        yield Candidate(*found.span("value"), NATIONAL_ID, 79, ("keyword",))
    for found in reading.matches(_INSURANCE):
        yield Candidate(*found.span("value"), NATIONAL_ID, 79, ("keyword", "shape"))


def _is_one(window: Window, form: str) -> bool:
    return (
        window.shape in _SHAPES
        and national_id_holds(window.digits)
        and _stands_alone(form, window)
        and not (_SECONDS.fullmatch(window.digits) and not _LETTERS.search(form))
    )


def _stands_alone(form: str, window: Window) -> bool:
    """Not a piece of an address or a decimal number."""
    before = form[max(0, window.start - 6) : window.start]
    if _ADDRESS_BEFORE.search(before) and not _COLON_BEFORE.search(before):
        return False
    return not _ADDRESS_AFTER.match(form, window.end)
