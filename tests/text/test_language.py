"""Which language a text is in."""

import json
from pathlib import Path

import pytest

from text.language import detect

COMPANY = Path(__file__).parents[2] / "sample" / "company"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("سلام، هاستم وصل نمی‌شود", "fa"),
        ("WordPress روی cPanel نصب نمی‌شود SSL DNS error log", "fa"),
        ("salam, site man baz nemishe, chikar konam?", "fa"),
        ("My parcel has not arrived yet", "en"),
        ("The man sat by the pool to wait", "en"),
        ("Як змінити пароль?", "uk"),
        ("איך מחליפים סיסמה?", "he"),
    ],
)
def test_detect(text, expected):
    assert detect(text) == expected


@pytest.mark.parametrize("text", ["", "123 456", "[PHONE_1]", "https://example.com/en/page"])
def test_detect_gives_the_default_without_letters(text):
    assert detect(text, default="uk") == "uk"


def test_detect_knows_the_sample_tickets():
    rows = [
        json.loads(line)
        for path in COMPANY.glob("*_tickets/*.jsonl")
        for line in path.read_text().splitlines()
    ]
    wrong = [row["external_id"] for row in rows if detect(row["question"]) != row["lang"]]
    assert len(rows) > 250
    assert len(wrong) <= len(rows) * 0.01
