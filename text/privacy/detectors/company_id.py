"""A company's numbers, only beside their names: Iran's national ID of legal persons (eleven digits,
a check) and the economic code (eleven to fourteen)."""

from collections.abc import Iterator

from text.privacy import keywords
from text.privacy.checks import company_id_holds
from text.privacy.reading import Reading
from text.privacy.spans import COMPANY_ID, Candidate

CALLED_DIGITS = (8, 14)


def candidates(reading: Reading) -> Iterator[Candidate]:
    low, high = CALLED_DIGITS
    for window, category in reading.windows:
        if window.coded or window.plus or window.decimal:
            continue
        if category == keywords.COMPANY and low <= len(window.digits) <= high:
            yield Candidate(window.start, window.end, COMPANY_ID, 78)
        elif category == keywords.NATIONAL and company_id_holds(window.digits):
            # "شناسه ملی 10…" is the company's, "شناسه ملی 00…" a person's.
            yield Candidate(window.start, window.end, COMPANY_ID, 80)
