"""The methods that read whole lines: padding, blocks, 4-bit layers and other shapes change nothing,
and the loss of preferences is TRL's."""

from dataclasses import replace

import pytest

from tests.training.tiny import ADAPTER, CORPUS, ROWS, SHAPE
from tests.training.tiny_methods import (
    PREFERENCES,
    build_base,
    describe,
    material_for,
    recipe_for,
    work_for,
)
from training.datasets import Corpus, Section
from training.methods.checkpoints import read_log
from training.methods.results import Material, method_of
from training.recipes import RecipeError

GPT2 = {name: value for name, value in SHAPE.items() if name != "architecture"}
SHORT = {"steps": 3, "batch": 4, "learning_rate": 1e-2}


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return build_base(tmp_path_factory.mktemp("lines"))


@pytest.fixture(scope="module")
def gpt2(tmp_path_factory):
    shape = GPT2 | {"architecture": "gpt2"}
    return build_base(tmp_path_factory.mktemp("gpt2"), shape=shape)


@pytest.fixture
def bases(base, gpt2):
    return {"llama": base, "gpt2": gpt2}


def _rows(base, method, **changes):
    """The loaded base, and blocks of several lengths."""
    from llm.engine.loading import load_base
    from training.methods.reading import rows_for

    work = work_for(method, base.parent / "unused", base, recipe=recipe_for(method, **changes))
    loaded = load_base(base)
    batches = rows_for(Material(rows=ROWS), work, loaded).batches
    found = [batches.at(step)[0] for step in range(5)]
    assert len({len(block) for block in found}) > 1
    return work.recipe, loaded, found


def _prompted(loaded, recipe):
    import torch
    from peft import get_peft_model

    from training.methods.ptuning import Prompted, encoder_config

    torch.manual_seed(1)
    return Prompted(get_peft_model(loaded.model, encoder_config(recipe))).eval()


@pytest.mark.parametrize("padding", ["left", "right"])
@pytest.mark.parametrize("shape", ["llama", "gpt2"])
def test_virtual_tokens_shift_nothing_on_either_side_of_padding(bases, shape, padding):
    """Against PEFT's own forward pass over each row alone, which pads nothing."""
    import torch

    from training.methods.ptuning import objective

    recipe, loaded, blocks = _rows(bases[shape], "ptuning", text={"padding": padding})
    model = _prompted(loaded, recipe)
    ours = objective(recipe, loaded, virtual=model.virtual).loss(model, blocks)
    alone = torch.zeros(())
    for line in (block.lines[0] for block in blocks):
        labels = torch.tensor([line.labels])
        ids = torch.tensor([line.ids])
        found = model.peft(input_ids=ids, labels=labels, attention_mask=torch.ones_like(ids))
        alone = alone + found.loss * line.targets
    assert ours.item() == pytest.approx(alone.item(), rel=1e-5)
    weights = [one for one in model.parameters() if one.requires_grad]
    gradients = [torch.autograd.grad(loss, weights, retain_graph=True) for loss in (ours, alone)]
    for own, theirs in zip(*gradients, strict=True):
        assert torch.allclose(own, theirs, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("padding", ["left", "right"])
@pytest.mark.parametrize("shape", ["llama", "gpt2"])
def test_a_batch_of_lines_has_the_loss_of_each_line_by_transformers(bases, shape, padding):
    import torch

    from training.methods.lines import line_losses, padded

    _, loaded, blocks = _rows(bases[shape], "embeddings", text={"padding": padding})
    lines = [block.lines[0] for block in blocks]
    batch = padded(lines, pad=0, left=padding == "left", device="cpu", room=loaded.room)
    together = line_losses(loaded.model, batch)
    for line, loss in zip(lines, together, strict=True):
        ids = torch.tensor([line.ids])
        alone = loaded.model(input_ids=ids, labels=torch.tensor([line.labels])).loss
        assert float(loss) == pytest.approx(float(alone) * line.targets, rel=1e-5)


@pytest.mark.parametrize("shape", ["llama", "gpt2"])
def test_lines_of_one_block_do_not_see_each_other(bases, shape):
    from llm.engine.loading import load_base
    from training.methods.blocks import Block, blocks_of
    from training.methods.continued import block_loss

    loaded = load_base(bases[shape])
    blocks = blocks_of(CORPUS, tokenizer=loaded.tokenizer, length=96, begin=True)
    assert any(len(block.lines) > 1 for block in blocks)
    settings = {"pad": 0, "room": loaded.room}
    together = float(block_loss(loaded.model, blocks, **settings))
    lines = [line for block in blocks for line in block.lines]
    alone = [float(block_loss(loaded.model, [Block((line,))], **settings)) for line in lines]
    assert together == pytest.approx(sum(alone), rel=1e-5)


def test_blocks_lose_no_token_and_are_those_of_trl(base):
    from datasets import Dataset
    from transformers import AutoTokenizer
    from trl.data_utils import pack_dataset

    from training.methods.blocks import blocks_of, documents

    tokenizer = AutoTokenizer.from_pretrained(base)
    corpus = replace(CORPUS, sections=CORPUS.sections * 5)
    ids = [[*tokenizer(text)["input_ids"], tokenizer.eos_token_id] for text in documents(corpus)]
    ours = blocks_of(corpus, tokenizer=tokenizer, length=64, begin=True)
    lines = sorted(line.ids for block in ours for line in block.lines)
    assert sum(map(len, lines)) == sum(map(len, ids))
    assert max(map(len, ours)) <= 64
    assert sum(line[-1] == tokenizer.eos_token_id for line in lines) == len(ids)
    theirs = pack_dataset(Dataset.from_dict({"input_ids": ids}), 64, "bfd_split")
    assert len(theirs) == len(ours)
    assert sorted(size for row in theirs["seq_lengths"] for size in row) == sorted(
        len(line) for line in lines
    )


def test_an_article_is_one_document_with_its_sections_in_order():
    from training.methods.blocks import documents

    sections = (Section("A", "x", "one.", "en"), Section("A", "", "two.", "en"))
    corpus = Corpus(sections=(*sections, Section("B", "", "three.", "en")), asked=CORPUS.asked[:1])
    assert list(documents(corpus)) == ["A\nx\none.\ntwo.", "B\nthree.", CORPUS.asked[0].question]


def test_continued_reads_the_corpus_before_the_rows(base):
    from llm.engine.loading import load_base
    from training.methods.continued import _parts

    recipe = recipe_for("continued", schedule={"steps": 0, "epochs": 2, "batch": 2})
    work = work_for("continued", base.parent / "unused", base, recipe=recipe)
    material = material_for("continued")
    batches, validation, _ = _parts(material, work, load_base(base))
    steps = [batches.at(step) for step in range(batches.steps)]
    whole = [all(line.learned == 1 for block in step for line in block.lines) for step in steps]
    assert whole.index(False) >= 1
    assert not any(whole[whole.index(False) :])
    assert sum(not one for one in whole) == 2 * len(material.rows) / 2
    assert len(validation) == len(material.validation)
    assert batches.at(0) == steps[0]


def test_continued_gives_a_model_that_would_mix_lines_one_at_a_time(base, monkeypatch):
    import torch
    from transformers import OPTConfig, OPTForCausalLM

    from llm.engine.loading import load_base
    from training.methods.continued import _parts, block_loss

    torch.manual_seed(1)
    shape = {"hidden_size": 32, "word_embed_proj_dim": 32, "ffn_dim": 32, "num_hidden_layers": 1}
    shape |= {"num_attention_heads": 2, "max_position_embeddings": 256, "vocab_size": 400}
    mixing = replace(load_base(base), model=OPTForCausalLM(OPTConfig(**shape)).eval())
    text = {"max_tokens": 256, "packing": True}
    schedule = {"steps": 0, "epochs": 1, "batch": 2}
    recipe = recipe_for("continued", schedule=schedule, text=text)
    work = work_for("continued", base.parent / "unused", base, recipe=recipe)
    batches, *_ = _parts(material_for("continued"), work, mixing)
    blocks = [block for step in range(batches.steps) for block in batches.at(step)]
    assert {len(block.lines) for block in blocks} == {1}
    assert len(blocks) > len(material_for("continued").rows)
    with torch.no_grad():
        together = block_loss(mixing.model, blocks[:4], pad=0, room=256)
        alone = sum(block_loss(mixing.model, [one], pad=0, room=256) for one in blocks[:4])
    assert float(together) == pytest.approx(float(alone), rel=1e-5)


def test_continued_with_nothing_to_read_says_so(base, tmp_path):
    work = work_for("continued", tmp_path, base)
    with pytest.raises(RecipeError, match="corpus or rows"):
        method_of(work.recipe).train(Material(), work)


@pytest.mark.parametrize("method", ["continued", "ptuning", "embeddings", "dpo"])
def test_gpt2_is_tuned_by_every_method_and_serves(gpt2, tmp_path, method):
    from llm.engine.local import LocalEngine
    from llm.manifest import read_manifest

    targets = {"adapter": ADAPTER | {"targets": ["c_attn"]}} if method == "dpo" else {}
    recipe = recipe_for(method, schedule=SHORT, **targets)
    work = work_for(method, tmp_path, gpt2, recipe=recipe)
    fit = method_of(recipe).train(material_for(method), work)
    assert fit.steps == 3
    if method == "continued":
        describe(work.into, name="version", method=method, base=None)
        LocalEngine(work.into).load("version", None)
    else:
        reference = {"name": "tiny-base", "digest": read_manifest(gpt2).digest}
        describe(work.into, name="version", method=method, base=reference)
        LocalEngine(gpt2).load("version", work.into)


@pytest.mark.parametrize("method", ["ptuning", "embeddings", "dpo", "qlora"])
def test_layers_that_stay_packed_in_4_bits_are_trained_around(base, tmp_path, monkeypatch, method):
    from llm.engine import loading

    recipe = recipe_for(method, schedule=SHORT, weights={"bits": 4, "compute": "float32"})
    found = []
    for limit in (loading.UNPACK_BELOW, 0):
        monkeypatch.setattr(loading, "UNPACK_BELOW", limit)
        work = work_for(method, tmp_path / str(limit), base, recipe=recipe)
        method_of(recipe).train(material_for(method), work)
        found.append(_losses(work))
    assert found[0] == pytest.approx(found[1], rel=1e-3)


def _losses(work):
    return [line["loss"] for line in read_log(work.folder / "log.jsonl") if "loss" in line]


@pytest.mark.parametrize("method", ["continued", "ptuning", "embeddings", "dpo"])
def test_activations_that_are_computed_twice_give_the_same_losses(base, tmp_path, method):
    found = []
    for twice in (False, True):
        recipe = recipe_for(method, schedule=SHORT | {"checkpointing": twice})
        work = work_for(method, tmp_path / str(twice), base, recipe=recipe)
        method_of(recipe).train(material_for(method), work)
        found.append(_losses(work))
    assert found[0] == pytest.approx(found[1], rel=1e-5)


def test_pairs_that_do_not_fit_into_memory_together_are_read_in_halves(base, tmp_path, monkeypatch):
    import torch

    from training.methods import dpo

    recipe = recipe_for("dpo", schedule=SHORT)
    whole = work_for("dpo", tmp_path / "whole", base, recipe=recipe)
    method_of(recipe).train(material_for("dpo"), whole)
    losses_of = dpo.line_losses

    def of_four(model, batch):
        if len(batch.ids) > 4:  # two pairs
            raise torch.OutOfMemoryError("CUDA out of memory")
        return losses_of(model, batch)

    monkeypatch.setattr(dpo, "line_losses", of_four)
    halves = work_for("dpo", tmp_path / "halves", base, recipe=recipe)
    fit = method_of(recipe).train(material_for("dpo"), halves)
    assert fit.micro_batch == 2
    assert _losses(halves) == pytest.approx(_losses(whole), rel=1e-5)


def test_tied_tables_stay_one_and_other_layers_stay_as_they_were(base, tmp_path):
    import torch
    from safetensors.torch import load_file

    from llm.engine.loading import load_base
    from training.methods.embeddings import TablesOnly

    loaded = load_base(base)
    model = TablesOnly(loaded.model)
    trained = [name for name, one in model.named_parameters() if one.requires_grad]
    assert trained == ["network.model.embed_tokens.weight"]
    network = loaded.model
    assert network.get_output_embeddings().weight is network.get_input_embeddings().weight
    work = work_for("embeddings", tmp_path, base, recipe=recipe_for("embeddings", schedule=SHORT))
    method_of(work.recipe).train(material_for("embeddings"), work)
    tables = load_file(work.into / "layers.safetensors")
    assert list(tables) == ["model.embed_tokens.weight"]
    before = network.get_input_embeddings().weight
    assert not torch.allclose(tables["model.embed_tokens.weight"].float(), before, atol=1e-3)


@pytest.fixture
def drafting(base, tmp_path):
    """The folder of an activated adapter that says something of its own."""
    import torch

    from llm.manifest import read_manifest
    from training.methods.adapters import save_adapter, tuned_model
    from training.methods.loading import load_for_training

    work = work_for("alora", tmp_path / "drafting", base)
    model = tuned_model(load_for_training(work), work)
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.3)
    save_adapter(model, work)
    reference = {"name": "tiny-base", "digest": read_manifest(base).digest}
    describe(work.into, name="drafting", method="alora", base=reference)
    return work.into


@pytest.mark.parametrize("begins_as", [False, True])
def test_loss_and_gradients_of_preferences_are_those_of_trl(base, drafting, tmp_path, begins_as):
    """A new adapter against the base, and one that goes on against the version that it was, which
    wakes up at its invocation."""
    import torch

    from training.methods import dpo
    from training.methods.loading import load_for_training

    folder = drafting if begins_as else None
    work = work_for("dpo", tmp_path / "run", base, begins_as=folder)
    loaded = load_for_training(work)
    model = dpo.adapted(loaded, work)
    pairs, held, _ = dpo._pairs(Material(preferences=PREFERENCES[:5]), work, loaded)
    assert not held
    known = dpo._with_reference(model, pairs, base=loaded, work=work)
    trainer = _trl_trainer(model, loaded.tokenizer, tmp_path)
    model.train()
    _move(model)
    ours = dpo.objective(work.recipe, loaded).loss(model, known) / len(known)
    own = _gradients(ours, model)
    rows = [
        {
            "prompt_ids": pair.chosen.ids[: pair.chosen.learned],
            "chosen_ids": pair.chosen.ids[pair.chosen.learned :],
            "rejected_ids": pair.rejected.ids[pair.rejected.learned :],
        }
        for pair in pairs
    ]
    theirs = trainer.compute_loss(model, trainer.data_collator(rows))
    assert abs(ours.item() - 0.6931) > 0.01  # the adapter has moved away from the reference
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-4)
    trls = _gradients(theirs, model)
    assert own.keys() == trls.keys()
    for name, gradient in own.items():
        assert torch.allclose(gradient, trls[name], rtol=1e-3, atol=1e-5), name


def _trl_trainer(model, tokenizer, folder):
    """Of a model whose adapter is its "default" one; with what it begins as beside it."""
    from datasets import Dataset
    from trl import DPOConfig, DPOTrainer

    settings = DPOConfig(
        output_dir=str(folder / "trl"),
        use_cpu=True,
        bf16=False,
        beta=0.1,
        gradient_checkpointing=False,
        max_length=512,
    )
    data = Dataset.from_list([{"prompt": "a", "chosen": "b", "rejected": "c"}])
    return DPOTrainer(model=model, args=settings, train_dataset=data, processing_class=tokenizer)


def _move(model):
    """As training would: the adapter is no longer what it was."""
    import torch

    torch.manual_seed(9)
    for weight in model.parameters():
        if weight.requires_grad:
            weight.data += 0.05 * torch.randn_like(weight)


def _gradients(loss, model):
    import torch

    weights = {name: one for name, one in model.named_parameters() if one.requires_grad}
    found = torch.autograd.grad(loss, list(weights.values()))
    return dict(zip(weights, found, strict=True))


def test_pairs_of_validation_rows_are_watched_and_not_learned_from(base, tmp_path):
    from llm.engine.loading import load_base
    from training.methods import dpo

    work = work_for("dpo", tmp_path, base)
    material = material_for("dpo")
    learned, held, left_out = dpo._pairs(material, work, load_base(base))
    assert (len(learned), len(held), left_out) == (8, 4, {})
    for pair in learned:
        prompt = pair.chosen.ids[: pair.chosen.learned]
        assert prompt == pair.rejected.ids[: pair.rejected.learned]


def test_preferences_go_on_where_a_pair_has_gone_since(base, tmp_path):
    """A customer was erased while the run stood still: the reference is that of the pairs left."""
    from safetensors.torch import load_file

    from training.methods import dpo

    recipe = recipe_for("dpo", schedule=SHORT)
    material = material_for("dpo")
    fewer = replace(material, preferences=material.preferences[1:])
    for name, read in (("run", material), ("run", fewer), ("fresh", fewer)):
        method_of(recipe).train(read, work_for("dpo", tmp_path / name, base, recipe=recipe))
    kept = [
        load_file(tmp_path / name / dpo.REFERENCE)["likelihoods"].numpy()
        for name in ("run", "fresh")
    ]
    assert len(kept[0]) == len(fewer.preferences)
    assert kept[0] == pytest.approx(kept[1])


def test_pairs_that_do_not_fit_are_counted_and_none_left_is_an_error(base, tmp_path):
    from llm.engine.loading import load_base
    from training.methods import dpo

    recipe = recipe_for("dpo", text={"max_tokens": 12})
    work = work_for("dpo", tmp_path, base, recipe=recipe)
    *_, left_out = dpo._pairs(material_for("dpo"), work, load_base(base))
    assert left_out == {"too_long": 12}
    with pytest.raises(dpo.NoPreferences):
        method_of(recipe).train(material_for("dpo"), work)
