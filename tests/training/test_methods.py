"""Tiny models trained for a few steps: the files, the loss, and that serving reads what is made."""

import json
import random
from dataclasses import replace

import pytest

from llm.engine.local import LocalEngine
from llm.engine.results import GenerationSettings
from llm.manifest import write_manifest
from llm.prompts import INVOCATION, PROMPT_VERSION, SECTIONS
from tests.training.conftest import Steps
from tests.training.tiny import ADAPTER, CORPUS, ROWS, base_recipe, tuned_recipe
from training.evaluation import drafts
from training.methods.results import Material, Work, method_of
from training.recipes import Rows, Wording

BASE_FILES = {
    "config.json",
    "generation_config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
}
ADAPTER_FILES = {"adapter_config.json", "adapter_model.safetensors"}


def _describe(folder, name, method, base):
    fields = {"name": name, "method": method, "base": base, "generation": {}}
    return write_manifest(folder, {**fields, "prompt_version": PROMPT_VERSION})


def test_pretrain_learns_and_reports_each_step(base):
    folder, fit, steps = base
    assert {path.name for path in folder.iterdir()} >= BASE_FILES
    assert [step for step, _ in steps] == list(range(1, 31))
    assert steps[-1][1] < steps[2][1] - 0.5
    assert fit.steps == 30
    assert fit.trainable_parameters == fit.total_parameters > 60_000
    assert fit.peak_memory_bytes > 2**20


def test_pretrain_gives_the_same_weights_again(base, tmp_path):
    recipe = base_recipe(schedule={"steps": 3, "batch": 4, "learning_rate": 5e-3})
    again = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        work = Work(recipe=recipe, folder=tmp_path / f"run-{name}", into=folder)
        method_of(recipe).train(Material(corpus=CORPUS), work)
        again.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert again[0]["tokenizer.json"] == again[1]["tokenizer.json"]
    assert again[0]["model.safetensors"] == again[1]["model.safetensors"]


def test_tokenizer_knows_every_letter_and_each_section_mark_is_one_token(base):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(base[0])
    for text in ("می‌روم ۱۲۳", "emoji 😀 and ї", "tab\tand\nline"):
        assert tokenizer.decode(tokenizer(text)["input_ids"]) == text
    assert tokenizer("كتاب علي")["input_ids"] == tokenizer("کتاب علی")["input_ids"]
    assert [len(tokenizer(mark)["input_ids"]) for mark in SECTIONS] == [1] * len(SECTIONS)


@pytest.mark.parametrize("method", ["alora", "qlora"])
def test_tune_makes_an_adapter_that_the_serving_engine_writes_with(base, tmp_path, method):
    recipe = tuned_recipe(
        method=method,
        schedule={"steps": 80, "batch": 4, "learning_rate": 3e-2, "openings": 0.3},
        rows={"article_share": 0.3},
    )
    watcher, into = Steps(), tmp_path / "into"
    into.mkdir()
    work = Work(recipe=recipe, folder=tmp_path / "run", into=into, base=base[0], watcher=watcher)
    fit = method_of(recipe).train(Material(rows=ROWS), work)
    steps = [loss for _, loss in watcher.seen]
    assert {path.name for path in into.iterdir()} == ADAPTER_FILES
    config = json.loads((into / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == recipe.base
    assert fit.trainable_parameters < 0.1 * fit.total_parameters
    # Rows are drawn anew at every step, so single losses go up and down.
    assert sum(steps[-5:]) < 0.85 * sum(steps[:5])
    engine = LocalEngine(base[0])
    reference = {"name": "tiny-base", "digest": engine.base.digest}
    _describe(into, "tuned", method, reference)
    engine.load("tuned", into)
    engine.load("base", None)
    how = GenerationSettings(max_new_tokens=12)
    written = drafts(
        ROWS[:4],
        engine=engine,
        versions={"tuned": how, "base": how},
        budget=recipe.prompt.as_budget(),
        company="",
    )
    assert any(tuned != untuned for tuned, untuned in written)


def test_activated_loss_is_that_of_peft_reading_the_whole_row(base):
    import torch
    from peft import get_peft_model

    from llm.engine.loading import load_base
    from training.methods import adapters
    from training.methods.batches import TuningBatches

    loaded = load_base(base[0])
    recipe = tuned_recipe(adapter=ADAPTER | {"dropout": 0.0})
    torch.manual_seed(0)
    model = get_peft_model(loaded.model, adapters.lora_config(recipe, loaded.tokenizer))
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=3.0)  # an adapter that changes nothing proves nothing
    batches = TuningBatches(ROWS, recipe=recipe, tokenizer=loaded.tokenizer, company="")
    batch = adapters._batch(batches.at(0)[:3], pad=0)
    ours = adapters._activated_loss(model, batch)
    read = adapters._whole_loss(loaded, recipe, pad=0)
    whole = read(model, batches.at(0)[:3])
    with model.disable_adapter():
        untuned = read(model, batches.at(0)[:3])
    assert ours.item() == pytest.approx(whole.item(), rel=1e-4)
    assert ours.item() != pytest.approx(untuned.item(), rel=1e-2)
    ours.backward()
    grown = [one.grad.abs().sum() for one in model.parameters() if one.grad is not None]
    assert grown
    assert all(one > 0 for one in grown[-2:])


def test_batches_are_the_same_whenever_a_step_is_asked_for(base):
    from transformers import AutoTokenizer

    from training.methods.batches import TuningBatches

    tokenizer = AutoTokenizer.from_pretrained(base[0])
    recipe = tuned_recipe(schedule={"steps": 40, "batch": 4, "learning_rate": 1e-2})
    first, again = (
        TuningBatches(ROWS, recipe=recipe, tokenizer=tokenizer, company="") for _ in range(2)
    )
    seen = [one for step in range(40) for one in first.at(step)]
    for step in (39, 12, 0, 11):
        assert first.at(step) == again.at(step)
    assert len({tuple(one.context) for one in seen}) > 10
    invocation = tokenizer(INVOCATION, add_special_tokens=False)["input_ids"]
    assert all(one.invocation == invocation for one in seen)
    assert all(one.answer[-1] == tokenizer.eos_token_id for one in seen)


def test_an_epoch_brings_every_row_once_in_an_order_of_its_own(base):
    from transformers import AutoTokenizer

    from training.methods.batches import TuningBatches

    tokenizer = AutoTokenizer.from_pretrained(base[0])
    plain = {"dropped_words": 0.0, "typing_errors": 0.0}
    recipe = tuned_recipe(
        schedule={"epochs": 3, "batch": 2, "accumulation": 2, "learning_rate": 1e-2},
        rows={"wording": plain},
    )
    batches = TuningBatches(ROWS, recipe=recipe, tokenizer=tokenizer, company="")
    assert batches.steps == 9
    epochs = [[len(one) for step in range(at, at + 3) for one in batches.at(step)] for at in (0, 3)]
    assert [len(one) for one in epochs] == [12, 12]


def test_varied_puts_the_likely_reply_first_and_never_the_row_itself():
    from training.methods.varying import Archive, varied

    settings = Rows(likely_reply=1.0, wording=Wording(0.0, 0.0))
    stranger = next(row for row in ROWS if row.reply == 1).answer
    row = next(row for row in ROWS if row.reply == 0 and row.kind == "ticket")
    row = replace(row, similar=(("other", stranger),))
    for seed in range(20):
        changed = varied(row, settings, Archive(ROWS), random.Random(seed))
        assert len(changed.similar) == 1
        assert changed.similar[0][1] == row.answer
        assert changed.similar[0][0] != row.question


def test_varied_lets_other_tickets_of_the_same_reply_stand_in():
    from training.methods.varying import Archive, varied

    settings = Rows(retold=1.0, wording=Wording(0.0, 0.0))
    row = next(row for row in ROWS if row.kind == "ticket")
    row = replace(row, similar=(("gone", row.answer), ("kept", "an answer that is nobody's")))
    first = {
        varied(row, settings, Archive(ROWS), random.Random(seed)).similar[0] for seed in range(40)
    }
    assert {answer for _, answer in first} == {row.answer}
    assert len({question for question, _ in first} - {"gone", row.question}) > 1
    assert varied(row, settings, Archive(ROWS), random.Random(0)).similar[1][0] == "kept"


@pytest.mark.parametrize(
    ("name", "trainable", "total"),
    [
        ("llama2-7b-lamini", 4_194_304, 6_742_609_920),
        ("sample-tuned-a", 630_784, 4_892_928),
        ("sample-base", 4_262_144, 4_262_144),
    ],
)
def test_count_needs_no_weights(name, trainable, total):
    from training.methods.shape import count
    from training.recipes import load_recipe

    counted = count(load_recipe(name))
    assert (counted.trainable_parameters, counted.total_parameters) == (trainable, total)
    assert counted.memory_gib > 0
    assert 0 < counted.trainable_pct <= 100
