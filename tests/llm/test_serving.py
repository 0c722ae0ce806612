"""Drafts for the slots, with real small models: one broken version costs its own draft only."""

import logging
import shutil
import subprocess
import sys

import pytest

from llm import registry
from llm.engine import engines, serving
from llm.models import ModelVersion
from llm.prompts import PromptBudget, PromptInput, Turn
from llm.registry import SlotChoice
from tests.llm.tiny_models import ANSWERS, QUESTIONS, build_tuned


@pytest.fixture
def desk(tiny, db):
    """Versions first and second in A and B, the untuned base in C."""
    for slot, name in (("C", "base"), ("A", "first"), ("B", "second")):
        registry.set_slot(slot, registry.add_version(tiny / name))
    yield
    engines.keep_only([])


def parts(number: int = 0) -> PromptInput:
    lang = "en" if QUESTIONS[number].isascii() else "fa"
    turn = Turn(role="customer", text=QUESTIONS[number])
    return PromptInput(lang=lang, passages=(), similar=(), turns=(turn,))


def texts(drafts) -> dict[str, str]:
    return {draft.choice.slot: draft.result.text for draft in drafts}


def expected(number: int = 0) -> dict[str, str]:
    answers = (ANSWERS[name][number] for name in ("first", "second", "base"))
    return dict(zip("ABC", answers, strict=True))


def test_generate_writes_a_draft_for_each_slot(desk):
    for number in range(len(QUESTIONS)):
        drafts = serving.generate_one(parts(number), registry.slots_now())
        assert texts(drafts) == expected(number)
        assert {draft.error for draft in drafts} == {""}
        assert len({draft.prompt for draft in drafts}) == 1


def test_generate_streams_by_the_number_of_the_choice(desk):
    last = {}
    choices = registry.slots_now()[::-1]
    drafts = serving.generate_one(parts(), choices, on_text=last.__setitem__)
    assert [last[number] for number in range(3)] == [draft.result.text for draft in drafts]
    assert texts(drafts) == expected()


def test_generate_loads_once_and_serves_a_promotion_at_once(desk, monkeypatch):
    serving.generate_one(parts(), registry.slots_now())
    (held,) = engines._held.values()
    loads = []
    monkeypatch.setattr(
        held.engine,
        "load",
        lambda name, folder, load=held.engine.load: (loads.append(name), load(name, folder)),
    )
    serving.generate_one(parts(), registry.slots_now())
    assert loads == []
    registry.set_slot("A", registry.version_named("second"))
    assert texts(serving.generate_one(parts(), registry.slots_now()))["A"] == ANSWERS["second"][0]
    assert set(held.digests) == {"second", "base"}  # first is in no slot and was freed


def test_generate_damaged_version_fails_alone(desk, tiny, tmp_path, caplog):
    shutil.copytree(tiny / "first", tmp_path / "first")
    version = registry.version_named("first")
    ModelVersion.objects.filter(pk=version.pk).update(folder=str(tmp_path / "first"))
    weights = tmp_path / "first" / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    with caplog.at_level(logging.ERROR):
        drafts = serving.generate_one(parts(), registry.slots_now())
    assert texts(drafts) == expected() | {"A": ""}
    assert [draft.result.finish for draft in drafts] == ["failed", "stop", "stop"]
    assert "first" in drafts[0].error
    assert "slot A" in caplog.text
    assert QUESTIONS[0] not in caplog.text


def test_generate_refuses_a_folder_that_was_trained_anew(desk, tiny, tmp_path):
    """Same name, sound files, but not those that were registered: no draft may claim otherwise."""
    build_tuned(tmp_path / "first", tiny / "base", name="second", version="first", rank=2)
    version = registry.version_named("first")
    ModelVersion.objects.filter(pk=version.pk).update(folder=str(tmp_path / "first"))
    draft = serving.generate_one(parts(), registry.slots_now())[0]
    assert "not what was registered" in draft.error


def test_generate_missing_base_fails_all_and_raises_nothing(desk, tmp_path):
    ModelVersion.objects.filter(name="base").update(folder=str(tmp_path / "gone"))
    drafts = serving.generate_one(parts(), registry.slots_now())
    assert [draft.result.finish for draft in drafts] == ["failed"] * 3


def test_generate_bad_settings_in_a_manifest_fail_alone(desk):
    version = registry.version_named("second")
    version.manifest["generation"] = {"max_new_tokens": 0}
    version.save()
    drafts = serving.generate_one(parts(), registry.slots_now())
    assert texts(drafts) == expected() | {"B": ""}


def test_generate_untuned_base_reads_the_tuned_versions_prompt(desk):
    for name, budget in (("first", 120), ("second", 120), ("base", 90)):
        version = registry.version_named(name)
        version.manifest["recipe"]["prompt"] = {"budget": budget}
        version.save()
    long = PromptInput("en", (), (), (Turn("customer", "pay " * 200),))
    drafts = serving.generate_one(long, registry.slots_now())
    assert len({draft.prompt for draft in drafts}) == 1
    assert 90 < drafts[2].result.prompt_tokens <= 120
    (alone,) = serving.generate_one(long, registry.slots_now()[2:])
    assert alone.result.prompt_tokens <= 90


def test_generate_two_budgets_are_two_prompts_in_one_call(desk):
    version = registry.version_named("second")
    version.manifest["recipe"]["prompt"] = {"budget": 120}
    version.save()
    long = PromptInput("en", (), (), (Turn("customer", "pay " * 200),))
    drafts = serving.generate_one(long, registry.slots_now())
    assert drafts[1].result.prompt_tokens <= 120 < drafts[0].result.prompt_tokens
    assert drafts[0].prompt == drafts[2].prompt != drafts[1].prompt


def test_generate_nothing_to_answer_gives_failed_drafts(desk):
    drafts = serving.generate_one(PromptInput("fa", (), (), ()), registry.slots_now())
    assert {draft.error for draft in drafts} == {"The prompt has no room for this message."}


def test_generate_no_slots_gives_no_drafts(db):
    assert serving.generate_one(parts(), []) == []


def test_generate_cancelled_rows_say_so(desk):
    drafts = serving.generate_one(parts(), registry.slots_now(), should_stop=lambda: True)
    assert {draft.result.finish for draft in drafts} == {"cancelled"}


def test_warm_up_loads_what_the_slots_need(desk):
    serving.warm_up()
    (held,) = engines._held.values()
    assert set(held.digests) == {"first", "second", "base"}


def test_warm_up_without_slots_does_nothing(db):
    serving.warm_up()
    assert engines._held == {}


def test_budget_for_is_the_most_that_any_choice_takes(desk):
    version = registry.version_named("second")
    version.manifest["recipe"]["prompt"] = {"budget": 150, "passages": 3}
    choices = [SlotChoice("A", registry.version_named("first")), SlotChoice("B", version)]
    budget = serving.budget_for(choices)
    assert (budget.total, budget.passages, budget.similar) == (200, 3, 3)
    assert serving.budget_for([]) == PromptBudget()


def test_serving_imports_no_torch_until_it_writes():
    code = (
        "import django; django.setup(); import llm.engine.serving, llm.views, sys;"
        "print(sorted({'torch', 'transformers', 'peft'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"DJANGO_SETTINGS_MODULE": "tests.settings", "PATH": ""},
    )
    assert done.stdout.strip() == "[]"
