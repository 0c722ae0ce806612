"""From the desk's rows to registered versions: `pretrain` and `finetune` with a tiny recipe."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from kb.importing import import_sources
from kb.models import Question
from kb.questions import KnownQuestion, upsert_questions
from llm.manifest import verified_manifest
from llm.models import ModelVersion
from llm.registry import folder_of
from tests.training.tiny import base_recipe, tuned_recipe
from training.finetuning import finetune
from training.models import Evaluation, TrainingRun
from training.pretraining import pretrain_base
from training.recipes import Rows
from training.snapshots import corpus_now, rows_now

ARTICLE = """---
title: Renewal
lang: en
---
Renewal keeps your site online on the due date.

## Switch it off

Open Services in the panel. Turn the switch off until 24 hours before.
"""
SWITCH = (
    "Hello, switch renewal off in the panel under Services, until 24 hours before the due date."
)
PARCEL = "Hi, the post code of your parcel comes by SMS; track it on our page with that number."


@pytest.fixture
def desk(db, tmp_path, settings):
    """One article and twelve answered questions on two topics, in a home of its own."""
    settings.PASOKH_HOME = tmp_path / "home"
    article = tmp_path / "renewal.md"
    article.write_text(ARTICLE)
    import_sources([article])
    upsert_questions(
        KnownQuestion(
            kind=Question.Kind.TICKET,
            external_id=f"q{number:02}",
            lang="en",
            text=f"how do i stop renewal of service {number}"
            if number % 2
            else f"where is my parcel number {number} please",
            answer=SWITCH if number % 2 else PARCEL,
        )
        for number in range(12)
    )


def test_rows_now_leaves_each_ticket_out_of_its_own_prompt(desk):
    recipe = tuned_recipe()
    rows = rows_now(prompt=recipe.prompt, settings=recipe.rows)
    tickets = [row for row in rows if row.kind == "ticket"]
    assert [row.key for row in tickets] == [f"q{number:02}" for number in range(12)]
    assert {row.reply for row in tickets} == {0, 1}
    assert all(row.similar for row in tickets)
    assert all(row.question not in [asked for asked, _ in row.similar] for row in tickets)
    assert all(row.similar[0][1] == row.answer for row in tickets)


def test_rows_now_asks_with_sentences_of_the_articles_that_replies_belong_to(desk):
    recipe = tuned_recipe()
    rows = rows_now(prompt=recipe.prompt, settings=recipe.rows)
    asked = {row.question: row.answer for row in rows if row.kind == "article"}
    assert asked["Turn the switch off until 24 hours before."] == SWITCH
    assert "Switch it off" in asked
    without = rows_now(prompt=recipe.prompt, settings=Rows(article_share=0.0))
    assert {row.kind for row in without} == {"ticket"}


def test_corpus_now_holds_questions_with_their_article_and_no_answer(desk):
    corpus = corpus_now(max_asked=5)
    assert len(corpus.asked) == 5
    titles = {one.title for one in corpus.asked if "renewal" in one.question}
    assert titles == {"Renewal"}
    assert corpus.sections[-1].heading == "Switch it off"
    assert "SMS" not in repr(corpus)


def test_pretrain_and_finetune_register_versions_and_do_not_learn_the_same_twice(desk):
    base = pretrain_base(base_recipe(), name="tiny-base")
    assert base is not None
    recipe = tuned_recipe(rows={"article_share": 0.3, "holdout": 0.3})
    tuned = finetune(recipe)
    assert tuned is not None
    run = TrainingRun.objects.get(pk=tuned.run.pk)
    assert (run.state, run.done, run.version) == ("done", 4, tuned.version)
    assert run.heartbeat_at is not None
    assert run.dataset is not None
    assert tuned.version.state == ModelVersion.State.CANDIDATE
    assert tuned.version.base == base.version
    assert not tuned.version.slots.exists()
    manifest = verified_manifest(folder_of(tuned.version))
    assert manifest.digest == tuned.version.digest
    assert manifest.data["dataset"]["digest"] == run.dataset.digest
    assert manifest.data["trainable_parameters"] == tuned.fit.trainable_parameters
    assert manifest.prompt_budget.total == 200
    held = tuned.metrics["holdout"]
    assert held["rows"] == manifest.data["dataset"]["kept_out"] > 0
    assert Evaluation.objects.get(version=tuned.version).metrics == tuned.metrics

    assert finetune(recipe) is None
    upsert_questions([KnownQuestion("ticket", "new", "en", "stop renewal now", SWITCH)])
    assert finetune(recipe) is not None


def test_finetune_without_tickets_has_nothing_to_learn_from(db, tmp_path, settings):
    settings.PASOKH_HOME = tmp_path
    (tmp_path / "a.md").write_text(ARTICLE)
    import_sources([tmp_path / "a.md"])
    assert pretrain_base(base_recipe(), name="tiny-base") is not None
    assert finetune(tuned_recipe()) is None
    assert TrainingRun.objects.count() == 1


def test_run_that_breaks_is_failed_and_leaves_no_version(desk, monkeypatch):
    from training.methods import adapters

    assert pretrain_base(base_recipe(), name="tiny-base") is not None

    def breaks(*args, **kwargs):
        raise MemoryError("customer text")

    monkeypatch.setattr(adapters, "train", breaks)
    with pytest.raises(MemoryError):
        finetune(tuned_recipe())
    run = TrainingRun.objects.latest("pk")
    assert (run.state, run.error, run.version) == ("failed", "MemoryError", None)
    assert ModelVersion.objects.count() == 1


def _printed(*arguments):
    out = StringIO()
    call_command(*arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_finetune_dry_run_counts_the_published_shape():
    assert _printed("finetune", "--recipe", "llama2-7b-lamini", "--dry-run") == {
        "run": None,
        "trainable_parameters": 4_194_304,
        "total_parameters": 6_742_609_920,
        "trainable_pct": 0.0622,
        "memory_gib": pytest.approx(11, abs=3),
        "metrics": {},
        "promoted": False,
    }


def test_commands_refuse_wrong_input_in_one_line(db):
    for arguments, message in [
        (("finetune", "--recipe", "nothing"), "no recipe nothing"),
        (("finetune", "--recipe", "sample-base"), "makes a base: use pretrain"),
        (("pretrain", "--recipe", "sample-tuned-a"), "tunes a base: use finetune"),
    ]:
        with pytest.raises(CommandError, match=message) as caught:
            call_command(*arguments)
        assert caught.value.returncode == 2
    ModelVersion.objects.all().delete()
    with pytest.raises(CommandError, match="sample-base, which is not registered"):
        call_command("finetune")


def test_finetune_command_says_that_there_is_nothing_new(desk, tmp_path):
    from training.recipes import as_data

    assert pretrain_base(base_recipe(), name="tiny-base") is not None
    Question.objects.all().delete()
    path = tmp_path / "tiny.toml"
    path.write_text(_toml(as_data(tuned_recipe())))
    printed = _printed("finetune", "--recipe", str(path))
    assert printed["run"] is None
    assert printed["promoted"] is False


def _toml(table, prefix=""):
    plain = {name: one for name, one in table.items() if not isinstance(one, dict)}
    lines = [f"{name} = {json.dumps(one)}" for name, one in plain.items()]
    for name, one in table.items():
        if isinstance(one, dict):
            lines += [f"[{prefix}{name}]", _toml(one, f"{prefix}{name}.")]
    return "\n".join(lines)
