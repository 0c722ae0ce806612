"""From the desk's rows to registered versions: `pretrain` and `finetune` with a tiny recipe."""

import errno
import json
import shutil
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from kb.importing import import_sources
from kb.models import Question
from kb.questions import KnownQuestion, upsert_questions
from llm.manifest import verified_manifest
from llm.models import ModelVersion, Slot
from llm.registry import add_version, folder_of, set_slot
from tests.training.taught import teach
from tests.training.tiny import ADAPTER, PROMPT, SHAPE, base_recipe, tuned_recipe
from training import finetuning, finishing, spreading
from training.beginning import CannotBeginAs, begins_as, recipe_for
from training.datasets.gathering import corpus_now, rows_now
from training.finetuning import carry_out, finetune
from training.finishing import NameTaken
from training.full_disk import DiskFull
from training.methods.checkpoints import last_whole, step_of
from training.methods.results import Stopped
from training.models import Decision, Evaluation, TrainingRun
from training.orders import Nothing, Order
from training.pretraining import pretrain_base
from training.recipes import RecipeError, Rows, as_data, recipe_from
from training.runs import run_folder

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


@pytest.fixture(scope="module")
def trained_base(tmp_path_factory):
    """Where the first test leaves its base for the others."""
    return tmp_path_factory.mktemp("base") / "tiny-base"


@pytest.fixture
def base(desk, settings, trained_base):
    folder = settings.PASOKH_HOME / "models" / "tiny-base"
    if trained_base.is_dir():
        shutil.copytree(trained_base, folder)
        return add_version(folder)
    # So many that it has words to say: a version that says none of a reply's is not let in.
    schedule = {"steps": 60, "batch": 4, "learning_rate": 5e-3}
    made = pretrain_base(base_recipe(schedule=schedule), name="tiny-base")
    assert made is not None
    shutil.copytree(folder, trained_base)
    return made.version


def small(**changes):
    return tuned_recipe(**({"rows": {"holdout": 0.3, "least_new": 5}} | changes))


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


def test_finetune_fills_an_empty_slot_and_does_not_learn_the_same_twice(base):
    recipe = small(rows={"article_share": 0.3, "holdout": 0.3, "least_new": 5})
    found = finetune(Order(recipe=recipe))
    run = TrainingRun.objects.get(pk=found.run.pk)
    assert (run.state, run.done, run.version) == ("done", 4, found.version)
    assert (run.slot, run.holdout.kind, run.options["new"]) == ("A", "holdout", 12)
    manifest = verified_manifest(folder_of(found.version))
    assert (manifest.digest, manifest.data["run"]) == (found.version.digest, run.pk)
    assert manifest.data["dataset"]["digest"] == run.dataset.digest
    assert manifest.data["trainable_parameters"] == found.fit.trainable_parameters
    assert manifest.prompt_budget.total == 200
    assert found.version.base == base
    assert found.metrics["holdout"]["rows"] == run.holdout.rows > 0
    assert set(Evaluation.objects.values_list("version__name", flat=True)) == {
        found.version.name,
        "tiny-base",
    }
    assert (found.decision.kind, found.decision.run) == ("promoted", run)
    assert Slot.objects.get(name="A").version == found.version

    again = finetune(Order(recipe=recipe, slot="A"))
    assert isinstance(again, Nothing)
    assert (again.new, again.slot, TrainingRun.objects.filter(slot="A").count()) == (0, "A", 1)


def test_finetune_refuses_what_is_no_better_and_what_serves_stays(base):
    set_slot("B", base)
    found = finetune(Order(recipe=small(), slot="B", name="no-better"))
    assert (found.decision.kind, found.decision.against) == ("refused", base)
    slot = Slot.objects.get(name="B")
    assert (slot.version, slot.canary) == (base, None)
    assert found.version.state == ModelVersion.State.CANDIDATE
    assert (found.version.name, found.run.slot) == ("no-better", "B")
    with pytest.raises(NameTaken, match="There is a model version no-better already"):
        finetune(Order(recipe=small(), name="no-better"))


def test_finetune_by_cron_needs_enough_new_ratings_and_replies(base, sara):
    """Imported tickets are no news to cron; what agents did since the slot's last run is."""
    recipe = small(rows={"holdout": 0.3, "least_new": 8})
    finetune(Order(recipe=recipe, slot="A", name="first"))
    assert isinstance(finetune(Order(slot="A")), Nothing)
    teach(sara, tickets=1)
    waiting = finetune(Order(slot="A"))
    assert isinstance(waiting, Nothing)
    assert waiting.new == 3  # two drafts rated, one reply sent
    teach(sara, tickets=3)
    found = finetune(Order(slot="A"))
    assert (found.new, found.run.recipe, found.decision.kind) == (12, "tiny-tuned", "refused")
    assert found.run.dataset.checks["kinds"]["reply"] > 0


@pytest.mark.parametrize("where", ["registering", "measuring", "deciding", "telling"])
def test_run_that_was_cut_off_goes_on_and_does_nothing_twice(base, monkeypatch, where):
    class CutOff(BaseException):
        pass

    places = {
        "registering": (finishing, "add_version"),
        "measuring": (finetuning, "evaluate"),
        "deciding": (finetuning.gate, "admit"),
        "telling": (finetuning.gate, "tell"),
    }
    trained = []
    train = spreading.train

    def counted(recipe, material, work, **options):
        checkpoint = last_whole(work.folder / "checkpoints")
        trained.append(step_of(checkpoint) if checkpoint else 0)
        return train(recipe, material, work, **options)

    def cut_off(*arguments, **options):
        raise CutOff

    monkeypatch.setattr(spreading, "train", counted)
    with monkeypatch.context() as broken:
        broken.setattr(*places[where], cut_off)
        with pytest.raises(CutOff):
            finetune(Order(recipe=small()))
    assert isinstance(finetune(Order(slot="C")), Nothing)  # not that run
    found = finetune(Order(), resume=True)
    run = TrainingRun.objects.get(purpose="finetune")
    assert (found.run, run.state, run.version) == (run, "done", found.version)
    assert ModelVersion.objects.exclude(base=None).count() == 1
    assert Decision.objects.exclude(kind="failed").count() == 1
    assert found.decision.kind == "promoted"
    # Where the folder was whole but unregistered it is made again, from the last step.
    assert trained == ([0, 4] if where == "registering" else [0])
    assert not (run_folder(run) / "checkpoints").exists()
    assert finetune(Order(), resume=True) == Nothing("There is no run to go on with.")


def test_run_whose_time_is_up_stops_and_goes_on_to_the_same_version(base):
    steps = {"steps": 6, "batch": 4, "learning_rate": 1e-2}
    whole = finetune(Order(recipe=small(schedule=steps), name="whole", challenge=False))
    with pytest.raises(Stopped, match="time"):
        finetune(
            Order(recipe=small(schedule=steps), name="parts", challenge=False, max_minutes=1e-6)
        )
    run = TrainingRun.objects.latest("pk")
    assert (run.state, run.version) == ("stopped", None)
    assert not Decision.objects.exists()  # it goes on: that is no failure
    found = finetune(Order(), resume=True)
    assert (found.run, found.decision) == (run, None)
    assert found.fit.loss == whole.fit.loss
    assert found.version.name == "parts" or found.version == whole.version


def test_failed_run_is_a_decision_and_leaves_no_version(base, monkeypatch):
    set_slot("A", base)

    def breaks(*arguments, **options):
        raise MemoryError("customer text")

    monkeypatch.setattr(spreading, "train", breaks)
    with pytest.raises(MemoryError):
        finetune(Order(recipe=small(), slot="A"))
    run = TrainingRun.objects.latest("pk")
    assert (run.state, run.version) == ("failed", None)
    decision = Decision.objects.get()
    assert (decision.kind, decision.run, decision.slot) == ("failed", run, "A")
    assert "MemoryError" in decision.why
    assert "customer" not in run.error + decision.why
    assert ModelVersion.objects.count() == 1
    assert Slot.objects.get(name="A").version == base

    def full(*arguments, **options):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(spreading, "train", full)
    with translation.override("en"), pytest.raises(DiskFull, match="disk is full"):
        finetune(Order(recipe=small(), slot="A"))
    assert "disk is full" in Decision.objects.latest("pk").why


def test_queued_run_is_carried_out_as_it_was_ordered(base):
    recipe = small()
    row = TrainingRun.objects.create(
        recipe=recipe.name, config=as_data(recipe), slot="C", options={"name": "asked-for"}
    )
    found = carry_out(row)
    row.refresh_from_db()
    assert (found.run, row.state, row.slot, row.version.name) == (row, "done", "C", "asked-for")
    assert Slot.objects.get(name="C").version == row.version


def test_preferences_are_learned_beginning_as_the_live_version(base, sara):
    made = finetune(Order(recipe=small(), slot="A", name="live"))
    assert Slot.objects.get(name="A").version == made.version
    teach(sara, tickets=6)
    recipe = recipe_from(
        {
            "name": "tiny-preferences",
            "method": "dpo",
            "base": "tiny-base",
            "begins_as": "live",
            "seed": 4,
            "shape": SHAPE,
            "adapter": ADAPTER,
            "preference": {"beta": 0.1, "least_gap": 2},
            "prompt": PROMPT,
            "rows": {"holdout": 0.3, "least_new": 5},
            "schedule": {"steps": 3, "batch": 2, "learning_rate": 1e-3},
            "generation": {"max_new_tokens": 8},
        }
    )
    found = finetune(Order(recipe=recipe, slot="A"))
    assert (found.version.method, found.run.dataset.kind) == ("dpo", "preferences")
    beginning = {"name": "live", "digest": made.version.digest}
    assert found.version.manifest["begins_as"] == beginning
    assert found.decision.kind == "refused"  # too few rows to tell


def test_begins_as_is_the_slots_version_or_the_best_neighbour(base, sara):
    own = finetune(Order(recipe=small(), name="own", challenge=False)).version
    other = finetune(Order(recipe=small(seed=9), name="other", challenge=False)).version
    live = small(begins_as="live")
    assert begins_as(live, base, slot="A") is None  # nothing serves anywhere
    set_slot("A", own)
    set_slot("B", other)
    set_slot("C", base)
    assert begins_as(small(), base, slot="A") is None
    assert begins_as(live, base, slot="B") == other
    assert begins_as(live, base, slot="C") == own
    teach(sara, tickets=2, slot="B", stars=5)
    assert begins_as(live, base, slot="C") == other
    assert begins_as(small(begins_as="own"), base, slot="C") == own
    wider = small(begins_as="own", adapter=ADAPTER | {"rank": 8})
    with pytest.raises(CannotBeginAs, match="has another base, method or adapter"):
        begins_as(wider, base, slot="C")
    assert begins_as(small(begins_as="live", adapter=ADAPTER | {"rank": 8}), base, slot="A") is None
    assert recipe_for("B").seed == 9
    assert recipe_for("C").name == "sample-circle"


def test_pretrain_without_articles_and_finetune_without_tickets(db, tmp_path, settings):
    settings.PASOKH_HOME = tmp_path
    assert pretrain_base(base_recipe(), name="tiny-base") is None
    (tmp_path / "a.md").write_text(ARTICLE)
    import_sources([tmp_path / "a.md"])
    assert pretrain_base(base_recipe(), name="tiny-base") is not None
    found = finetune(Order(recipe=tuned_recipe()))
    assert found == Nothing("There is nothing new to learn from.", slot="A")
    assert not TrainingRun.objects.filter(purpose="finetune").exists()


def _printed(*arguments):
    out = StringIO()
    call_command(*arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_finetune_dry_run_counts_the_published_shape():
    printed = _printed("finetune", "--recipe", "llama2-7b-lamini", "--dry-run")
    counts = {name: printed[name] for name in ("trainable_parameters", "total_parameters")}
    assert counts == {"trainable_parameters": 4_194_304, "total_parameters": 6_742_609_920}
    assert (printed["trainable_pct"], printed["run"], printed["promoted"]) == (0.0622, None, False)


def test_finetune_command_prints_what_was_made(base, tmp_path):
    path = tmp_path / "tiny.toml"
    path.write_text(_toml(as_data(small())))
    printed = _printed("finetune", "--recipe", str(path), "--slot", "C", "--name", "asked")
    run = TrainingRun.objects.latest("pk")
    assert (printed["run"], printed["version"], printed["slot"]) == (run.pk, "asked", "C")
    assert (printed["decision"]["kind"], printed["promoted"]) == ("promoted", True)
    assert printed["decision"]["why"]
    assert printed["trainable_pct"] > 0
    assert printed["metrics"]["holdout"]["rows"] > 0
    assert printed["new"] == 12

    lines = StringIO()
    call_command("finetune", "--slot", "C", stdout=lines)
    assert lines.getvalue() == "There is nothing new to learn from.\n"
    assert _printed("finetune", "--slot", "C")["run"] is None
    resumed = StringIO()
    call_command("finetune", "--resume", stdout=resumed)
    assert resumed.getvalue() == "There is no run to go on with.\n"


def test_commands_refuse_wrong_input_in_one_line(base, tmp_path):
    empty, one = tmp_path / "empty.jsonl", tmp_path / "one.jsonl"
    empty.write_text("")
    one.write_text('{"question": "Where is my parcel?", "answer": "On its way."}\n')
    tiny = tmp_path / "tiny.toml"
    tiny.write_text(_toml(as_data(small())))
    for arguments, message in [
        (("finetune", "--recipe", "nothing"), "no recipe nothing"),
        (("finetune", "--recipe", "sample-base"), "makes a base: use pretrain"),
        (("pretrain", "--recipe", "sample-tuned-a"), "tunes a base: use finetune"),
        (
            ("finetune", "--recipe", "sample-tuned-a", "--name", "a"),
            "sample-base, which is not registered",
        ),
        (("finetune", "--recipe", str(tiny), "--data", str(empty)), "no row to learn from"),
        (("finetune", "--recipe", str(tiny), "--data", str(one)), "at least 2 must be left"),
        (("finetune", "--recipe", str(tiny), "--data", "nowhere"), "nowhere"),
        (("finetune", "--recipe", str(tiny), "--name", "../up"), "letters, digits"),
        (("finetune", "--resume", "--recipe", str(tiny)), "leave the other options out"),
        (("finetune", "--max-minutes", "-1"), "whole number from 0"),
        (("finetune", "--slot", "D"), "slot"),
    ]:
        with pytest.raises(CommandError, match=message) as caught:
            call_command(*arguments)
        assert caught.value.returncode == 2, arguments
        assert "\n" not in str(caught.value)
    assert ModelVersion.objects.count() == 1
    with pytest.raises(RecipeError, match="A slot is"):
        finetune(Order(recipe=small(), slot="X"))


def _toml(table, prefix=""):
    plain = {name: one for name, one in table.items() if not isinstance(one, dict)}
    lines = [f"{name} = {json.dumps(one)}" for name, one in plain.items()]
    for name, one in table.items():
        if isinstance(one, dict):
            lines += [f"[{prefix}{name}]", _toml(one, f"{prefix}{name}.")]
    return "\n".join(lines)
