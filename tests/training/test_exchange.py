"""Data sets in and out as files, and the `datasets` command."""

import csv
import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.tickets.factories import EMAIL, PHONE
from tests.training.tiny import tuned_recipe
from training.datasets import Preference, Row, exchange, incoming, prepare, read_rows
from training.datasets.exchange import (
    BadDataFile,
    BadExport,
    UnknownDataSet,
    export,
    import_file,
    named,
    snapshot_of,
)
from training.datasets.files import freeze, path_of
from training.models import DatasetSnapshot

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.PASOKH_HOME = tmp_path / "home"
    return tmp_path / "home"


def _written(path: Path, records) -> Path:
    path.write_text("".join(f"{json.dumps(one, ensure_ascii=False)}\n" for one in records))
    return path


def _pairs(path: Path, count=30, **fields) -> Path:
    return _written(
        path,
        (
            {"id": n, "question": f"what is thing {n}?", "answer": f"It is {n}.", **fields}
            for n in range(count)
        ),
    )


def _rows(snapshot):
    return read_rows(path_of(snapshot))


def test_questions_and_answers_come_in_masked_with_their_context(tmp_path):
    path = _written(
        tmp_path / "a.jsonl",
        [
            {"question": f"call me at {PHONE}", "answer": f"We wrote to {EMAIL}", "context": "C 1"},
            {"question": "سلام [PHONE_1]", "answer": "درود", "context": ["A", "B"], "lang": "fa"},
            {"question": " ", "answer": "nobody asked"},
        ],
    )
    snapshot = import_file(path, name="mine")
    first, second = _rows(snapshot)
    assert (first.question, first.answer) == ("call me at [PHONE_1]", "We wrote to [EMAIL_1]")
    assert (first.passages, first.kind, first.lang) == ((("", "C 1"),), "file", "en")
    assert (second.question, second.passages) == ("سلام [PHONE_1]", (("", "A"), ("", "B")))
    assert (snapshot.name, snapshot.rows, snapshot.manifest["empty"]) == ("mine", 2, 1)
    assert snapshot.manifest["masked"] == {"PHONE": 1, "EMAIL": 1}
    assert import_file(path, name="mine").pk == snapshot.pk


def test_chat_gives_a_row_for_every_answer_with_what_was_said_before(tmp_path):
    said = [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "one"},
        {"role": "user", "content": "more"},
        {"role": "assistant", "content": "first"},
        {"role": "user", "content": "two"},
        {"role": "assistant", "content": "second"},
    ]
    rows = _rows(
        import_file(_written(tmp_path / "c.jsonl", [{"id": "x", "messages": said}]), name="c")
    )
    assert [(row.key, row.question, row.answer) for row in rows] == [
        ("file:x", "one\nmore", "first"),
        ("file:x#2", "two", "second"),
    ]
    assert {row.system for row in rows} == {"Be kind."}
    assert [text for _, text in rows[1].turns] == ["one", "more", "first", "two"]


def test_what_goes_out_comes_in_again_the_same(tmp_path):
    path = _pairs(tmp_path / "a.jsonl", context="there", system="Be kind.")
    rows = _rows(import_file(path, name="a"))
    assert export(snapshot_of("a"), tmp_path / "b.jsonl", form="chat") == 30
    line = json.loads((tmp_path / "b.jsonl").read_text().splitlines()[0])
    assert [one["role"] for one in line["messages"]] == ["system", "user", "assistant"]
    again = _rows(import_file(tmp_path / "b.jsonl", name="b"))
    assert [(r.question, r.answer, r.passages, r.system, r.lang) for r in again] == [
        (r.question, r.answer, r.passages, r.system, r.lang) for r in rows
    ]
    export(snapshot_of("a"), tmp_path / "b.csv", form="csv")
    table = _rows(import_file(tmp_path / "b.csv", name="t"))
    assert [(r.question, r.answer, r.passages) for r in table] == [
        (r.question, r.answer, r.passages) for r in rows
    ]


def test_csv_cells_are_no_formulas(tmp_path):
    path = _written(tmp_path / "a.jsonl", [{"question": "=1+1", "answer": "@SUM(A1)"}] * 2)
    import_file(path, name="a")
    export(snapshot_of("a"), tmp_path / "a.csv", form="csv")
    table = list(csv.reader((tmp_path / "a.csv").open()))
    assert table[:2] == [["context", "question", "answer"], ["", "'=1+1", "'@SUM(A1)"]]


def test_rows_whose_split_is_test_are_the_holdout_and_what_they_are_known_from_is_left_out(
    tmp_path,
):
    records = [
        *({"question": f"what is thing {n}?", "answer": f"It is {n}."} for n in range(20)),
        {"question": "What is thing 3", "answer": "Three.", "split": "test"},
        {"question": "what is nothing?", "answer": "Nothing.", "split": "test"},
    ]
    snapshot = import_file(_written(tmp_path / "a.jsonl", records), name="a")
    made = prepare(tuned_recipe(), data="a", _canaries=0)
    assert {row.answer for row in made.kept_out} == {"Three.", "Nothing."}
    assert {row.question for row in made.material.rows} == {
        f"what is thing {n}?" for n in range(20) if n != 3
    }
    assert (made.checks.left_out, made.checks.leaks) == ({"question": 1}, 0)
    assert made.dataset.manifest["of"] == snapshot.digest
    assert named(snapshot.digest[:8]) == snapshot


def test_file_is_prepared_by_its_path(tmp_path):
    path = _pairs(tmp_path / "notes.jsonl")
    made = prepare(tuned_recipe(rows={"holdout": 0.2}), data=str(path))
    assert named("notes").manifest["learned"] == 30
    assert made.new == 30
    assert 1 <= len(made.kept_out) <= 12
    assert all(row.similar == () for row in made.material.rows)


def test_dpo_has_no_preferences_in_a_file(tmp_path):
    recipe = tuned_recipe(method="dpo", preference={})
    with pytest.raises(BadDataFile.__base__, match="holds no preferences"):
        prepare(recipe, data=str(_pairs(tmp_path / "a.jsonl")))


def test_preferences_go_out_in_the_chat_form_only(tmp_path):
    row = Row("t:1", "ticket", "en", "what?", "this")
    snapshot = freeze([Preference(row, "this", "that", 3)], {}, kind="preferences")
    export(snapshot, tmp_path / "p.jsonl", form="chat")
    assert json.loads((tmp_path / "p.jsonl").read_text()) == {
        "prompt": [{"role": "user", "content": "what?"}],
        "chosen": [{"role": "assistant", "content": "this"}],
        "rejected": [{"role": "assistant", "content": "that"}],
    }
    with pytest.raises(BadExport, match="chat form only"):
        export(snapshot, tmp_path / "p.csv", form="csv")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.jsonl", "", "no row to learn from"),
        ("a.jsonl", '{"question": "a", "answer": "b"}\nno', "line 2: this is not JSON"),
        ("a.jsonl", "[1]", "line 1: a JSON object is needed"),
        ("a.jsonl", '{"question": 3, "answer": "b"}', "line 1: question must be a text"),
        ("a.jsonl", '{"messages": "no"}', "line 1: messages must be a list"),
        ("a.jsonl", '{"messages": [{"role": "x"}, {}]}', "line 1: roles are"),
        ("a.jsonl", b"\xff\xfe\x00", "not UTF-8"),
        ("a.csv", "one,two\n1,2\n", "columns question and answer"),
        ("a.csv", 'question,answer\n"a,b', "no row to learn from"),
    ],
)
def test_bad_file_is_one_line_and_nothing_is_kept(home, tmp_path, name, content, says):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(BadDataFile, match=says) as caught:
        import_file(path, name="a")
    assert "\n" not in str(caught.value)
    assert not DatasetSnapshot.objects.exists()
    assert not (home / "datasets").exists()


def test_every_limit_of_a_file_holds(tmp_path, monkeypatch):
    path = _pairs(tmp_path / "a.jsonl", count=5)
    for module, limit, value, says in (
        (exchange, "MAX_ROWS", 4, "more than 4 rows"),
        (exchange, "MAX_BYTES", 20, "is larger than"),
        (exchange, "MAX_LINE", 10, "line 1: longer than 10"),
        (incoming, "MAX_FIELD", 3, "line 1: question is longer than 3"),
        (exchange, "LONGEST_NAME", 0, "name has 1 to 0"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(module, limit, value)
            with pytest.raises(BadDataFile, match=says):
                import_file(path, name="a")
    assert not DatasetSnapshot.objects.exists()


def test_unknown_data_set_and_missing_file_are_one_line(tmp_path):
    for data in ("nothing", str(tmp_path / "no.jsonl")):
        with pytest.raises(UnknownDataSet, match="no imported data set"):
            named(data)
    import_file(_pairs(tmp_path / "a.jsonl"), name="a")
    path_of(snapshot_of("a")).unlink()
    with pytest.raises(UnknownDataSet, match="is gone"):
        named("a")
    with pytest.raises(BadExport, match="cannot be written"):
        export(freeze([], {}), tmp_path / "no" / "x", form="chat")


def _said(*arguments):
    out = StringIO()
    call_command("datasets", *map(str, arguments), "--json", stdout=out)
    return json.loads(out.getvalue())


def test_command_takes_in_lists_shows_checks_freezes_and_gives_out(tmp_path):
    path = _pairs(tmp_path / "a.jsonl")
    taken = _said("import", path, "--name", "mine")
    assert (taken["rows"], taken["kept_out"], taken["masked"]) == (30, 0, {})
    looked = _said("check", "--recipe", "sample-tuned-a", "--data", "mine")
    assert looked["learned"] + looked["kept_out"] == 31
    assert looked["checks"]["canaries"] == 14
    kept = _said("freeze", "--recipe", "sample-tuned-a", "--data", "mine")
    assert kept["digest"] == looked["digest"]
    assert kept["holdout"] == looked["holdout"]
    listed = _said("list")["datasets"]
    assert [one["kind"] for one in listed] == ["rows", "holdout", "rows"]
    assert _said("show", kept["digest"][:8])["checks"] == kept["checks"]
    out = tmp_path / "out.csv"
    assert _said("export", "mine", out, "--form", "csv")["rows"] == 30
    lines = StringIO()
    call_command("datasets", "show", kept["digest"], stdout=lines)
    assert "leaks: 0" in lines.getvalue()


def test_command_refuses_wrong_input_in_one_line(tmp_path):
    for arguments, says in (
        (("show", "abcdef1"), "no data set abcdef1"),
        (("check", "--recipe", "none"), "no recipe none"),
        (("check", "--data", "none"), "no imported data set none"),
        (("check",), "no answered questions"),
        (("import", str(tmp_path / "no"), "--name", "x"), "is not a file"),
        (("export", "abcdef1", "x", "--form", "xml"), "form"),
    ):
        with pytest.raises(CommandError, match=says) as caught:
            call_command("datasets", *arguments)
        assert caught.value.returncode == 2
