"""Adapters: where they may go, what they begin as, which rows they read, that serving has them."""

import json
from dataclasses import replace

import pytest

from llm.engine.local import LocalEngine
from llm.engine.results import GenerationSettings, RowRequest
from llm.manifest import read_manifest, write_manifest
from llm.prompts import PROMPT_VERSION, render
from tests.training.tiny import ADAPTER, PROMPT, ROWS, tuned_recipe
from tests.training.tuning import SCHEDULE, losses, train
from training.methods.batches import NothingFits
from training.methods.results import Work

FEW_WORDS = {"wording": {"dropped_words": 0.0, "typing_errors": 0.0}}


def describe(folder, base_folder, method="lora"):
    stands_on = read_manifest(base_folder)
    fields = {"name": folder.parent.name, "method": method, "generation": {}}
    reference = {"name": stands_on.name, "digest": stands_on.digest}
    return write_manifest(folder, {**fields, "base": reference, "prompt_version": PROMPT_VERSION})


@pytest.fixture(scope="module")
def untied(base, tmp_path_factory):
    """The base with an output layer of its own."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = tmp_path_factory.mktemp("untied")
    model = AutoModelForCausalLM.from_pretrained(base[0])
    table = model.get_input_embeddings().weight.detach().clone()
    model.config.tie_word_embeddings = False
    model.lm_head.weight = type(model.lm_head.weight)(table)
    model.half().save_pretrained(folder)
    AutoTokenizer.from_pretrained(base[0]).save_pretrained(folder)
    fields = {"name": "untied", "method": "pretrain", "base": None, "generation": {}}
    write_manifest(folder, {**fields, "prompt_version": PROMPT_VERSION})
    return folder


@pytest.mark.parametrize(("tied", "bits"), [(True, 4), (False, 4), (False, 16)])
def test_an_adapter_on_lm_head_trains_saves_and_serves(base, untied, tmp_path, tied, bits):
    folder = base[0] if tied else untied
    schedule = {"steps": 12, "batch": 4, "learning_rate": 5e-2}
    targets = [*ADAPTER["targets"], "lm_head"]
    into, _ = train(
        tmp_path / "run",
        folder,
        adapter=ADAPTER | {"targets": targets},
        weights={"bits": bits},
        schedule=schedule,
    )
    seen = losses(tmp_path / "run")
    assert sum(seen[-3:]) < 0.9 * sum(seen[:3])
    weights = _names(into)
    assert any("lm_head.lora_A" in name for name in weights)
    assert not any("embed_tokens" in name or "base_layer" in name for name in weights)
    describe(into, folder)
    engine = LocalEngine(folder, four_bit=bits == 4)
    engine.load("tuned", into)
    engine.load("base", None)
    how = GenerationSettings(max_new_tokens=10)
    prompt = render(
        ROWS[0].prompt_input(company=""),
        count_tokens=engine.count_tokens,
        budget=tuned_recipe().prompt.as_budget(),
    )
    tuned, untuned = engine.generate([RowRequest(name, how, prompt) for name in ("tuned", "base")])
    # A letter that was cut off is shown to nobody.
    assert tuned.text == _greedy(folder, into, prompt, bits=bits).rstrip("\ufffd")
    assert tuned.text != untuned.text


def _names(folder):
    from safetensors import safe_open

    with safe_open(folder / "adapter_model.safetensors", "pt") as file:
        return list(file.keys())


def _greedy(base_folder, adapter, prompt, *, bits, tokens=10):
    """By PEFT, which reads what was saved without knowing of the engine."""
    import torch
    from peft import PeftModel

    from llm.engine.loading import load_base
    from llm.engine.tokens import prompt_ids

    loaded = load_base(base_folder, four_bit=bits == 4)
    model = PeftModel.from_pretrained(loaded.model, str(adapter)).eval()
    ids = prompt_ids(loaded.tokenizer, prompt)
    line = ids.context + ids.invocation
    written = []
    for _ in range(tokens):
        with torch.no_grad():
            token = int(model(input_ids=torch.tensor([line])).logits[0, -1].argmax())
        if token in loaded.end_ids:
            break
        line.append(token)
        written.append(token)
    return loaded.tokenizer.decode(written).strip()


def test_a_run_begins_as_the_version_that_it_is_given(base, tmp_path):
    plain = {"adapter": ADAPTER | {"dropout": 0.0}}
    first, _ = train(tmp_path / "first", base[0], **plain)
    describe(first, base[0])
    still = {"schedule": {"steps": 1, "batch": 4, "learning_rate": 1e-9}}
    on, _ = train(tmp_path / "on", base[0], begins_as=first, **plain, **still)
    new, _ = train(tmp_path / "new", base[0], **plain, **still)
    weights = "adapter_model.safetensors"
    assert (on / weights).read_bytes() == (first / weights).read_bytes()
    assert (new / weights).read_bytes() != (first / weights).read_bytes()
    assert losses(tmp_path / "on")[0] < losses(tmp_path / "new")[0]


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"adapter": ADAPTER | {"rank": 8}}, "another rank"),
        ({"adapter": ADAPTER | {"alpha": 9}}, "another alpha"),
        ({"adapter": ADAPTER | {"targets": ["q_proj"]}}, "another targets"),
        ({"method": "alora"}, "another invocation"),
    ],
)
def test_another_shape_of_adapter_is_not_gone_on_from(base, tmp_path, changes, what):
    from training.methods.adapters import OtherAdapter

    first, _ = train(tmp_path / "first", base[0])
    describe(first, base[0])
    with pytest.raises(OtherAdapter, match=what):
        train(tmp_path / "on", base[0], begins_as=first, **changes)
    assert not any((tmp_path / "on" / "into").iterdir())


def test_an_adapter_of_another_base_is_not_gone_on_from(base, untied, tmp_path):
    from training.methods.adapters import OtherAdapter

    first, _ = train(tmp_path / "first", untied)
    describe(first, untied)
    with pytest.raises(OtherAdapter, match="another base"):
        train(tmp_path / "on", base[0], begins_as=first)


def test_targets_that_the_base_does_not_have_are_one_clear_line(base, tmp_path):
    from runtime.errors import InputError

    with pytest.raises(InputError, match=r"no layers named c_attn; correct adapter\.targets"):
        train(tmp_path, base[0], adapter=ADAPTER | {"targets": ["c_attn"]})


def test_rows_that_do_not_fit_are_left_out_and_counted(base, tmp_path):
    long, empty = replace(ROWS[0], answer="x y " * 200), replace(ROWS[1], answer="  ")
    text = {"max_tokens": 96}
    schedule = SCHEDULE | {"max_answer_tokens": 500}
    _, fit = train(tmp_path, base[0], [*ROWS, long, empty], text=text, schedule=schedule)
    assert fit.left_out == {"too_long": 1, "empty": 1}
    with pytest.raises(NothingFits, match=r"None of the 2 rows fits: .* raise text\.max_tokens"):
        train(tmp_path / "none", base[0], [long, long], text=text, schedule=schedule)
    with pytest.raises(NothingFits, match="no rows to learn from"):
        train(tmp_path / "empty", base[0], [empty])


def test_an_answer_fits_with_the_mark_that_its_layout_closes_it_with(base):
    from transformers import AutoTokenizer

    from training.methods.batches import TuningBatches

    tokenizer = AutoTokenizer.from_pretrained(base[0])
    row = replace(ROWS[0], answer="qzxjvw" * 5)  # hardly a letter shares its token
    lengths = []
    for room in range(30, 120):
        text = {"layout": "chatml", "max_tokens": room}
        recipe = tuned_recipe(
            method="lora", text=text, schedule=SCHEDULE, prompt=PROMPT | {"budget": 900}
        )
        try:
            made = TuningBatches([row], recipe=recipe, tokenizer=tokenizer, company="")
        except NothingFits:
            continue
        assert len(made.at(0)[0]) <= room
        lengths.append(room)
    assert lengths == [*range(lengths[0], 120)]


def test_a_long_row_loses_the_beginning_of_its_context(base):
    from transformers import AutoTokenizer

    from training.methods.examples import TokenCounter, example

    tokenizer = AutoTokenizer.from_pretrained(base[0])
    settings = {"tokenizer": tokenizer, "count": TokenCounter(tokenizer), "company": ""}
    recipe = tuned_recipe()
    whole = example(ROWS[0], recipe=recipe, **settings)
    short = example(ROWS[0], recipe=recipe, room=60, **settings)
    assert len(whole) > 60 == len(short)
    assert short.answer == whole.answer
    assert short.invocation == whole.invocation
    assert short.context == whole.context[-len(short.context) :]


def test_begin_and_end_tokens_stand_where_the_recipe_wants_them():
    from tests.training.opening import opening_tokenizer
    from training.methods.examples import TokenCounter, example

    tokenizer = opening_tokenizer()
    settings = {"tokenizer": tokenizer, "count": TokenCounter(tokenizer), "company": ""}
    made = {
        (begin, end): example(
            ROWS[0], recipe=tuned_recipe(text={"begin": begin, "end": end}), **settings
        )
        for begin in (True, False)
        for end in (True, False)
    }
    for (begin, end), one in made.items():
        assert (one.context[0] == tokenizer.bos_token_id) is begin
        assert (one.answer[-1] == tokenizer.eos_token_id) is end
    assert made[True, True].context[1:] == made[False, True].context
    room = len(made[True, True]) - 20
    cut = example(ROWS[0], recipe=tuned_recipe(), room=room, **settings)
    assert cut.context[0] == tokenizer.bos_token_id
    assert len(cut) == room


def test_a_step_is_batch_times_accumulation_rows(base, tmp_path):
    same = {"rows": FEW_WORDS, "adapter": ADAPTER | {"dropout": 0.0}}
    same["weights"] = {"compute": "float32"}
    one = {"steps": 3, "batch": 4, "learning_rate": 1e-2}
    split = one | {"batch": 2, "accumulation": 2}
    _, whole = train(tmp_path / "one", base[0], schedule=one, **same)
    _, parts = train(tmp_path / "split", base[0], schedule=split, **same)
    assert losses(tmp_path / "split") == pytest.approx(losses(tmp_path / "one"), rel=1e-5)
    assert parts.tokens == whole.tokens
    assert parts.micro_batch == 2


@pytest.mark.parametrize("method", ["lora", "alora"])
def test_gradient_checkpointing_changes_nothing(base, tmp_path, method):
    same = {"method": method, "weights": {"compute": "float32"}}
    same["adapter"] = ADAPTER | {"dropout": 0.0}
    for twice in (False, True):
        schedule = SCHEDULE | {"checkpointing": twice}
        train(tmp_path / str(twice), base[0], validation=ROWS[:3], schedule=schedule, **same)
    assert losses(tmp_path / "True") == pytest.approx(losses(tmp_path / "False"), rel=1e-5)
    assert losses(tmp_path / "True")[2] != pytest.approx(losses(tmp_path / "True")[0], rel=1e-3)


def test_each_type_of_numbers_comes_to_about_the_same_losses(base, tmp_path):
    for compute in ("float32", "bfloat16", "float16"):
        settings = {"compute": compute}
        adapter = ADAPTER | {"dropout": 0.0}
        train(tmp_path / compute, base[0], weights=settings, adapter=adapter)
    exact = losses(tmp_path / "float32")
    assert losses(tmp_path / "bfloat16") == pytest.approx(exact, rel=0.02)
    assert losses(tmp_path / "bfloat16") != exact
    # A CPU has no fast float16: it computes in bfloat16 instead.
    assert losses(tmp_path / "float16") == losses(tmp_path / "bfloat16")


@pytest.mark.parametrize("schedule", [{"epochs": 2.0}, {"steps": 4}])
def test_packed_lines_are_full_and_each_row_comes_once_an_epoch(base, tmp_path, schedule):
    from transformers import AutoTokenizer

    from training.methods.batches import TuningBatches

    tokenizer = AutoTokenizer.from_pretrained(base[0])
    recipe = tuned_recipe(
        text={"max_tokens": 400, "packing": True},
        rows=FEW_WORDS,
        schedule={"batch": 2, "learning_rate": 1e-2} | schedule,
    )
    settings = {"recipe": recipe, "tokenizer": tokenizer, "company": ""}
    batches, again = TuningBatches(ROWS, **settings), TuningBatches(ROWS, **settings)
    lines = [line for step in range(batches.steps) for line in batches.at(step)]
    assert all(len(line) <= 400 for line in lines)
    assert all(len(line.examples) > 1 for line in lines[:4])
    assert again.at(batches.steps - 1) == batches.at(batches.steps - 1)
    if "epochs" in schedule:
        rows = sum(len(line.examples) for line in lines)
        assert 2 * len(ROWS) <= rows < 2 * len(ROWS) + 8
        answers = [tuple(one.answer) for line in lines for one in line.examples]
        assert min(map(answers.count, set(answers))) >= 2 * 6
    _, fit = train(
        tmp_path,
        base[0],
        text={"max_tokens": 400, "packing": True},
        schedule={"batch": 2, "learning_rate": 1e-2} | schedule,
    )
    assert fit.steps == batches.steps
    assert losses(tmp_path)[-1] < losses(tmp_path)[0]


def test_packed_rows_keep_their_own_losses(base):
    import torch

    from training.methods.adapters import objective, tuned_model
    from training.methods.batches import Packed, TuningBatches
    from training.methods.loading import load_for_training

    recipe = tuned_recipe(method="lora", adapter=ADAPTER | {"dropout": 0.0})
    work = Work(recipe=recipe, folder=base[0], into=base[0], base=base[0])
    loaded = load_for_training(work)
    model = tuned_model(loaded, work).eval()
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=1.0)
    rows = TuningBatches(ROWS, recipe=recipe, tokenizer=loaded.tokenizer, company="").at(0)
    loss = objective(model, loaded, recipe).loss
    alone = [float(loss(model, [row]).detach()) for row in rows]
    packed = float(loss(model, [Packed(tuple(rows))]).detach())
    assert packed == pytest.approx(sum(alone), rel=1e-5)
    assert float(loss(model, rows).detach()) == pytest.approx(sum(alone), rel=1e-5)


def test_the_version_says_nothing_of_this_machine(base, tmp_path):
    into, _ = train(tmp_path / "run", base[0])
    config = json.loads((into / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == "tiny-base"
    assert str(base[0]) not in (into / "adapter_config.json").read_text()
