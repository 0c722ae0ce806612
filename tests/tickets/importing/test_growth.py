"""What of a conversation is new, by its words and times."""

from datetime import UTC, datetime, timedelta

import pytest

from tickets.importing.growth import Growth, growth, joined
from tickets.importing.records import Turn

_START = datetime(2026, 1, 1, 10, tzinfo=UTC)


def _turns(texts, *, at=_START, step=timedelta(minutes=1), first="customer"):
    roles = ["customer", "agent"] if first == "customer" else ["agent", "customer"]
    return [
        Turn(roles[n % 2], text, at + n * step if at else None)
        for n, text in enumerate(texts.split(" "))
    ]


_LATER = _START + timedelta(days=9)
CASES = [
    (_turns("a b"), _turns("a b"), Growth(2)),
    (_turns("a b"), _turns("a b c d"), Growth(2)),
    (_turns("a b c"), _turns("a b"), Growth(2)),
    (_turns("a b"), _turns("a b c d", at=None), Growth(2)),
    (_turns("a b"), _turns("a b\nmore"), Growth(2, last_grew=True)),
    (_turns("a b"), _turns("a b\nmore c"), Growth(2, last_grew=True)),
    (_turns("a b\nmore"), _turns("a b"), Growth(2)),
    (_turns("a b c d"), _turns("c d e f", at=_START + timedelta(minutes=2)), Growth(2)),
    (_turns("a b c d"), _turns("c d", at=_START + timedelta(minutes=2)), Growth(2)),
    (_turns("a b"), _turns("c d", at=_LATER), Growth(0)),
    (_turns("a b"), _turns("a x", at=_LATER, step=timedelta()), Growth(0)),
    (_turns("same-long-question b"), _turns("same-long-question x", at=_LATER), None),
    (_turns("a b"), _turns("x y"), None),
    (_turns("a b"), _turns("a x c d"), None),
    (_turns("a b"), _turns("a bmore c d", at=None), None),
    (_turns("a b c d"), _turns("c x e f", at=None), None),
    # words changed by masking, at the same moment
    (_turns("my-phone-is-[PHONE] b"), _turns("my-phone-is-0912x b c"), Growth(2)),
]


@pytest.mark.parametrize(("stored", "told", "expected"), CASES)
def test_what_is_new_is_found(stored, told, expected):
    assert growth(stored, told) == expected


def test_side_that_goes_on_speaks_in_one_turn():
    stored = _turns("a b c")
    told = _turns("d e", at=_LATER)
    whole = joined(stored, told, growth(stored, told))
    assert [(one.role, one.text) for one in whole] == [
        ("customer", "a"),
        ("agent", "b"),
        ("customer", "c\nd"),
        ("agent", "e"),
    ]
    assert whole[2].at == stored[2].at


def test_many_turns_take_no_time():
    stored = _turns(" ".join(["yes"] * 4999))
    assert growth(stored, _turns(" ".join(["yes"] * 4999 + ["no"]))) == Growth(4999)
    assert growth(stored, _turns("no yes")) is None
