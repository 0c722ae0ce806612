"""Erased lessons leave the data sets that are kept; the versions that learned them are named."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from django.db import connection

from llm.models import ModelVersion
from tests.tickets.everywhere import files_with
from tests.tickets.factories import make_ticket, make_version
from tickets.learning import past_question_id
from tickets.rights import Lesson, erase_ticket, export_ticket
from training.datasets import Asked, Preference, Row, Section, read_preferences, read_rows
from training.datasets.files import freeze
from training.forgetting import forget
from training.models import DatasetSnapshot, TrainingRun

pytestmark = pytest.mark.django_db

MARKER = "زرافه‌نشان وصل نیست"


@pytest.fixture
def home(settings, tmp_path):
    settings.PASOKH_HOME = tmp_path
    return tmp_path


def _row(key, question="پرسش", similar=()):
    return Row(
        key=key,
        kind="ticket",
        lang="fa",
        question=question,
        answer="پاسخ",
        reply=0,
        passages=(("عنوان", "متن"),),
        similar=similar,
    )


@pytest.fixture
def ticket(django_capture_on_commit_callbacks):
    from kb.questions import upsert_question

    ticket = make_ticket(contact="", text=MARKER)
    key = past_question_id(ticket.source, ticket.external_id)
    upsert_question("ticket", key, "fa", MARKER, "پاسخ")
    ticket.key = key
    return ticket


def _version(name, snapshot, **fields):
    return make_version(name, dataset_digest=snapshot.digest, **fields)


def test_rows_go_and_versions_with_what_stands_on_them_are_named(home, ticket, mina):
    rows = [
        _row(ticket.key, MARKER),
        _row("test:other", similar=((MARKER, "پاسخ"), ("الف", "ب"))),
        _row("test:third"),
    ]
    learned = freeze(rows, {"kept_out": 0})
    clean = freeze(rows[2:], {})
    base = _version("base-of-it", learned)
    _version("stands-on-it", clean, base=base)
    _version("knows-nothing", clean)
    assert export_ticket(ticket, user=mina)["learned_by"] == ["base-of-it", "stands-on-it"]
    request = erase_ticket(ticket, user=mina)
    assert request.versions == ["base-of-it", "stands-on-it"]
    left = read_rows(home / learned.path)
    assert [one.key for one in left] == ["test:other", "test:third"]
    assert left[0].similar == (("الف", "ب"),)
    assert left[1] == rows[2]
    assert read_rows(home / clean.path) == rows[2:]
    assert files_with(home, MARKER) == set()
    learned.refresh_from_db()
    assert learned.manifest == {"kept_out": 0, "erased": 2}
    assert ModelVersion.objects.count() == 3


def test_questions_that_a_base_has_read_go(home, ticket, mina):
    section = Section("عنوان", "سر", "متن", "fa")
    snapshot = freeze([section, Asked(MARKER, "عنوان", "fa"), Asked("دیگر", "", "fa")], {})
    _version("a-base", snapshot)
    assert erase_ticket(ticket, user=mina).versions == ["a-base"]
    lines = (home / snapshot.path).read_text().splitlines()
    assert len(lines) == 2
    assert "دیگر" in lines[1]


def test_run_that_is_still_training_is_named(home, ticket, mina):
    snapshot = freeze([_row(ticket.key, MARKER)], {})
    run = TrainingRun.objects.create(state="running", recipe="r", dataset=snapshot)
    assert erase_ticket(ticket, user=mina).versions == [f"run {run.pk}"]


def test_data_set_whose_file_is_gone_does_no_harm(home, ticket, mina):
    DatasetSnapshot.objects.create(digest="d" * 64, path="datasets/gone.jsonl", rows=3)
    assert erase_ticket(ticket, user=mina).versions == []


def test_article_row_of_the_same_key_stays(home, ticket, mina):
    row = replace(_row(ticket.key), kind="article")
    snapshot = freeze([row], {})
    assert erase_ticket(ticket, user=mina).versions == []
    assert read_rows(home / snapshot.path) == [row]


def test_replies_drafts_copies_pairs_and_the_holdout_are_lessons_too(home, ticket, mina):
    row = _row(ticket.key, MARKER)
    other = _row("test:other")
    rows = [
        replace(row, kind="reply"),
        replace(row, key=f"{ticket.key}~draft7", kind="rated"),
        replace(row, key=f"{ticket.key}~canary3"),
        other,
    ]
    held = freeze([row, replace(other, key="test:held")], {}, kind="holdout")
    learned = freeze(rows, {})
    shows = replace(other, similar=((MARKER, "پاسخ"),))
    mine = replace(rows[1], key=f"{ticket.key}~draft7~pair8")
    pairs = freeze(
        [Preference(mine, "a", "b", 3), Preference(shows, "c", "d", 2)], {}, kind="preferences"
    )
    _version("learned", learned)
    _version("preferred", pairs)
    assert erase_ticket(ticket, user=mina).versions == ["learned", "preferred"]
    assert read_rows(home / learned.path) == [other]
    assert [one.key for one in read_rows(home / held.path)] == ["test:held"]
    assert read_preferences(home / pairs.path) == [Preference(other, "c", "d", 2)]
    assert files_with(home, MARKER) == set()


@pytest.mark.django_db(transaction=True)
def test_two_erasures_at_once_bring_nothing_back(home):
    keys = [f"test:{number}" for number in range(40)]
    snapshot = freeze([_row(key, key) for key in keys], {})

    def erase(some):
        try:
            for key in some:
                forget([Lesson(key)])
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(erase, (keys[:20], keys[20:])))
    assert read_rows(home / snapshot.path) == []
    snapshot.refresh_from_db()
    assert snapshot.manifest["erased"] == 40
    left = [path.name for path in (home / "datasets").iterdir() if path.name != ".forgotten"]
    assert left == [f"{snapshot.digest}.jsonl"]
