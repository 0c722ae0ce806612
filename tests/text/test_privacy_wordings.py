"""Values of structured types in many wordings, and what looks like them in others."""

import re

import pytest

from tests.text.privacy_wordings import ACCEPTED, REFUSED
from text.privacy import find

_MARKS = re.compile("[⟦⟧]")
_MASKED_AS_ONE_KIND = ({"PHONE", "LANDLINE"},)


def _planted(line: str) -> tuple[str, list[tuple[int, int]]]:
    text, spans = "", []
    for place, part in enumerate(_MARKS.split(line)):
        if place % 2:
            spans.append((len(text), len(text) + len(part)))
        text += part
    return text, spans


def _types(text: str, begin: int, end: int) -> set[str | None]:
    found = find(text, names=False)
    return {
        next((one.type for one in found if one.start <= place < one.end), None)
        for place in range(begin, end)
        if text[place].isalnum()
    }


@pytest.mark.parametrize(
    ("kind", "line"),
    [(kind, line) for kind, lines in ACCEPTED.items() for line in lines.strip().split("\n")],
)
def test_value_in_this_wording_is_covered_and_called_by_its_type(kind, line):
    text, spans = _planted(line)
    assert spans
    allowed = next((kinds for kinds in _MASKED_AS_ONE_KIND if kind in kinds), {kind})
    assert [_types(text, *span) <= allowed for span in spans] == [True] * len(spans)


@pytest.mark.parametrize("line", REFUSED.strip().split("\n"))
def test_nothing_personal_in_this_wording_is_found(line):
    assert [one.type for one in find(line, names=False)] == []


PHONE_UNDER_A_POSTAL_CODE = [
    "کد پستی 1613984511\n⟦+989121234567⟧",
    "کدپستی: ۱۶۱۳۹۸۴۵۱۱\n⟦00989121234567⟧",
    "کد پستی: 1613984511\n⟦+98 912 123 4567⟧",
    "تهران، کد پستی 16139-84511\n⟦0098 912 345 6789⟧",
    "کدپستی\n1613984511\n⟦+98 935 111 2233⟧",
    "postal code 1613984511\n⟦+98 912 345 67 89⟧",
    "کد پستی:\n⟦+989121234567⟧",
    "kod posti 1613984511\n⟦+98-912-345-6789⟧",
    "поштовий індекс 01001\n⟦+380671234567⟧",
    "поштовий індекс: 03150\n⟦+98 912 345 6789⟧",
    "מיקוד 6423906\n⟦+972521234567⟧",
    "מיקוד: 6423906\n⟦+98 912 345 6789⟧",
]


@pytest.mark.parametrize("line", PHONE_UNDER_A_POSTAL_CODE)
def test_number_with_its_country_under_a_postal_code_is_a_phone(line):
    text, [(begin, end)] = _planted(line)
    assert _types(text, begin, end) == {"PHONE"}


def test_keyword_on_the_line_before_names_the_number():
    assert [one.type for one in find("کد پستی\n1613984511", names=False)] == ["POSTAL_CODE"]
    assert [one.type for one in find("کد ملی من اینه:\n0084575948", names=False)] == ["NATIONAL_ID"]
