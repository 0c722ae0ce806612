"""Each method learns what it is told, and the serving engine writes as the trained model does."""

import math

import pytest

from llm.engine.local import LocalEngine
from llm.engine.results import GenerationSettings, RowRequest
from llm.engine.tokens import prompt_ids
from llm.manifest import read_manifest
from llm.prompts import render
from tests.kb.tiny_models import tiny_bert
from tests.training.tiny_methods import (
    HELD,
    METHODS,
    build_base,
    describe,
    material_for,
    recipe_for,
    work_for,
)
from training.methods.checkpoints import read_log
from training.methods.results import Material, method_of

LEARNS = {"steps": 80, "batch": 4, "evaluate_every": 40}
NEW_TOKENS = 16
FILES = {
    "continued": {
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    },
    "embeddings": {"layers.safetensors"},
}
MARGINS = {"ptuning": 0.97}
"""Of the untuned loss. Virtual tokens steer a base, and this one knows next to nothing."""
ADAPTER_FILES = {"adapter_config.json", "adapter_model.safetensors"}
TUNING = [name for name in METHODS if name not in ("pretrain", "contrastive")]


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return build_base(tmp_path_factory.mktemp("each"), steps=120)


@pytest.fixture(scope="module")
def trained(base, tmp_path_factory):
    """Of a method: its recipe, its work, its fit; trained once."""
    known = {}

    def train(method):
        if method not in known:
            recipe = recipe_for(method, schedule=LEARNS)
            folder = tmp_path_factory.mktemp(method)
            # Preferences are about drafts of a version that writes.
            begins_as = _described(train("lora")[0], base) if method == "dpo" else None
            work = work_for(method, folder, base, recipe=recipe, begins_as=begins_as)
            known[method] = (work, method_of(recipe).train(material_for(method), work))
        return known[method]

    return train


def _described(work, base):
    reference = {"name": "tiny-base", "digest": read_manifest(base).digest}
    describe(work.into, name=work.recipe.name, method=work.recipe.method, base=reference)
    return work.into


def _network(method, base, into):
    """The version as PEFT and transformers read it, in full precision, and its tokenizer."""
    from peft import PeftModel
    from safetensors.torch import load_file

    from llm.engine.loading import load_base

    loaded = load_base(base)
    if method == "base":
        return loaded.model, loaded.tokenizer
    if method == "continued":
        describe(into, name="continued", method="continued", base=None)
        return load_base(into, four_bit=False).model, loaded.tokenizer
    if method == "embeddings":
        tables = load_file(into / "layers.safetensors")
        left = loaded.model.load_state_dict(tables, strict=False)
        assert not left.unexpected_keys
        return loaded.model, loaded.tokenizer
    return PeftModel.from_pretrained(loaded.model, str(into)).eval(), loaded.tokenizer


def _answer_losses(network, tokenizer, recipe, rows, answers=None):
    """Of each row's answer, a row at a time and by transformers' own loss."""
    import torch

    losses = []
    for row, answer in zip(rows, answers or [row.answer for row in rows], strict=True):
        ids = _ids(tokenizer, recipe, row)
        target = tokenizer(answer)["input_ids"] + [tokenizer.eos_token_id]
        whole = torch.tensor([ids + target])
        labels = torch.tensor([[-100] * len(ids) + target])
        seen = torch.ones_like(whole)
        with torch.no_grad():
            found = network(input_ids=whole, labels=labels, attention_mask=seen)
        losses.append(float(found.loss) * len(target))
    return losses


def _ids(tokenizer, recipe, row):
    ids = prompt_ids(tokenizer, _prompt(recipe, row))
    return ids.context + ids.invocation


def _prompt(recipe, row):
    return render(row.prompt_input(company=""), count_tokens=len, budget=recipe.prompt.as_budget())


@pytest.mark.parametrize("method", [name for name in TUNING if name != "dpo"])
def test_held_out_answers_become_likelier(base, trained, method):
    work, fit = trained(method)
    tokens = sum(len(row.answer) for row in HELD)
    before, after = (
        sum(_answer_losses(*_network(name, base, work.into), work.recipe, HELD)) / tokens
        for name in ("base", method)
    )
    assert after < MARGINS.get(method, 0.7) * before
    assert fit.evaluations[-1][1] < fit.evaluations[0][1] + 0.05
    assert fit.steps == 80
    assert fit.tokens > 1000
    assert 0 < fit.trainable_parameters <= fit.total_parameters


@pytest.mark.parametrize("method", TUNING)
def test_a_version_is_its_files_and_they_name_no_folder_of_this_machine(trained, method):
    work, _ = trained(method)
    files = {path.name for path in work.into.iterdir()} - {"manifest.json"}
    assert files == FILES.get(method, ADAPTER_FILES)
    for path in work.into.iterdir():
        assert str(work.base.parent).encode() not in path.read_bytes()


@pytest.mark.parametrize("method", TUNING)
def test_the_engine_writes_token_for_token_what_the_trained_model_does(base, trained, method):
    import torch

    work, _ = trained(method)
    network, tokenizer = _network(method, base, work.into)
    if method == "continued":
        engine = LocalEngine(work.into, four_bit=False)
        engine.load("tuned", None)
    else:
        engine = LocalEngine(base)
        engine.load("tuned", _described(work, base))
    settings = GenerationSettings(max_new_tokens=NEW_TOKENS)
    for row in HELD[:3]:
        prompt = _prompt(work.recipe, row)
        written = engine.generate([RowRequest("tuned", settings, prompt)])[0]
        ids = _ids(tokenizer, work.recipe, row)
        for _ in range(NEW_TOKENS):
            whole = torch.tensor([ids])
            with torch.no_grad():
                logits = network(input_ids=whole, attention_mask=torch.ones_like(whole)).logits
            ids.append(int(logits[0, -1].argmax()))
            if ids[-1] == tokenizer.eos_token_id:
                break
        own = tokenizer.decode(ids[len(_ids(tokenizer, work.recipe, row)) :], True)
        assert written.text == own.rstrip("\ufffd").strip()
        assert written.text


def test_dpo_prefers_what_agents_liked_on_rows_that_it_has_not_seen(base, trained):
    work, fit = trained("dpo")
    liked = [one for one in material_for("dpo").preferences if one.row in HELD]
    gained = []
    networks = [_network("lora", base, into) for into in (work.begins_as, work.into)]
    for answers in ([one.chosen for one in liked], [one.rejected for one in liked]):
        before, after = (
            _answer_losses(*network, work.recipe, [one.row for one in liked], answers)
            for network in networks
        )
        gained.append([old - new for old, new in zip(before, after, strict=True)])
    assert all(chosen > rejected + 2 for chosen, rejected in zip(*gained, strict=True))
    assert fit.evaluations[-1][1] < math.log(2) - 0.2


def test_an_embedder_learns_its_pairs_and_is_saved_whole(tmp_path):
    from sentence_transformers import SentenceTransformer

    recipe = recipe_for("contrastive", schedule={"steps": 40})
    bert = tiny_bert(tmp_path / "bert")
    work = work_for("contrastive", tmp_path / "run", bert, recipe=recipe)
    assert method_of(recipe).train(material_for("contrastive"), work).steps == 40
    losses = [line["loss"] for line in read_log(work.folder / "log.jsonl")]
    assert sum(losses[-5:]) < 0.5 * sum(losses[:5])
    suffixes = {path.suffix for path in work.into.rglob("*") if path.is_file()}
    assert suffixes <= {".json", ".txt", ".safetensors"}
    pairs = material_for("contrastive").pairs
    found = SentenceTransformer(str(work.into), local_files_only=True, device="cpu")
    vectors = found.encode([pair.anchor for pair in pairs] + [pair.text for pair in pairs])
    near = vectors[: len(pairs)] @ vectors[len(pairs) :].T
    assert (near.argmax(axis=1) == range(len(pairs))).mean() > 0.8


def test_pairs_of_one_article_alone_are_refused(tmp_path):
    from training.methods.contrastive import NoPairs

    work = work_for("contrastive", tmp_path / "run", tiny_bert(tmp_path / "bert"))
    alone = Material(pairs=material_for("contrastive").pairs[:1])
    with pytest.raises(NoPairs):
        method_of(work.recipe).train(alone, work)
