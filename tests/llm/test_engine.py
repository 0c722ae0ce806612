"""The local engine on real small models: a row of a mixed batch is what its version writes."""

import shutil

import pytest

from llm.engine.results import (
    EngineError,
    GenerationSettings,
    PromptTooLong,
    RowRequest,
    SettingsError,
)
from llm.manifest import ManifestError
from llm.prompts import INVOCATION, Prompt
from tests.llm.tiny_models import ANSWERS, QUESTIONS, prompt, rewrite_manifest

VERSIONS = ("first", "second", "base", "plain")
NUMBERS = range(len(QUESTIONS))


def requests(number, *versions: str, **settings) -> list[RowRequest]:
    """Rows on the prompt of that number, or on a prompt of one's own."""
    asked = prompt(number) if isinstance(number, int) else number
    return [
        RowRequest(version, GenerationSettings(**({"max_new_tokens": 60} | settings)), asked)
        for version in versions
    ]


def texts(results) -> list[str]:
    return [result.text for result in results]


def hook_count(engine) -> int:
    registers = ("_forward_pre_hooks", "_forward_hooks", "_forward_pre_hooks_with_kwargs")
    return sum(
        len(getattr(module, register))
        for module in engine._shelf.network.modules()
        for register in registers
    )


@pytest.mark.parametrize("number", NUMBERS)
def test_generate_gives_each_row_its_own_versions_answer(engine, number):
    results = engine.generate(requests(number, *VERSIONS))
    assert texts(results) == [
        ANSWERS[name][number] for name in ("first", "second", "base", "first")
    ]
    assert {result.finish for result in results} == {"stop"}


@pytest.mark.parametrize("number", NUMBERS)
def test_generate_mixed_equals_each_version_alone(engine, number):
    mixed = engine.generate(requests(number, *VERSIONS, max_new_tokens=12))
    alone = [
        engine.generate(requests(number, version, max_new_tokens=12))[0] for version in VERSIONS
    ]
    assert [(row.text, row.tokens, row.finish) for row in mixed] == [
        (row.text, row.tokens, row.finish) for row in alone
    ]


@pytest.mark.parametrize("version", ["first", "second", "plain"])
@pytest.mark.parametrize("number", NUMBERS)
def test_generate_equals_plain_peft_without_shared_prefill(engine, tiny, version, number):
    """What PEFT writes when it reads the whole prompt with the adapter on, token for token."""
    import torch
    from peft import PeftModel

    from llm.engine.loading import load_base
    from llm.engine.tokens import prompt_ids

    base = load_base(tiny / "base")
    model = PeftModel.from_pretrained(base.model, str(tiny / version)).eval()
    ids = prompt_ids(base.tokenizer, prompt(number))
    whole = torch.tensor([ids.context + ids.invocation])
    with torch.inference_mode():
        written = model.generate(
            input_ids=whole, attention_mask=torch.ones_like(whole), max_new_tokens=60
        )[0, len(ids) :]
    expected = base.tokenizer.decode(written, skip_special_tokens=True)
    names = ["base", version, "second" if version == "first" else "first"]
    assert engine.generate(requests(number, *names))[1].text == expected
    assert written[-1] == base.tokenizer.eos_token_id


def test_generate_adapters_change_the_answer(engine):
    first, second, base = texts(engine.generate(requests(0, "first", "second", "base")))
    assert len({first, second, base}) == 3


def test_generate_twice_same_version_in_one_batch(engine):
    results = texts(engine.generate(requests(1, "first", "second", "first", "second")))
    assert results[0] == results[2] == ANSWERS["first"][1]
    assert results[1] == results[3] == ANSWERS["second"][1]


def test_generate_packed_base_gives_the_same_answers(tiny, monkeypatch):
    """Above the size limit the base stays in 4-bit layers, where PEFT's own mixed batch fails."""
    import bitsandbytes

    from llm.engine import loading
    from llm.engine.local import LocalEngine

    monkeypatch.setattr(loading, "UNPACK_BELOW", 0)
    packed = LocalEngine(tiny / "base")
    packed.load("base", None)
    for name in ("first", "second"):
        packed.load(name, tiny / name)
    layers = packed._shelf.network.modules()
    assert any(isinstance(module, bitsandbytes.nn.Linear4bit) for module in layers)
    for number in NUMBERS:
        rows = ("second", "first", "base", "first")
        assert texts(packed.generate(requests(number, *rows))) == [
            ANSWERS[name][number] for name in rows
        ]


def test_load_base_unpacked_keeps_the_numbers_of_four_bits(tiny):
    import bitsandbytes
    import torch

    from llm.engine.loading import load_base

    packed = load_base(tiny / "base", keep_packed=True).model
    unpacked = dict(load_base(tiny / "base").model.named_modules())
    exact = dict(load_base(tiny / "base", four_bit=False).model.named_modules())
    layers = [
        (name, module)
        for name, module in packed.named_modules()
        if isinstance(module, bitsandbytes.nn.Linear4bit)
    ]
    assert len(layers) == 14
    for name, layer in layers:
        values = bitsandbytes.functional.dequantize_4bit(layer.weight, layer.weight.quant_state)
        assert type(unpacked[name]) is torch.nn.Linear
        assert torch.equal(unpacked[name].weight, values)
        assert not torch.equal(exact[name].weight, values)


def test_generate_stops_each_row_at_its_own_limit(engine):
    rows = [*requests(0, "first", max_new_tokens=3), *requests(0, "second", max_new_tokens=7)]
    short, longer, whole = engine.generate([*rows, *requests(0, "base")])
    assert (short.tokens, short.finish) == (3, "length")
    assert (longer.tokens, longer.finish) == (7, "length")
    assert whole.text == ANSWERS["base"][0]
    assert ANSWERS["second"][0].startswith(longer.text)


def test_generate_sampling_depends_on_the_seed_alone(engine):
    def hot(seed):
        return requests(0, "base", temperature=2.0, seed=seed)[0]

    def write(*rows):
        return texts(engine.generate(rows))

    alone = write(hot(1))
    assert write(hot(2), hot(1), *requests(0, "first"))[1:] == [alone[0], ANSWERS["first"][0]]
    assert len(set(write(*[hot(seed) for seed in range(8)]))) > 1


def test_sampling_gives_each_row_its_own_settings():
    """Row 0 is penalised for token 2, which it holds; row 1 is not; row 2 has no usable scores."""
    import torch

    from llm.engine.sampling import Draws, Sampler

    settings = [GenerationSettings(repetition_penalty=2.0), *[GenerationSettings()] * 2]
    scores = torch.tensor([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0], [1.0, torch.nan, 3.0]])
    sampler = Sampler([Draws(one) for one in settings], [[2]] * 3, scores.device)
    tokens, usable = sampler.choose(scores)
    assert (tokens[:2], usable) == ([1, 2], [True, True, False])
    assert sampler.choose(scores)[0][0] == 2  # 1.5 now stands against a penalised 1


def test_generate_cancel_stops_at_once(engine):
    seen = []
    results = engine.generate(
        requests(0, "first", "base"),
        on_text=lambda row, text: seen.append(text),
        should_stop=lambda row: bool(seen),
    )
    assert {result.finish for result in results} == {"cancelled"}
    assert max(result.tokens for result in results) < 6
    assert texts(engine.generate(requests(0, "first"))) == [ANSWERS["first"][0]]


def test_generate_cancel_keeps_rows_that_had_ended(engine):
    asked = 0

    def should_stop(row):
        nonlocal asked
        asked += row == 1
        return asked == 5

    rows = [*requests(0, "first", max_new_tokens=2), *requests(0, "second")]
    assert [row.finish for row in engine.generate(rows, should_stop=should_stop)] == [
        "length",
        "cancelled",
    ]


@pytest.mark.parametrize("where", ["on_text", "should_stop"])
def test_generate_survives_an_exception_of_its_caller(engine, where):
    class Gone(Exception):
        pass

    def fail(*_):
        raise Gone

    before = hook_count(engine)
    with pytest.raises(Gone):
        engine.generate(requests(0, "first", "second", "base"), **{where: fail})
    assert hook_count(engine) == before
    assert texts(engine.generate(requests(0, "second", "base"))) == [
        ANSWERS["second"][0],
        ANSWERS["base"][0],
    ]


def test_generate_leaves_no_hooks_when_a_layer_fails(engine, monkeypatch):
    layer = engine._shelf.network.model.layers[1].mlp
    before = hook_count(engine)
    with monkeypatch.context() as patch:
        patch.setattr(layer, "forward", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            engine.generate(requests(0, "first", "second"))
    assert hook_count(engine) == before
    assert texts(engine.generate(requests(0, "second"))) == [ANSWERS["second"][0]]


def test_generate_a_version_of_nan_fails_alone(engine, tiny, tmp_path):
    """A training that diverged: its files are what the manifest says, and worth nothing."""
    import torch
    from safetensors.torch import load_file, save_file

    from llm.manifest import write_manifest

    shutil.copytree(tiny / "second", tmp_path / "diverged")
    weights = load_file(tmp_path / "diverged" / "adapter_model.safetensors")
    save_file(
        {name: torch.full_like(weight, torch.nan) for name, weight in weights.items()},
        tmp_path / "diverged" / "adapter_model.safetensors",
    )
    fields = {"name": "diverged", "method": "alora", "prompt_version": "x", "generation": {}}
    base = {"name": "base", "digest": engine.base.digest}
    write_manifest(tmp_path / "diverged", fields | {"base": base})
    engine.load("diverged", tmp_path / "diverged")
    first, diverged = engine.generate(requests(0, "first", "diverged"))
    assert (diverged.finish, diverged.text) == ("failed", "")
    assert (first.finish, first.text) == ("stop", ANSWERS["first"][0])


def test_load_refuses_a_damaged_adapter_and_names_the_version(engine, tiny, tmp_path):
    shutil.copytree(tiny / "first", tmp_path / "copy")
    weights = tmp_path / "copy" / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    with pytest.raises(ManifestError, match=r"version first: adapter_model\.safetensors"):
        engine.load("other", tmp_path / "copy")
    assert texts(engine.generate(requests(0, "first"))) == [ANSWERS["first"][0]]
    with pytest.raises(EngineError, match="other is not loaded"):
        engine.generate(requests(0, "other"))


@pytest.mark.parametrize("loaded_before", [False, True])
def test_load_refuses_weights_that_do_not_fit_and_stays_whole(tiny, tmp_path, loaded_before):
    """The files are what the manifest says, but of another shape or of other layers."""
    from safetensors.torch import load_file, save_file

    from llm.engine.local import LocalEngine
    from llm.manifest import read_manifest, write_manifest

    engine = LocalEngine(tiny / "base")
    if loaded_before:
        engine.load("second", tiny / "second")
    path = tmp_path / "first" / "adapter_model.safetensors"
    for change in ("shape", "missing", "foreign"):
        shutil.rmtree(tmp_path / "first", ignore_errors=True)
        shutil.copytree(tiny / "first", tmp_path / "first")
        weights = load_file(path)
        name = next(iter(weights))
        if change == "shape":
            weights[name] = weights[name][:, :3].contiguous()
        elif change == "missing":
            del weights[name]
        else:
            weights["base_model.model.elsewhere.lora_A.weight"] = weights.pop(name)
        save_file(weights, path)
        write_manifest(tmp_path / "first", _fields_of(read_manifest(tiny / "first")))
        with pytest.raises(ManifestError, match="version first: its adapter does not fit"):
            engine.load("first", tmp_path / "first")
    engine.load("first", tiny / "first")
    assert texts(engine.generate(requests(0, "first"))) == [ANSWERS["first"][0]]


def test_load_refuses_an_adapter_of_another_base(engine, tiny, tmp_path):
    shutil.copytree(tiny / "first", tmp_path / "first")
    rewrite_manifest(tmp_path / "first", base={"name": "base", "digest": "0" * 64})
    with pytest.raises(ManifestError, match="version first was not trained on the base base"):
        engine.load("other", tmp_path / "first")


@pytest.mark.parametrize(
    ("key", "value"),
    [("use_dora", True), ("modules_to_save", ["norm"]), ("peft_type", "PROMPT_TUNING")],
)
def test_load_refuses_what_a_mixed_batch_cannot_carry(engine, tiny, tmp_path, key, value):
    import json

    from llm.manifest import read_manifest, write_manifest

    shutil.copytree(tiny / "first", tmp_path / "first")
    path = tmp_path / "first" / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
    write_manifest(tmp_path / "first", _fields_of(read_manifest(tiny / "first")))
    with pytest.raises(ManifestError, match="version first: its adapter is of a kind"):
        engine.load("other", tmp_path / "first")


def test_load_refuses_a_tuned_version_as_a_base(tiny):
    from llm.engine.local import LocalEngine

    with pytest.raises(ManifestError, match="first is tuned"):
        LocalEngine(tiny / "first")


def test_load_same_name_again_serves_the_new_folder(engine, tiny):
    engine.load("first", tiny / "second")
    assert texts(engine.generate(requests(0, "first", "second"))) == [
        ANSWERS["second"][0],
        ANSWERS["second"][0],
    ]
    engine.unload("second")  # "first" still stands on the same adapter
    assert texts(engine.generate(requests(0, "first"))) == [ANSWERS["second"][0]]


def test_unload_last_adapter_leaves_the_base(tiny):
    from llm.engine.local import LocalEngine

    engine = LocalEngine(tiny / "base")
    engine.load("base", None)
    engine.load("first", tiny / "first")
    engine.unload("first")
    assert texts(engine.generate(requests(0, "base"))) == [ANSWERS["base"][0]]
    engine.load("second", tiny / "second")
    assert texts(engine.generate(requests(0, "second"))) == [ANSWERS["second"][0]]


def test_generate_refuses_a_prompt_of_another_layout(engine):
    other = Prompt("Customer: hello\n", "Answer:", 0, 0, cut=False, version="other")
    with pytest.raises(EngineError, match="first was trained on another prompt layout"):
        engine.generate(requests(other, "base", "first"))
    assert len(engine.generate(requests(other, "base"))) == 1


def test_generate_refuses_a_prompt_without_room(engine):
    long = Prompt("word " * 300, INVOCATION, 0, 0, cut=False, version="x")
    with pytest.raises(PromptTooLong):
        engine.generate(requests(long, "base"))


def test_generate_ends_where_the_context_is_full(engine):
    tokens = engine.count_tokens("a b c d " * 24)
    filler = Prompt("a b c d " * 24, INVOCATION, 0, 0, cut=False, version="x")
    (result,) = engine.generate(requests(filler, "base", max_new_tokens=4000, temperature=2.0))
    assert tokens < result.prompt_tokens
    assert result.prompt_tokens + result.tokens <= 256


@pytest.mark.parametrize("count", [0, 257])
def test_generate_refuses_no_rows_and_too_many(engine, count):
    with pytest.raises(EngineError, match="1 to 256 rows"):
        engine.generate(requests(0, *["base"] * count))


@pytest.mark.parametrize(
    "given",
    [
        {"max_new_tokens": 0},
        {"temperature": -1},
        {"top_p": 0},
        {"repetition_penalty": 9},
        {"seed": -1},
        {"beams": 3},
        {"temperature": "hot"},
        {"max_new_tokens": True},
    ],
)
def test_settings_refuse_what_gives_no_text(given):
    with pytest.raises(SettingsError):
        GenerationSettings.of(given)


def test_settings_keep_what_a_manifest_leaves_out():
    settings = GenerationSettings.of({"max_new_tokens": 20.0, "temperature": 1})
    assert settings == GenerationSettings(max_new_tokens=20, temperature=1)
    assert isinstance(settings.max_new_tokens, int)


def _fields_of(manifest) -> dict[str, object]:
    return {key: manifest.data[key] for key in manifest.data if key not in ("files", "format")}
