"""The sample company keeps what its README says of it."""

import json
from collections import Counter
from difflib import SequenceMatcher

import pytest

from tests.live_desk import COMPANY
from text.persian import search_form

PAST_FIELDS = {"external_id", "topic", "lang", "question", "answer", "created_at"}


def _rows(kind: str) -> list[dict[str, str]]:
    paths = sorted((COMPANY / kind).glob("*.jsonl"))
    return [json.loads(line) for path in paths for line in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def past():
    return _rows("past_tickets")


@pytest.fixture(scope="module")
def new():
    return _rows("new_tickets")


def test_articles_are_as_many_as_promised_in_both_forms():
    paths = sorted(COMPANY.glob("articles/*/*"))
    by_language = Counter(path.name[:2] for path in paths)
    assert by_language["fa"] >= 30
    assert by_language["en"] >= 15
    assert Counter(path.suffix for path in paths).keys() == {".md", ".html"}


def test_past_tickets_are_whole_and_different(past):
    assert len(past) >= 250
    assert all(row.keys() == PAST_FIELDS and all(row.values()) for row in past)
    assert len({row["external_id"] for row in past}) == len(past)
    assert len({row["question"] for row in past}) == len(past)


def test_every_topic_is_asked_in_many_wordings(past):
    topics = Counter(row["topic"] for row in past)
    assert len(topics) == 40
    assert min(topics.values()) >= 30


def test_new_tickets_have_a_reference_and_a_known_topic(past, new):
    assert len(new) == 40
    assert all(row["reference"] and row["subject"] for row in new)
    assert {row["topic"] for row in new} == {row["topic"] for row in past}


def test_wording_of_new_tickets_is_nowhere_among_the_past(past, new):
    known = [search_form(row["question"]) for row in past]
    five_words = {run for text in known for run in _runs(text)}
    for row in new:
        text = search_form(row["question"])
        closest = max(SequenceMatcher(None, text, other).quick_ratio() for other in known)
        assert closest < 1
        shared = [run for run in _runs(text) if run in five_words]
        assert len(shared) <= 1, row["external_id"]


def _runs(text: str) -> list[tuple[str, ...]]:
    """Every five words in a row."""
    words = text.split()
    return [tuple(words[start : start + 5]) for start in range(len(words) - 4)]
