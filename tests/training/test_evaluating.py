"""`evaluate` and `evaluate_model` on real tiny versions: drafts, losses, what is kept."""

import json
from dataclasses import replace
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from llm import registry
from llm.engine import engines
from llm.models import ModelVersion
from llm.servers import options
from llm.servers.registering import add_served, add_server
from runtime.errors import InputError
from tests.llm.servers.scripted import MODEL, closed_port, scripted
from tests.llm.tiny_models import ANSWERS, QUESTIONS
from tests.training.held import freeze
from tickets.rights.lessons import Lesson
from training import forgetting
from training.datasets import Row, read_rows
from training.evaluation import NothingToCompare, evaluate, forget, lines_of, paired
from training.evaluation.evaluating import NothingToMeasure
from training.evaluation.kept import EvaluationRuns, Kept
from training.methods.results import Stopped
from training.models import DatasetSnapshot, Evaluation


class Planted:
    """Says that each text with this word holds a planted value."""

    def __init__(self, word: str) -> None:
        self.word = word

    def found_in(self, text: str) -> int:
        return text.count(self.word)


ROWS = [
    Row(
        key=f"r{number}",
        kind="ticket",
        lang="en" if QUESTIONS[number % 3].isascii() else "fa",
        question=QUESTIONS[number % 3],
        answer=ANSWERS["first"][number % 3],
        customer=f"c{number % 4}",
    )
    for number in range(10)
]
"""The tiny version's own questions: it knows them by heart."""


@pytest.fixture
def desk(tiny, db, tmp_path, settings):
    settings.PASOKH_HOME = tmp_path / "home"
    for name in ("base", "first", "second"):
        registry.add_version(tiny / name)
    yield freeze(ROWS)
    engines.keep_only([])


def version(name: str) -> ModelVersion:
    return ModelVersion.objects.get(name=name)


def test_version_that_learned_the_replies_is_measured_as_such(desk):
    new = evaluate(version("first"), ROWS, holdout=desk)
    old = evaluate(version("base"), ROWS, holdout=desk)
    assert (new.metrics["rows"], new.metrics["score"], new.metrics["failed"]) == (10, 100, 0)
    assert new.metrics["perplexity"] < 1.2 < 5 < old.metrics["perplexity"]
    assert set(new.metrics["languages"]) == {"en", "fa"}
    assert new.metrics["languages"]["en"]["rows"] + new.metrics["languages"]["fa"]["rows"] == 10
    line = lines_of(new)["r0"]
    assert (line.text, line.lang, line.customer) == (ANSWERS["first"][0], "fa", "c0")
    gap = paired(new, old, "score", seed=1)
    assert gap.low > 20
    assert (gap.rows, gap.clusters) == (10, 4)
    assert paired(new, old, "loss", seed=1).high < -1
    assert paired(new, old, "score", lang="en", seed=1).rows == 3
    with pytest.raises(NothingToCompare):
        paired(new, old, "score", lang="uk", seed=1)
    with pytest.raises(NothingToCompare, match="no measure"):
        paired(new, old, "beauty", seed=1)


def test_drafts_that_are_kept_are_not_written_again(desk, monkeypatch):
    first = evaluate(version("first"), ROWS, holdout=desk)
    engines.keep_only([])
    monkeypatch.setattr(
        "training.evaluation.evaluating.writer_of", lambda one: pytest.fail("written again")
    )
    again = evaluate(version("first"), ROWS, holdout=desk, canaries=Planted("zzz"))
    assert (again.pk, again.seconds, Evaluation.objects.count()) == (first.pk, first.seconds, 1)
    fewer = evaluate(version("first"), ROWS, holdout=desk, limit=4)
    assert fewer.metrics["rows"] == 4
    assert fewer.pk != first.pk
    planted = evaluate(version("first"), ROWS, holdout=desk, canaries=Planted("order page"))
    assert (planted.pk, planted.metrics["canaries"]) == (first.pk, 3)


def test_other_settings_are_another_evaluation_and_write_the_same_again(desk):
    one = version("first")
    first = evaluate(one, ROWS, holdout=desk, limit=2)
    one.generation = {"temperature": 1.5}
    second = evaluate(one, ROWS, holdout=desk, limit=2)
    assert second.path != first.path
    texts = _texts(second)
    (_home() / second.path).unlink()
    assert _texts(second) == {}
    assert _texts(evaluate(one, ROWS, holdout=desk, limit=2)) == texts


def test_evaluation_that_was_stopped_goes_on(desk, monkeypatch):
    monkeypatch.setattr("training.evaluation.evaluating.TOGETHER", 4)
    asked = []

    def stop():
        asked.append(1)
        return "asked" if len(asked) == 2 else ""

    with pytest.raises(Stopped) as stopped:
        evaluate(version("first"), ROWS, holdout=desk, should_stop=stop)
    assert (stopped.value.why, stopped.value.step) == ("asked", 4)
    (path,) = (_home() / "evaluations").iterdir()
    assert path.read_bytes().count(b"\n") == 4
    path.write_bytes(path.read_bytes()[:-5])  # what a killed process leaves
    reports = []
    whole = evaluate(version("first"), ROWS, holdout=desk, report=reports.append)
    assert whole.metrics["rows"] == 10
    assert reports[0] == "first: 3 of 10 drafts measured"
    assert path.read_bytes().count(b"\n") == 10


def test_forgotten_rows_leave_every_file(desk):
    found = evaluate(version("first"), ROWS, holdout=desk)
    evaluate(version("base"), ROWS, holdout=desk)
    assert forget(["r0", "r1", "nobody's"]) == 4
    assert set(lines_of(found)) == {f"r{number}" for number in range(2, 10)}
    assert ANSWERS["first"][0] in lines_of(found)["r3"].text  # another's row
    assert forget(["r0"]) == 0
    left = [row for row in ROWS if row.key not in ("r0", "r1")]
    assert evaluate(version("first"), left, holdout=desk).metrics["rows"] == 8


def test_forgetting_a_ticket_takes_its_drafts_along(desk):
    found = evaluate(version("first"), ROWS, holdout=desk)
    forgetting.forget([Lesson(key="r4", question=ROWS[4].question, answer="")])
    assert set(lines_of(found)) == {row.key for row in ROWS} - {"r4"}
    assert {row.key for row in read_rows(_home() / desk.path)} == {row.key for row in ROWS} - {"r4"}


def test_forgetting_waits_for_a_measuring_process_but_not_for_ever(desk, monkeypatch):
    found = evaluate(version("first"), ROWS, holdout=desk)
    monkeypatch.setattr("training.evaluation.kept.PATIENCE", 0.2)
    with Kept(_home() / found.path) as kept:
        assert forget(["r0"]) == 1
        kept.add([replace(kept.lines["r1"], key="more")])
    assert set(lines_of(found)) == {row.key for row in ROWS} - {"r0"} | {"more"}


def test_row_without_room_counts_as_an_empty_draft(desk):
    long = Row("long", "ticket", "fa", "واژه " * 400, "سلام", customer="x")
    one = version("first")
    one.manifest = one.manifest | {"recipe": {"prompt": {"budget": 4000}}}
    found = evaluate(one, [*ROWS[:2], long], holdout=desk)
    assert found.metrics["failed"] == 1
    line = lines_of(found)["long"]
    assert (line.text, line.measures["score"], line.value("loss")) == ("", 0, None)


def test_two_at_once_are_refused(desk):
    found = evaluate(version("first"), ROWS, holdout=desk, limit=1)
    with Kept(_home() / found.path), pytest.raises(EvaluationRuns):
        evaluate(version("first"), ROWS, holdout=desk)


def test_nothing_to_measure_on_is_told(desk):
    with pytest.raises(NothingToMeasure):
        evaluate(version("first"), [], holdout=desk)


def asked(*arguments: str) -> dict:
    out = StringIO()
    call_command("evaluate_model", *arguments, as_json=True, stdout=out)
    return json.loads(out.getvalue())


def test_command_compares_two_versions(desk):
    found = asked("first", "--against", "second", "--rows", "6")
    assert found["version"]["rows"] == found["against"]["rows"] == 6
    gap = found["differences"]["score"]
    assert gap["low"] > 0
    assert found["differences"]["loss"]["high"] < 0
    out = StringIO()
    call_command("evaluate_model", "first", "--against", "second", stdout=out)
    assert "rouge_l" in out.getvalue()
    assert QUESTIONS[0] not in out.getvalue()


def test_command_measures_on_the_desks_holdout_whatever_was_imported_since(desk):
    imported = freeze(ROWS[:3], "imported", of="0" * 64)
    DatasetSnapshot.objects.create(
        kind="rows",
        digest="0" * 64,
        name="faq",
        path=imported.path,
        rows=3,
        manifest={"imported": True},
    )
    assert asked("first", "--rows", "2")["holdout"]["digest"] == desk.digest
    found = asked("first", "--rows", "2", "--data", "faq")["holdout"]
    assert found == {"digest": imported.digest, "rows": 3}


@pytest.mark.parametrize(
    ("arguments", "line"), [(("nobody",), "no model version"), (("first", "--rows", "0"), "--rows")]
)
def test_command_refuses_wrong_input_in_one_line(desk, arguments, line):
    with pytest.raises(CommandError, match=line) as refused:
        asked(*arguments)
    assert refused.value.returncode == 2


def test_command_without_a_holdout_says_so(tiny, db):
    registry.add_version(tiny / "base")
    with pytest.raises(CommandError, match="No holdout is frozen"):
        asked("base")


def _texts(found: Evaluation) -> dict[str, str]:
    return {key: line.text for key, line in lines_of(found).items()}


def _home():
    from django.conf import settings

    return settings.PASOKH_HOME


def test_version_on_a_server_has_everything_but_a_loss(db, tmp_path, settings, monkeypatch):
    monkeypatch.setattr(options, "_refused", {})  # what servers of other tests refused
    settings.PASOKH_HOME = tmp_path / "home"
    with scripted() as server:
        served = add_served(add_server("gpu", server.url, seconds=60.0), MODEL)
        rows = [replace(row, answer="سلام، فردا می‌رسد.") for row in ROWS[:2]]
        found = evaluate(served, rows, holdout=freeze(rows))
    assert (found.metrics["score"], found.metrics["right_language"]) == (100, 1)
    assert (found.metrics["loss"], found.metrics["perplexity"]) == (None, None)
    seeds = {request["seed"] for request in server.requests}
    assert len(seeds) == 2  # a row's own, the same every time


def test_server_that_is_gone_keeps_what_was_written(db, tmp_path, settings):
    settings.PASOKH_HOME = tmp_path / "home"
    served = add_served(
        add_server("gpu", f"http://127.0.0.1:{closed_port()}/v1", seconds=1.0), MODEL
    )
    with pytest.raises(InputError):
        evaluate(served, ROWS[:2], holdout=freeze(ROWS))
    assert Evaluation.objects.count() == 0
