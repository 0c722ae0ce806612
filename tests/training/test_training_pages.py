"""The pages about training: who may see them, what they show, what they start."""

import csv
import json
from dataclasses import asdict
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone, translation

from llm.models import ModelVersion
from training.datasets import Row
from training.evaluation.kept import Line
from training.forms import tuning_recipes
from training.models import DatasetSnapshot, Decision, Evaluation, TrainingRun
from training.recipes import load_recipe
from training.runs import run_folder
from training.runs.curves import MOST_POINTS, curve_of, read_losses
from training.side_by_side import side_by_side

pytestmark = pytest.mark.django_db
State = TrainingRun.State


@pytest.fixture(autouse=True)
def _home(settings, tmp_path):
    settings.PASOKH_HOME = tmp_path / "home"
    settings.PASOKH_HOME.mkdir()


@pytest.fixture(autouse=True)
def sent(monkeypatch):
    ids = []
    monkeypatch.setattr("training.tasks.train.delay", ids.append)
    return ids


@pytest.fixture
def admin(client, mina):
    client.force_login(mina)
    client.cookies["django_language"] = "en"
    return client


def version(name):
    return ModelVersion.objects.create(
        name=name, method="lora", folder=name, digest=name.ljust(64, "0"), prompt_version="p"
    )


def a_run(**fields):
    values = {"recipe": "small-lora", "state": State.RUNNING, "heartbeat_at": timezone.now()}
    return TrainingRun.objects.create(**values | fields)


def log_of(run, steps=10, *, evaluate_every=5):
    folder = run_folder(run)
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for step in range(1, steps + 1):
        loss = 3 - step / steps
        lines.append({"step": step, "loss": loss, "mean": loss + 0.1, "tokens": 100 * step})
        if step % evaluate_every == 0:
            lines.append({"step": step, "evaluation": loss + 0.2})
    text = "".join(f"{json.dumps(line)}\n" for line in lines)
    (folder / "log.jsonl").write_text(text + '{"step": 99, "lo')


def holdout(rows):
    path = "datasets/holdout.jsonl"
    return _frozen(path, "h" * 64, DatasetSnapshot.Kind.HOLDOUT, rows)


def _frozen(path, digest, kind, rows, **fields):
    from django.conf import settings

    target = settings.PASOKH_HOME / path
    target.parent.mkdir(exist_ok=True)
    target.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return DatasetSnapshot.objects.create(
        path=path, digest=digest, kind=kind, rows=len(rows), **fields
    )


def row(number, lang="en"):
    return asdict(
        Row(
            key=f"r{number}",
            kind="ticket",
            lang=lang,
            question=f"Question {number}",
            answer=f"Answer {number}",
        )
    )


def evaluation(of, scores, *, text="Draft"):
    from django.conf import settings

    folder = settings.PASOKH_HOME / "evaluations"
    folder.mkdir(exist_ok=True)
    lines = [
        Line(
            key=key,
            lang="en",
            customer="",
            text=f"{text} for {key}",
            finish="stop",
            seconds=0.5,
            tokens=5,
            measures={"chrf": score, "repetition": score / 100},
            loss_sum=20.0,
            loss_tokens=10,
        )
        for key, score in scores.items()
    ]
    path = f"evaluations/{of.name}.jsonl"
    (settings.PASOKH_HOME / path).write_text(
        "".join(json.dumps(asdict(line)) + "\n" for line in lines)
    )
    return Evaluation.objects.create(version=of, dataset_digest="h" * 64, path=path)


@pytest.mark.parametrize(
    ("name", "needs", "method"),
    [
        ("training", "", "get"),
        ("training-start", "", "get"),
        ("training-start", "", "post"),
        ("training-run", "run", "get"),
        ("training-losses", "run", "get"),
        ("training-stop", "run", "post"),
        ("training-resume", "run", "post"),
        ("training-datasets", "", "get"),
        ("training-dataset", "dataset", "get"),
        ("training-decisions", "", "get"),
        ("training-compare", "", "get"),
    ],
)
def test_admins_alone_see_and_do(client, sara, outsider, name, needs, method):
    arguments = {"run": a_run, "dataset": lambda: holdout([])}
    address = reverse(name, args=[arguments[needs]().pk] if needs else [])
    answer = getattr(client, method)(address)
    assert (answer.status_code, "/sign-in/" in answer["Location"]) == (302, True)
    for person in (sara, outsider):
        client.force_login(person)
        assert getattr(client, method)(address).status_code == 403


def test_agents_see_no_way_there(client, sara, mina):
    link = reverse("training").encode()
    client.force_login(sara)
    assert b'href="%s"' % link not in client.get(reverse("inbox")).content
    client.force_login(mina)
    assert b'href="%s"' % link in client.get(reverse("inbox")).content


# --- runs


def test_a_run_shows_how_far_it_is(admin):
    run = a_run(
        phase="training",
        done=40,
        total=100,
        tokens_per_second=812.0,
        peak_memory_bytes=3 * 2**29,
        seconds=75.0,
        gpu_seconds=60.0,
        report={"mean": 1.234, "evaluation": 1.5, "seconds_left": 200.0},
    )
    log_of(run)
    page = admin.get(reverse("training-run", args=[run.pk])).content.decode()
    for text in ("Step 40 of 100", "3 min 20 s left", "1.234", "1.5 GiB", "812", "1 min 15 s"):
        assert text in page
    assert f'data-live="run:{run.pk}"' in page
    assert "Training loss from 2.9 to 2.1 over 10 steps" in page
    assert "Best evaluation loss: 2.2, at step 10." in page
    fragment = admin.get(reverse("training-run", args=[run.pk]), headers={"HX-Request": "true"})
    assert fragment.content.decode().lstrip().startswith('<div id="run-progress"')


def test_losses_are_a_file_of_numbers(admin):
    run = a_run()
    log_of(run)
    answer = admin.get(reverse("training-losses", args=[run.pk]))
    rows = list(csv.DictReader(StringIO(answer.content.decode())))
    assert len(rows) == 10
    assert (rows[4]["step"], rows[4]["loss"], rows[4]["evaluation"]) == ("5", "2.5", "2.7")
    assert rows[0]["evaluation"] == ""
    assert f"run-{run.pk}-losses.csv" in answer["Content-Disposition"]


def test_recipes_that_the_circle_refuses_are_not_offered():
    from training.finetuning import _BY_OTHERS

    offered = {load_recipe(name).method for name in tuning_recipes()}
    assert {"lora", "qlora", "dpo"} <= offered
    assert not offered & _BY_OTHERS.keys()


def test_starting_queues_a_run(admin, mina, sent, django_capture_on_commit_callbacks):
    assert admin.get(reverse("training-start")).status_code == 200
    given = {"recipe": "sample-tuned-a", "slot": "B", "max_minutes": "30", "source": ""}
    with django_capture_on_commit_callbacks(execute=True):
        answer = admin.post(reverse("training-start"), given)
    run = TrainingRun.objects.get()
    assert answer["Location"] == reverse("training-run", args=[run.pk])
    assert (run.state, run.slot, run.started_by, run.recipe) == (
        "queued",
        "B",
        mina,
        "sample-tuned-a",
    )
    assert run.options == {"max_minutes": 30, "data": ""}
    assert run.config["name"] == "sample-tuned-a"
    assert sent == [run.pk]


@pytest.mark.parametrize(
    "changes",
    [
        {"recipe": "none"},
        {"recipe": "sample-base"},
        {"slot": "D"},
        {"max_minutes": "0"},
        {"max_minutes": "99999999"},
        {"source": "unknown"},
    ],
)
def test_starting_refuses_what_the_form_does_not_offer(admin, changes):
    given = {"recipe": "sample-tuned-a", "slot": "", "max_minutes": "", "source": ""} | changes
    assert admin.post(reverse("training-start"), given).status_code == 400
    assert not TrainingRun.objects.exists()


def test_stopping_and_going_on(admin, sent, django_capture_on_commit_callbacks):
    run = a_run(done=5, trigger="desk")
    admin.post(reverse("training-stop", args=[run.pk]))
    run.refresh_from_db()
    assert (run.state, run.stop_asked) == ("running", True)
    assert "stopping" in admin.get(reverse("training-run", args=[run.pk])).content.decode()
    TrainingRun.objects.update(state=State.STOPPED)
    answer = admin.post(reverse("training-resume", args=[run.pk]), follow=True)
    assert "This run cannot go on" in answer.content.decode()
    checkpoint = run_folder(run) / "checkpoints" / "checkpoint-5"
    checkpoint.mkdir(parents=True)
    (checkpoint / "whole.json").write_text("{}")
    assert "Go on" in admin.get(reverse("training-run", args=[run.pk])).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        admin.post(reverse("training-resume", args=[run.pk]))
    run.refresh_from_db()
    assert (run.state, run.stop_asked, sent) == ("queued", False, [run.pk])


def test_curve_has_few_points_and_round_numbers(settings):
    run = a_run()
    log_of(run, 5000, evaluate_every=1000)
    curve = curve_of(read_losses(run_folder(run) / "log.jsonl"), total=8000)
    assert len(curve.mean.split()) == MOST_POINTS
    assert [tick.value for tick in curve.across] == [0, 2000, 4000, 6000, 8000]
    assert [tick.value for tick in curve.up] == [2, 2.5, 3, 3.5]
    assert curve.best_evaluation == (5000, 2.2)
    assert curve.marks.count("M") == 5
    assert curve_of(read_losses(run_folder(run) / "none")) is None


def test_curve_goes_from_the_side_where_reading_begins(admin, settings):
    run = a_run()
    log_of(run, 100, evaluate_every=50)
    losses = read_losses(run_folder(run) / "log.jsonl")
    english = curve_of(losses)
    with translation.override("fa"):
        persian = curve_of(losses)

    def places(points):
        return [float(point.split(",")[0]) for point in points.split()]

    assert places(persian.mean) == pytest.approx([1000 - x for x in places(english.mean)], abs=0.2)
    assert places(persian.evaluation) == [500, 0]
    assert [tick.place for tick in persian.across][::4] == [1000, 0]
    assert [tick.anchor for tick in persian.across] == [tick.anchor for tick in english.across]
    assert (persian.across[0].anchor, persian.across[-1].anchor) == ("start", "end")
    admin.cookies["django_language"] = "fa"
    page = admin.get(reverse("training-run", args=[run.pk])).content.decode()
    assert f'points="{persian.mean}"' in page


# --- data sets and decisions


def test_a_data_set_tells_what_the_checks_found(admin):
    found = _frozen(
        "datasets/a.jsonl",
        "a" * 64,
        DatasetSnapshot.Kind.ROWS,
        [row(number) for number in range(25)] + [row(99) | {"question": "", "answer": ""}],
        manifest={"learned": 20, "search": "x"},
        checks={
            "lengths": {"rows": 25, "median": 7, "p95": 8, "longest": 9, "limit": 2048},
            "leaks": 0,
            "languages": {"en": 25},
            "kinds": {"ticket": 25},
            "left_out": {"customer": 3},
            "masked": {"phone": 2},
        },
    )
    run = a_run(dataset=found, state=State.DONE)
    page = admin.get(reverse("training-dataset", args=[found.pk])).content.decode()
    for text in ("7 · 8 · 9", "customers of the holdout", "past tickets", "English", "phone"):
        assert text in page
    assert page.count('class="texts"') == 20
    assert reverse("training-run", args=[run.pk]) in page
    (run_folder(run).parent.parent / found.path).unlink()
    gone = admin.get(reverse("training-dataset", args=[found.pk])).content.decode()
    assert "not there any more" in gone


def test_decisions_say_why(admin):
    new, old = version("new"), version("old")
    Decision.objects.create(
        kind="canary",
        slot="B",
        version=new,
        against=old,
        run=a_run(),
        why="Better by 2.1 points of chrF.",
        figures={
            "difference": {"mean": 2.1, "low": 0.4, "high": 3.9, "rows": 40},
            "languages": {"fa": {"mean": 1.0, "low": -2.0, "high": 4.0, "rows": 9}},
            "new": {"version": "new", "evaluation": 87654, "score": 41.5},
        },
    )
    page = admin.get(reverse("training-decisions")).content.decode()
    for text in ("Better by 2.1 points", "canary began", "+0.4", "−2", "Persian", "41.5"):
        assert text in page
    assert "87654" not in page
    refused = admin.get(reverse("training-decisions"), {"kind": "refused"}).content.decode()
    assert "Better by" not in refused


# --- side by side


@pytest.fixture
def measured():
    holdout([row(1), row(2, "fa"), row(3), row(4)])
    evaluation(version("a"), {"r1": 50.0, "r2": 10.0, "r3": 30.0, "r9": 1.0}, text="First")
    evaluation(version("b"), {"r1": 40.0, "r2": 70.0, "r3": 30.0}, text="Second")


def test_side_by_side_shows_the_largest_differences_first(measured):
    found = side_by_side("a", "b")
    assert (found.measure, [pair.key for pair in found.pairs]) == ("chrf", ["r2", "r1", "r3"])
    assert (found.mean_a, round(found.mean_b, 1), found.wins) == (30.0, 46.7, (1, 1, 1))
    assert [one.key for one in side_by_side("a", "b", order="a").pairs] == ["r1", "r3", "r2"]
    assert [one.key for one in side_by_side("a", "b", order="b").pairs] == ["r2", "r3", "r1"]
    assert [one.key for one in side_by_side("a", "b", lang="fa").pairs] == ["r2"]
    less = side_by_side("a", "b", measure="repetition")
    assert less.pairs[0].better > 0  # the first repeats itself less there
    assert side_by_side("a", "none") is None


def test_side_by_side_page(admin, measured):
    address = reverse("training-compare")
    assert "Choose two versions" in admin.get(address).content.decode()
    page = admin.get(address, {"a": "a", "b": "b"}).content.decode()
    for text in ("First for r2", "Second for r2", "Question 2", "Answer 2", "−60"):
        assert text in page
    assert page.index("Question 2") < page.index("Question 1")
    odd = {"a": "a", "b": "b", "measure": "?", "order": "?", "lang": "xx", "page": "x"}
    assert "No row fits this" in admin.get(address, odd).content.decode()


def test_pages_take_the_same_queries_for_many_rows(admin, mina, django_assert_max_num_queries):
    """Three of them: the session's, the person's with its roles, and the second factor's."""
    new, old = version("new"), version("old")
    for number in range(12):
        found = _frozen(f"datasets/{number}.jsonl", str(number) * 32, "rows", [])
        run = a_run(dataset=found, version=new, started_by=mina, state=State.DONE)
        Decision.objects.create(kind="refused", version=new, against=old, run=run, why="Worse.")
    for name, most in (
        ("training", 7),
        ("training-datasets", 6),
        ("training-decisions", 6),
        ("training-compare", 5),
    ):
        with django_assert_max_num_queries(most):
            assert admin.get(reverse(name)).status_code == 200
    with django_assert_max_num_queries(6):
        admin.get(reverse("training-run", args=[run.pk]))


# --- the command


def command(*arguments):
    out = StringIO()
    call_command("runs", *arguments, as_json=True, stdout=out)
    return json.loads(out.getvalue())


def test_runs_command_lists_shows_logs_and_stops():
    run = a_run(done=5, total=10, report={"mean": 1.5})
    log_of(run)
    assert [one["id"] for one in command("list")["runs"]] == [run.pk]
    assert command("show", str(run.pk))["loss"] == 1.5
    steps = command("log", str(run.pk), "--last", "3")["steps"]
    assert [one["step"] for one in steps] == [8, 9, 10]
    assert steps[-1]["evaluation"] == 2.2
    assert command("stop", str(run.pk))["state"] == "running"
    run.refresh_from_db()
    assert run.stop_asked
    out = StringIO()
    call_command("runs", "show", str(run.pk), stdout=out)
    assert "step 5 of 10" in out.getvalue()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [(["show"], "Say which run"), (["stop", "9999"], "There is no run 9999")],
)
def test_runs_command_refuses_wrong_input_in_one_line(arguments, line):
    with pytest.raises(CommandError, match=line) as caught:
        call_command("runs", *arguments)
    assert caught.value.returncode == 2
