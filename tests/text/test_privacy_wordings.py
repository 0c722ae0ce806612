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


def test_keyword_on_the_line_before_names_the_number():
    assert [one.type for one in find("کد پستی\n1613984511", names=False)] == ["POSTAL_CODE"]
    assert [one.type for one in find("کد ملی من اینه:\n0084575948", names=False)] == ["NATIONAL_ID"]
