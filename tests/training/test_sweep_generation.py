"""`sweep_generation`: the score, the search, what is kept, and a real tiny version swept."""

import json
import random
import subprocess
import sys
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from kb.models import Question
from kb.questions import KnownQuestion, upsert_questions
from llm import registry
from llm.engine import engines
from llm.engine.drafting import Wanted, plan_local
from llm.engine.results import GenerationSettings, SettingsError
from llm.models import ModelVersion
from tests.llm.tiny_models import ANSWERS, QUESTIONS
from training.sweeps import running
from training.sweeps.grid import BadGrid, Setting, grid, halve, neighbours
from training.sweeps.kept import Kept, SweepRuns
from training.sweeps.scoring import Figures, figures, length_factor, repetition

PRESENT = Setting(0.0, 1.0, 1.0)
FIGURES = Figures(chrf=50.0, length_ratio=1.0, repetition=0.0, score=50.0)


def test_score_punishes_repetition_and_wrong_length_and_nothing_else():
    answer = "دامنه خود را از پنل تمدید کنید و تا فردا صبر کنید."
    whole = figures(answer, answer)
    assert (whole.score, whole.chrf, whole.length_ratio) == (100, 100, 1)
    thrice = figures(" ".join([answer] * 3), answer)
    assert thrice.repetition == pytest.approx(1 - 11 / 30, abs=0.15)
    assert thrice.score < thrice.chrf / 2
    assert figures("", answer).score == 0
    assert figures("شب بخیر", answer).score < 10


def test_repetition_counts_runs_of_four_words():
    assert repetition("a b c") == 0
    assert repetition("a b c d a b c d") == pytest.approx(1 / 5)
    assert repetition("a a a a a a") == pytest.approx(2 / 3)


@pytest.mark.parametrize(("ratio", "factor"), [(0, 0), (0.25, 0.5), (0.5, 1), (2, 1), (4, 0.5)])
def test_length_factor(ratio, factor):
    assert length_factor(ratio) == factor


def test_grid_tries_temperature_zero_once_and_refuses_what_it_cannot_try():
    assert len(grid([0.0, 0.5], [0.9, 1.0], [1.0])) == 3
    with pytest.raises(BadGrid, match="500"):
        grid([one / 100 for one in range(1, 99)], [0.9, 1.0], [1.0, 1.1, 1.2])
    with pytest.raises(SettingsError, match="temperature"):
        grid([9.0], [1.0], [1.0])


def test_halve_finds_the_best_of_noisy_settings_for_less_than_half():
    chance = random.Random(5)
    settings = grid([0.1, 0.3, 0.5, 0.7, 0.9], [0.9, 1.0], [1.0, 1.025, 1.05, 1.1])
    best = Setting(0.5, 0.9, 1.025)
    noise = {(one, row): chance.gauss(0, 5) for one in [*settings, PRESENT] for row in range(40)}
    spent = set()

    def measure(some, rows):
        spent.update((one, row) for one in some for row in range(rows))
        return {
            one: 20 * (one == best) + sum(noise[one, row] for row in range(rows)) / rows
            for one in some
        }

    ranked = halve(settings, rows=40, measure=measure, present=PRESENT)
    assert ranked[0] == best
    assert PRESENT in ranked
    assert len(spent) < len(settings) * 40 / 2


def test_neighbours_stand_half_way_inside_the_grid():
    found = neighbours(Setting(0.5, 1.0, 1.0), [0.3, 0.5, 0.9], [0.9, 1.0], [1.0])
    assert found == [
        Setting(0.4, 1.0, 1.0),
        Setting(0.5, 0.95, 1.0),
        Setting(0.7, 1.0, 1.0),
    ]


def test_kept_goes_on_after_a_line_that_was_cut(tmp_path):
    path = tmp_path / "sweeps" / "one.jsonl"
    with Kept(path) as kept:
        kept.add([((PRESENT, 0), FIGURES), ((PRESENT, 1), FIGURES)])
        with pytest.raises(SweepRuns), Kept(path):
            pass
    path.write_bytes(path.read_bytes()[:-9])
    with Kept(path) as kept:
        assert len(kept) == 1
        kept.add([((PRESENT, 1), FIGURES)])
    with Kept(path) as kept:
        assert (len(kept), kept[PRESENT, 1]) == (2, FIGURES)


@pytest.fixture
def desk(tiny, db, tmp_path, settings):
    settings.PASOKH_HOME = tmp_path / "home"
    registry.set_slot("A", registry.add_version(tiny / "base"))
    registry.set_slot("A", registry.add_version(tiny / "first"))
    yield
    engines.keep_only([])


@pytest.fixture
def holdout(tmp_path):
    """The tiny version's own questions, three times: it knows them by heart."""
    path = tmp_path / "holdout.jsonl"
    pairs = list(zip(QUESTIONS, ANSWERS["first"], strict=True)) * 3
    path.write_text(
        "".join(json.dumps({"question": one, "answer": other}) + "\n" for one, other in pairs)
    )
    return path


def swept(*arguments, **options) -> dict:
    out = StringIO()
    call_command("sweep_generation", *arguments, as_json=True, stdout=out, **options)
    return json.loads(out.getvalue())


SMALL = ("--temperature", "0,1.5", "--top-p", "1", "--repetition-penalty", "1,2")


def test_sweep_applies_the_best_and_serving_uses_it(desk, holdout):
    version = registry.version_named("first")
    version.generation = {"temperature": 2.0, "repetition_penalty": 2.0}
    version.save()
    found = swept("--version", "first", "--holdout", str(holdout), "--apply", *SMALL)
    assert found["best"]["temperature"] < 1.5
    assert found["settings"][0]["score"] > 80
    assert found["settings"][-1]["score"] < found["settings"][0]["score"]
    assert found["present"]["temperature"] == 2.0
    assert found["check"]["difference"] > 0
    assert (found["applied"], found["holdout"]["chosen_on"], found["check"]["rows"]) == (True, 6, 3)
    version.refresh_from_db()
    assert version.generation == found["best"]
    noted = version.metrics["sweep"]
    assert (noted["rows"], noted["holdout"]) == (6, found["holdout"]["digest"])
    serves = plan_local(Wanted((0, 0), registry.slots_now()[0], parts=None)).settings
    assert serves.temperature == found["best"]["temperature"]
    assert serves.max_new_tokens == 60  # the manifest's stays


def test_sweep_without_apply_changes_nothing_and_a_second_one_writes_nothing(desk, holdout):
    first = swept("--holdout", str(holdout), *SMALL)
    assert not first["applied"]
    assert ModelVersion.objects.get(name="first").generation == {}
    again = swept("--holdout", str(holdout), *SMALL)
    assert (first["drafts"] > 0, again["drafts"]) == (True, 0)
    assert again["settings"] == first["settings"]


def test_sweep_that_was_stopped_says_how_to_go_on_and_does(desk, holdout, monkeypatch, settings):
    writer_of = running.writer_of
    calls = []

    def stopping(version):
        write = writer_of(version)

        def once(asked):
            calls.append(len(asked))
            if len(calls) == 2:
                raise KeyboardInterrupt
            return write(asked)

        return once

    monkeypatch.setattr(running, "writer_of", stopping)
    monkeypatch.setattr(running, "TOGETHER", 4)
    with pytest.raises(CommandError, match=r"4 drafts .* goes on from there") as stopped:
        swept("--holdout", str(holdout), *SMALL)
    assert stopped.value.returncode == 130
    (path,) = (settings.PASOKH_HOME / "sweeps").iterdir()
    assert path.read_bytes().count(b"\n") == 4
    assert QUESTIONS[0] not in path.read_text()
    monkeypatch.undo()
    settings.PASOKH_HOME = path.parents[1]
    rest = swept("--holdout", str(holdout), *SMALL)
    path.unlink()
    assert swept("--holdout", str(holdout), *SMALL)["drafts"] == rest["drafts"] + 4


def test_sweep_does_not_apply_what_is_worse_on_other_rows(desk, holdout, monkeypatch):
    def lucky(version):
        """Warm it is right on the choosing rows alone, cold on the checking rows alone."""

        def write(asked):
            checking = [int(row.key.split()[1]) % 3 == 0 for row, _ in asked]
            return [
                row.answer if (how.temperature > 0) != other else "?"
                for (row, how), other in zip(asked, checking, strict=True)
            ]

        return write

    monkeypatch.setattr(running, "writer_of", lucky)
    found = swept("--holdout", str(holdout), "--apply", *SMALL)
    assert found["best"]["temperature"] > 0
    assert (found["check"]["score"], found["check"]["present_score"]) == (0, 100)
    assert not found["applied"]
    assert ModelVersion.objects.get(name="first").generation == {}


def test_sweep_answers_past_tickets_without_their_own_answer(desk, monkeypatch):
    upsert_questions(
        KnownQuestion(
            kind=Question.Kind.TICKET,
            external_id=f"q{number:02}",
            lang="en",
            text=f"{QUESTIONS[2]} {number}",
            answer=f"{ANSWERS['first'][2]} {number}",
        )
        for number in range(40)
    )
    seen = []
    sweep = running.sweep
    monkeypatch.setattr(
        "training.management.commands.sweep_generation.sweep",
        lambda version, rows, *rest, **named: (
            seen.extend(rows.rows),
            sweep(version, rows, *rest, **named),
        )[1],
    )
    found = swept("--limit", "4", "--temperature", "0", "--repetition-penalty", "1")
    assert found["holdout"]["origin"] == "past tickets"
    assert not found["holdout"]["kept_out"]
    assert len(seen) == 4
    assert all(row.question not in [asked for asked, _ in row.similar] for row in seen)
    assert any(row.similar for row in seen)


def test_sweep_masks_a_files_rows(desk, tmp_path, monkeypatch):
    path = tmp_path / "rows.jsonl"
    path.write_text(
        json.dumps({"question": "call me at 09121234567, [EMAIL_1]", "answer": "Yes."}) + "\n"
    )
    seen = []
    monkeypatch.setattr(
        "training.management.commands.sweep_generation.sweep",
        lambda version, rows, *rest, **named: seen.extend(rows.rows) or 1 / 0,
    )
    with pytest.raises(ZeroDivisionError):
        swept("--holdout", str(path))
    assert seen[0].question == "call me at [PHONE_1], [EMAIL_1]"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--version", "nothing"), "no model version nothing"),
        (("--temperature", "hot"), "--temperature takes numbers"),
        (("--limit", "0"), "--limit must be"),
        (("--holdout", "/nowhere.jsonl"), "cannot be read"),
        ((), "no past tickets"),
    ],
)
def test_sweep_refuses_wrong_input_in_one_line(desk, arguments, line):
    with pytest.raises(CommandError, match=line) as refused:
        swept(*arguments)
    assert refused.value.returncode == 2


@pytest.mark.parametrize("text", ["[1]\n", "{\n", '{"question": "x"}\n', "\n", '{"question": 1}'])
def test_sweep_refuses_a_broken_holdout(desk, tmp_path, text):
    path = tmp_path / "rows.jsonl"
    path.write_text(text)
    with pytest.raises(CommandError, match=r"rows\.jsonl") as refused:
        swept("--holdout", str(path))
    assert refused.value.returncode == 2


def test_scoring_and_grid_load_no_model_library():
    code = (
        "import sys, training.sweeps.grid, training.sweeps.scoring; print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
    assert GenerationSettings().temperature == 0
