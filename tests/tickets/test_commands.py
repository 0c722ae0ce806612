"""Commands: their JSON, exit status and one-line errors."""

import json
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from tests.tickets.factories import EMAIL, PHONE, fill_slots, make_drafts, make_ticket
from tests.tickets.scripted_engine import scripted_one
from tickets.api.tokens import token_row
from tickets.models import Suggestion
from tickets.rating import rate

pytestmark = pytest.mark.django_db


def _json(*arguments, **options):
    out = StringIO()
    call_command(*arguments, as_json=True, stdout=out, **options)
    return json.loads(out.getvalue())


def _lines(*arguments, **options):
    out = StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue().splitlines()


def _refused(*arguments) -> str:
    with pytest.raises(CommandError) as refused:
        call_command(*arguments, stdout=StringIO())
    assert refused.value.returncode == 2
    assert "\n" not in str(refused.value)
    return str(refused.value)


@pytest.fixture
def history(tmp_path):
    path = tmp_path / "t.jsonl"
    rows = [
        {"external_id": "1", "question": f"سلام {PHONE}", "answer": "سلام"},
        {"external_id": "2", "question": "بی‌جواب", "answer": ""},
    ]
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def test_import_tickets_reports_its_fields(history):
    report = _json("import_tickets", str(history))
    assert report.pop("seconds") >= 0
    assert report == {
        "created": 1,
        "duplicates": 0,
        "unanswered": 1,
        "folded": 0,
        "conversations": 0,
        "extended": 0,
        "left_out": {},
        "languages": {"fa": 1},
        "placeholders": {"PHONE": 1},
        "failed": [],
        "folds": [],
        "guessed_agents": [],
        "stopped": False,
    }


def test_import_tickets_done_in_part_exits_1(history):
    history.write_text(history.read_text() + "\n{broken")
    with pytest.raises(SystemExit) as ended:
        _json("import_tickets", str(history))
    assert ended.value.code == 1


def test_import_tickets_of_a_missing_file_exits_2(tmp_path):
    _refused("import_tickets", str(tmp_path / "none.jsonl"))


def test_import_tickets_refuses_a_source_or_language_that_cannot_be(history):
    assert "source" in _refused("import_tickets", str(history), "--source", "a b")
    assert "language" in _refused("import_tickets", str(history), "--lang", "Farsi!")


def test_scrub_gives_an_object_a_line(tmp_path):
    path = tmp_path / "lines.txt"
    path.write_text(f"😀 {PHONE}\n\nخط\rیک {EMAIL}\n", encoding="utf-8", newline="")
    rows = [json.loads(line) for line in _lines("scrub", str(path), as_json=True)]
    assert rows == [
        {"text": "😀 [PHONE_1]", "spans": [{"start": 2, "end": 15, "type": "PHONE"}]},
        {"text": "", "spans": []},
        {"text": "خط\rیک [EMAIL_1]", "spans": [{"start": 6, "end": 24, "type": "EMAIL"}]},
    ]


def test_scrub_of_other_than_utf8_is_refused(tmp_path):
    path = tmp_path / "lines.txt"
    path.write_bytes(b"\xff\xfe")
    _refused("scrub", str(path))


@pytest.fixture
def counts(tmp_path):
    path = tmp_path / "counts.csv"
    path.write_text("a,18,21,31,28,26\nb,9,11,20,41,43\nc,28,31,29,23,13\n")
    return path


def test_ratings_report_of_published_counts(counts):
    models = _json("ratings_report", counts=counts)["models"]
    assert [(row["negative_pct"], row["positive_pct"]) for row in models] == [
        (31.5, 68.5),
        (16.1, 83.9),
        (47.6, 52.4),
    ]
    assert [(row["low"], row["high"]) for row in models] == [
        (59.9, 76.1),
        (76.4, 89.3),
        (43.7, 61.0),
    ]


def test_ratings_report_reads_the_database(sara):
    rate(make_drafts(make_ticket())[0], agent=sara, stars=2)
    (row,) = _json("ratings_report")["models"]
    assert (row["model"], row["counts"], row["negative_pct"]) == ("tuned-a", [0, 1, 0, 0, 0], 100.0)
    assert _json("ratings_report", since="2999-01-01") == {"models": []}
    assert _lines("ratings_report", csv=True)[1].startswith("tuned-a,0,1,0,0,0,100.0,0.0,")


def test_ratings_report_bad_arguments_are_refused(counts, tmp_path):
    _refused("ratings_report", "--since", "yesterday")
    _refused("ratings_report", "--since", "2026-02-31")
    _refused("ratings_report", "--counts", str(tmp_path / "none.csv"))
    _refused("ratings_report", "--counts", str(counts), "--since", "2026-01-01")
    counts.write_text("a,1,2,3,4," + "9" * 400 + "\n")
    assert "Line 1" in _refused("ratings_report", "--counts", str(counts))


def test_suggest_gives_three_candidates_and_stores_nothing(monkeypatch):
    monkeypatch.setattr("tickets.management.commands.suggest.generate_one", scripted_one())
    fill_slots()
    result = _json("suggest", f"سلام دامنه وصل نمی‌شود {PHONE}")
    assert [(one["slot"], one["model"], one["text"]) for one in result["candidates"]] == [
        ("A", "tuned-a", "سلام یک"),
        ("B", "tuned-b", "سلام دو"),
        ("C", "base", "سلام سه"),
    ]
    assert set(result["candidates"][0]) == {"slot", "model", "text", "seconds", "tokens", "sources"}
    assert result["seconds"] >= 0
    by_ticket = _json("suggest", ticket=make_ticket().pk)
    assert len(by_ticket["candidates"]) == 3
    assert not Suggestion.objects.exists()


def test_suggest_masks_what_the_models_see(monkeypatch):
    seen = []

    def watch(parts, choices, **options):
        seen.append(str(parts))
        return scripted_one()(parts, choices, **options)

    monkeypatch.setattr("tickets.management.commands.suggest.generate_one", watch)
    fill_slots()
    _json("suggest", f"شماره من {PHONE}")
    assert PHONE not in seen[0]
    assert "[PHONE_1]" in seen[0]


def test_suggest_bad_arguments_are_refused():
    assert "slot" in _refused("suggest", "سلام")  # no model yet
    fill_slots()
    _refused("suggest")
    _refused("suggest", "سلام", "--ticket", "1")
    _refused("suggest", "--ticket", "999999999")
    _refused("suggest", " ")
    _refused("suggest", "x" * 100_000)
    _refused("suggest", "سلام", "--lang", "Farsi!")


def test_api_token_is_printed_once_and_works(sara):
    (token,) = _lines("api_token", "sara", "door")
    assert token_row(token).user == sara
    assert _json("api_token", "sara", "door")["token"] != token


def test_api_token_for_nobody_is_refused(sara):
    _refused("api_token", "nobody", "door")
    _refused("api_token", "sara", " ")
    User.objects.filter(pk=sara.pk).update(is_active=False)
    _refused("api_token", "sara", "door")
