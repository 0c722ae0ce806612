"""Every mix that one batch can hold is what its versions write alone, on every kind of base."""

import json
from itertools import combinations

import pytest

from llm.engine.progress import whole_letters
from llm.engine.results import EngineError, GenerationSettings, RowRequest
from llm.manifest import ManifestError, read_manifest, write_manifest
from tests.llm.tiny_models import ANSWERS, prompt

KINDS = ("base", "first", "second", "plain", "virtual", "tables", "layers")
"""Untuned; activated LoRA of rank 8 and 4; LoRA; P-tuned; LoRA with embeddings of its own;
embeddings alone."""
NOISE = 0.05
MIXES = [*combinations(KINDS, 2), *zip(KINDS, KINDS[2:], KINDS[3:], strict=False), KINDS]


@pytest.fixture(scope="session")
def versions(tiny, tmp_path_factory):
    """Folders of versions of every kind, the new ones with random weights."""
    import torch
    from safetensors.torch import load_file, save_file

    root = tmp_path_factory.mktemp("versions")
    reference = {"name": "base", "digest": read_manifest(tiny / "base").digest}
    torch.manual_seed(3)

    def save(name: str, file: str, weights: dict, config: dict | None) -> None:
        folder = root / name
        folder.mkdir()
        save_file(weights, folder / file)
        if config is not None:
            (folder / "adapter_config.json").write_text(json.dumps(config))
        fields = {"name": name, "method": "x", "prompt_version": "x", "generation": {}}
        write_manifest(folder, fields | {"base": reference})

    table = load_file(tiny / "base" / "model.safetensors")["model.embed_tokens.weight"].float()
    other = table + NOISE * torch.randn_like(table)
    save("layers", "layers.safetensors", {"model.embed_tokens.weight": other}, None)
    plain = load_file(tiny / "plain" / "adapter_model.safetensors")
    config = json.loads((tiny / "plain" / "adapter_config.json").read_text())
    save(
        "tables",
        "adapter_model.safetensors",
        plain
        | {
            "base_model.model.model.embed_tokens.weight": table + NOISE * torch.randn_like(table),
            "base_model.model.lm_head.weight": table + NOISE * torch.randn_like(table),
        },
        config | {"modules_to_save": ["embed_tokens", "lm_head"]},
    )
    _save_p_tuned(tiny / "base", root / "virtual")
    fields = {"name": "virtual", "method": "ptuning", "prompt_version": "x", "generation": {}}
    write_manifest(root / "virtual", fields | {"base": reference})
    return {name: tiny / name for name in ("first", "second", "plain")} | {
        name: root / name for name in ("virtual", "tables", "layers")
    }


def _save_p_tuned(base, folder):
    """As PEFT saves it."""
    from peft import PromptEncoderConfig, get_peft_model
    from safetensors.torch import load_file, save_file

    from llm.engine.loading import load_base

    config = PromptEncoderConfig(
        task_type="CAUSAL_LM", num_virtual_tokens=4, encoder_hidden_size=32
    )
    get_peft_model(load_base(base).model, config).save_pretrained(folder)
    weights = load_file(folder / "adapter_model.safetensors")
    save_file(
        {name: 15 * one for name, one in weights.items()}, folder / "adapter_model.safetensors"
    )
    (folder / "README.md").unlink(missing_ok=True)


def _engine(tiny, versions, monkeypatch, kind):
    import torch

    from llm.engine import loading, local

    if kind == "packed":
        monkeypatch.setattr(loading, "UNPACK_BELOW", 0)
    if kind == "generic":
        monkeypatch.setattr(local, "knows", lambda *_, **__: False)
    if kind == "bfloat16":
        read = loading._read_model
        monkeypatch.setattr(
            loading, "_read_model", lambda *_, **__: read(*_, **__).to(torch.bfloat16)
        )
    engine = local.LocalEngine(tiny / "base", four_bit=kind not in ("full", "bfloat16"))
    engine.load("base", None)
    for name, folder in versions.items():
        engine.load(name, folder)
    return engine


def _row(name, number, **settings):
    return RowRequest(
        name, GenerationSettings(**({"max_new_tokens": 16} | settings)), prompt(number)
    )


def _scores(monkeypatch):
    """The scores that tokens were chosen by, a tensor a step."""
    from llm.engine import sampling

    seen = []
    choose = sampling.Sampler.choose

    def spy(self, scores):
        seen.append(scores.float().clone())
        return choose(self, scores)

    monkeypatch.setattr(sampling.Sampler, "choose", spy)
    return seen


def _written(results):
    return [(one.text, one.tokens, one.finish) for one in results]


@pytest.mark.parametrize("kind", ["full", "unpacked", "packed", "generic"])
def test_every_mix_writes_what_its_versions_write_alone(tiny, versions, monkeypatch, kind):
    """Token for token, prompts of two tickets among them. On packed 4-bit layers bitsandbytes
    computes in bfloat16, differently for one row and for many: there only what was learnt by heart
    has winners clear enough."""
    engine = _engine(tiny, versions, monkeypatch, kind)
    names = [name for name in KINDS if kind != "packed" or name in ("base", "first", "second")]
    alone = {
        (name, number): _written(engine.generate([_row(name, number)]))[0]
        for name in names
        for number in (0, 1)
    }
    # plain has learnt first's answers; four virtual tokens change scores, not these answers
    assert len({alone[name, 0][0] for name in names}) == (3 if kind == "packed" else 5)
    for at, mix in enumerate(mix for mix in MIXES if set(mix) <= set(names)):
        rows = [(name, (at + place) % 2) for place, name in enumerate(mix)]
        together = _written(engine.generate([_row(*row) for row in rows]))
        assert together == [alone[row] for row in rows]


@pytest.mark.parametrize(("kind", "tolerance"), [("packed", 0.06), ("bfloat16", 0.06)])
def test_logits_in_a_mix_are_those_alone_within_a_tolerance(
    tiny, versions, monkeypatch, kind, tolerance
):
    """The scores of each row's first token, of the largest score."""
    import torch

    engine = _engine(tiny, versions, monkeypatch, kind)
    assert engine._write.__name__ == "decode"
    seen = _scores(monkeypatch)
    order = ("base", "first", "second", "plain", "virtual", "tables", "layers")
    for name in order:
        engine.generate([_row(name, 0, max_new_tokens=1)])
    shared = prompt(0)
    settings = GenerationSettings(max_new_tokens=1)
    engine.generate([RowRequest(name, settings, shared) for name in order])
    alone, mixed = torch.cat(seen[:-1]), seen[-1]
    assert mixed.shape == alone.shape
    # rows of one reading stand beside each other in the batch, in the order of `order`
    assert float((alone - mixed).abs().max()) <= tolerance * float(alone.abs().max())
    assert float((alone[0] - alone[1]).abs().max()) > tolerance * float(alone.abs().max())


def test_p_tuned_row_has_the_scores_that_peft_gives(tiny, versions, monkeypatch):
    import torch
    from peft import PeftModel

    from llm.engine.loading import load_base
    from llm.engine.local import LocalEngine
    from llm.engine.tokens import prompt_ids

    base = load_base(tiny / "base")
    ids = prompt_ids(base.tokenizer, prompt(0))
    whole = torch.tensor([ids.context + ids.invocation])
    with torch.inference_mode():
        untuned = base.model(input_ids=whole).logits[0, -1]
        model = PeftModel.from_pretrained(base.model, str(versions["virtual"])).eval()
        expected = model(input_ids=whole, attention_mask=torch.ones_like(whole)).logits[0, -1]
    engine = LocalEngine(tiny / "base")
    engine.load("base", None)
    engine.load("virtual", versions["virtual"])
    seen = _scores(monkeypatch)
    engine.generate([_row(name, 0, max_new_tokens=1) for name in ("base", "virtual")])
    assert torch.allclose(seen[-1][0], untuned, atol=1e-3)
    assert torch.allclose(seen[-1][1], expected, atol=1e-3)
    assert float((expected - untuned).abs().max()) > 0.1


def test_tables_row_writes_what_the_changed_model_writes(tiny, versions):
    """Embeddings alone: the base with its table replaced, through transformers."""
    import torch
    from safetensors.torch import load_file

    from llm.engine.loading import load_base
    from llm.engine.local import LocalEngine
    from llm.engine.tokens import prompt_ids

    base = load_base(tiny / "base")
    ids = prompt_ids(base.tokenizer, prompt(1))
    whole = torch.tensor([ids.context + ids.invocation])
    weights = load_file(versions["layers"] / "layers.safetensors")
    base.model.get_input_embeddings().weight.data = weights["model.embed_tokens.weight"]
    base.model.get_output_embeddings().weight.data = weights["model.embed_tokens.weight"]
    with torch.inference_mode():
        written = base.model.generate(
            input_ids=whole, attention_mask=torch.ones_like(whole), max_new_tokens=16
        )[0, len(ids) :]
    written = [one for one in written.tolist() if one != base.tokenizer.eos_token_id]
    engine = LocalEngine(tiny / "base")
    engine.load("base", None)
    engine.load("layers", versions["layers"])
    row, base_row = engine.generate([_row("layers", 1), _row("base", 1)])
    assert row.text == whole_letters(engine._text(written))
    assert base_row.text == ANSWERS["base"][1]


def test_tables_of_another_vocabulary_are_refused(tiny, versions, engine, tmp_path):
    import shutil

    from safetensors.torch import load_file, save_file

    shutil.copytree(versions["layers"], tmp_path / "layers")
    path = tmp_path / "layers" / "layers.safetensors"
    save_file({name: one[:-1].contiguous() for name, one in load_file(path).items()}, path)
    manifest = read_manifest(versions["layers"])
    fields = {key: manifest.data[key] for key in manifest.data if key not in ("files", "format")}
    write_manifest(tmp_path / "layers", fields)
    with pytest.raises(ManifestError, match=r"layers: .* fit its base \(another vocabulary"):
        engine.load("layers", tmp_path / "layers")


def test_sampled_rows_of_several_tickets_are_what_they_are_alone(engine):
    def rows(number):
        return [
            _row("base", number, temperature=1.5, top_p=0.9, repetition_penalty=1.1, seed=seed)
            for seed in (1, 2, 3)
        ] + [_row("first", number)]

    together = [*rows(0), *rows(1), *rows(2)]
    alone = [_written(engine.generate([row]))[0] for row in together]
    assert _written(engine.generate(together)) == alone
    assert len(set(alone)) > 6


def test_packed_base_that_has_served_takes_an_adapter_unchanged(tiny, versions, monkeypatch):
    """bitsandbytes lays its weights out anew when they serve, and PEFT asks for them at each
    adapter: what comes back must not be another base."""
    engine = _engine(tiny, {}, monkeypatch, "packed")
    for number in range(3):
        assert (
            engine.generate([_row("base", number, max_new_tokens=60)])[0].text
            == (ANSWERS["base"][number])
        )
    engine.load("first", versions["first"])
    for number in range(3):
        assert (
            engine.generate([_row("first", number, max_new_tokens=60)])[0].text
            == (ANSWERS["first"][number])
        )


def test_architecture_with_a_sliding_window_goes_the_generic_way():
    from transformers import MistralConfig, MistralForCausalLM

    from llm.engine.attention import knows

    def model(window):
        return MistralForCausalLM(
            MistralConfig(
                vocab_size=50,
                hidden_size=32,
                intermediate_size=32,
                num_hidden_layers=2,
                num_attention_heads=4,
                num_key_value_heads=2,
                sliding_window=window,
            )
        ).eval()

    assert knows(model(None), room=256)
    assert not knows(model(16), room=256)


@pytest.mark.parametrize(
    ("name", "known"), [("GPT2", True), ("GPTNeoX", True), ("GPTJ", False), ("Gemma2", False)]
)
def test_architectures_are_known_or_left_to_transformers(name, known):
    import transformers

    from llm.engine.attention import knows

    small = {"vocab_size": 50, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
    config = getattr(transformers, f"{name}Config")(**small, pad_token_id=0)
    for key in ("intermediate_size", "head_dim", "rotary_dim"):
        if hasattr(config, key) and getattr(config, key):
            setattr(config, key, 8 if key != "intermediate_size" else 32)
    if hasattr(config, "num_key_value_heads"):
        config.num_key_value_heads = 2
    kind = "GPT2LMHeadModel" if name == "GPT2" else f"{name}ForCausalLM"
    model = getattr(transformers, kind)(config).eval()
    assert knows(model, room=256) is known


def test_unknown_version_is_named_before_anything_is_written(engine):
    with pytest.raises(EngineError, match="missing is not loaded"):
        engine.check(_row("missing", 0))
    engine.check(_row("first", 0))
