"""`manage.py pretrain`: a base from scratch, one that reads on, and a run that goes on."""

import json

import pytest
from django.core.management import CommandError, call_command

from kb.importing import import_sources
from kb.models import Question
from kb.questions import KnownQuestion, upsert_questions
from llm.engine.local import LocalEngine
from llm.manifest import verified_manifest
from llm.models import ModelVersion
from llm.registry import folder_of
from tests.training.tiny import base_recipe
from tests.training.tiny_methods import recipe_for
from training.methods.checkpoints import read_log
from training.methods.results import Stopped
from training.models import TrainingRun
from training.pretraining import NothingToResume, pretrain_base
from training.recipes import RecipeError
from training.runs import RunWatcher, resumable, run_folder

ARTICLE = """---
title: Renewal
lang: en
---
Renewal keeps your site online on the due date.

## Switch it off

Open Services in the panel. Turn the switch off until 24 hours before.
"""
WORDS = ("alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel")
SWITCH = "Hello, switch renewal off in the panel under Services."


@pytest.fixture
def desk(db, tmp_path, settings):
    """One article and eight answered questions, in a home of its own."""
    settings.PASOKH_HOME = tmp_path / "home"
    article = tmp_path / "renewal.md"
    article.write_text(ARTICLE)
    import_sources([article])
    upsert_questions(
        KnownQuestion(
            kind=Question.Kind.TICKET,
            external_id=f"q{number}",
            lang="en",
            text=f"how do i stop renewal of service number {word}",
            answer=SWITCH,
        )
        for number, word in enumerate(WORDS)
    )


def _stop_at(monkeypatch, step):
    """As a person at the desk asks for; a beat that reads the row comes too seldom for this."""
    seen = []
    noted = RunWatcher.on_step

    def on_step(self, one):
        seen.append(one.step)
        noted(self, one)

    monkeypatch.setattr(RunWatcher, "on_step", on_step)
    monkeypatch.setattr(RunWatcher, "should_stop", lambda self: "asked" * (seen[-1] == step))


def _losses(run):
    return [line["loss"] for line in read_log(run_folder(run) / "log.jsonl") if "loss" in line]


def test_a_base_reads_on_with_the_corpus_and_then_the_rows(desk):
    first = pretrain_base(base_recipe(), name="tiny-base")
    made = pretrain_base(recipe_for("continued", rows={"holdout": 0.0, "sources": ["ticket"]}))
    version = made.version
    assert version.base is None
    manifest = verified_manifest(folder_of(version))
    assert manifest.data["continues"] == {"base": "tiny-base", "digest": first.version.digest}
    assert made.run.purpose == TrainingRun.Purpose.PRETRAIN
    assert made.run.dataset.kind == "rows"
    assert len(made.run.options["datasets"]) == 2
    assert made.fit.steps == 9
    engine = LocalEngine(folder_of(version), four_bit=False)
    engine.load("continued", None)


def test_a_stopped_base_goes_on_with_the_same_losses(desk, monkeypatch):
    recipe = base_recipe(schedule={"steps": 6, "batch": 4, "learning_rate": 5e-3})
    whole = pretrain_base(recipe, name="whole")
    with pytest.raises(NothingToResume):
        pretrain_base(recipe, resume=True)
    _stop_at(monkeypatch, 3)
    with pytest.raises(Stopped):
        pretrain_base(recipe, name="parts")
    assert ModelVersion.objects.count() == 1
    assert resumable() is None  # finetune --resume does not take it for its own
    parts = pretrain_base(recipe, resume=True)
    assert parts.version == whole.version  # the same weights are the same version
    assert _losses(parts.run) == _losses(whole.run)
    assert TrainingRun.objects.count() == 2


def test_the_command_trains_and_says_what_cannot_be(desk, capsys):
    with pytest.raises(CommandError, match="no stopped run"):
        call_command("pretrain", "--resume")
    with pytest.raises(RecipeError, match="use finetune"):
        pretrain_base(recipe_for("lora"))
    call_command("pretrain", "--recipe", "sample-base", "--dry-run", "--json")
    assert json.loads(capsys.readouterr().out)["total_parameters"] == 4_262_144


@pytest.mark.django_db
@pytest.mark.parametrize("minutes", ["nan", "-5", "inf"])
def test_minutes_that_are_none_are_refused(minutes):
    """ "nan" would train until the recipe ends."""
    with pytest.raises(CommandError, match="--max-minutes") as refused:
        call_command("pretrain", f"--max-minutes={minutes}")
    assert refused.value.returncode == 2
