"""What a recipe would train and take: counted exactly, estimated within a factor, no database."""

import itertools
import json
import subprocess
import sys
from io import StringIO
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from tests.training.tiny import SHAPE, base_recipe, tuned_recipe
from training.recipes import RecipeError, load_recipe, recipe_from, recipe_names

EXACT = {
    "llama2-7b-lamini": (4_194_304, 6_742_609_920, 0.0622),
    "hebrew-mistral-7b-chat": (86_065_184, 7_589_949_472, 1.1339),
    # Gemma 2's published 2,614,341,888, of which the table of 256,000 × 2,304 is trained once
    "gemma2-2b-fa-embeddings": (589_824_000, 2_614_341_888, 22.5611),
    # PEFT's encoder: 20 × 2,304, and three layers of width 128
    "gemma2-2b-fa-ptuning": (654_848, 2_614_341_888 + 654_848, 0.025),
    "gemma2-2b-fa-qlora": (10_383_360, 2_614_341_888 + 10_383_360, 0.3956),
    # GPT-J-6B's published 6,050,882,784, and r × (in + out) for two layers in each of 28
    "gptj-6b-support": (7_340_032, 6_050_882_784 + 7_340_032, 0.1212),
    "sample-tuned-a": (630_784, 4_892_928, 12.8917),
    "sample-base": (4_262_144, 4_262_144, 100.0),
}


@pytest.fixture
def speed(monkeypatch):
    """Operations a second: on the fastest machines the small recipes take no hundredth of an
    hour."""
    from training.methods import estimates

    monkeypatch.setattr(estimates, "_operations_per_second", lambda: 1e10)


def dry(name: str) -> dict:
    out = StringIO()
    call_command("finetune", "--recipe", name, "--dry-run", "--json", stdout=out)
    return json.loads(out.getvalue())


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_is_counted_without_database_or_weights(name, speed):
    # no db mark: pytest-django lets no query through
    found = dry(name)
    assert found["run"] is None
    assert 0 < found["trainable_parameters"] <= found["total_parameters"]
    if name in EXACT:
        exact = (found["trainable_parameters"], found["total_parameters"], found["trainable_pct"])
        assert exact == EXACT[name]
    assert 0.05 < found["memory_gib"] < 24  # each report used one card
    assert found["here"]["hours"] > 0
    assert found["here"]["memory_gib"] > found["memory_gib"] / 2
    assert found["seconds"] < 60


def test_dry_run_is_one_json_document_of_a_fresh_process_without_weights(tmp_path):
    name = "llama2-7b-lamini"
    done = subprocess.run(
        [sys.executable, "manage.py", "finetune", "--dry-run", "--json", f"--recipe={name}"],
        cwd=settings.BASE_DIR,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PASOKH_HOME": str(tmp_path)}
        | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout)["trainable_parameters"] == 4_194_304
    assert not (tmp_path / "postgres").exists()


def test_dry_run_says_what_is_missing_in_one_line(tmp_path):
    bare = tmp_path / "bare.toml"
    bare.write_text(
        'name="bare"\nmethod="lora"\nbase="b"\nseed=1\n[adapter]\nrank=1\nalpha=1\n'
        'targets=["q_proj"]\n[schedule]\nsteps=1\nbatch=1\nlearning_rate=1e-3\n'
    )
    shapes = {
        'architecture="gpt2"\nkv_heads=2\n': "gpt2 has no shape.kv_heads",
        'architecture="gpt2"\n': "adapter.targets names q_proj, which gpt2 does not have",
        'architecture="llama"\nheads=7\n': "no llama has such a shape",
        'speed="high"\narchitecture="llama"\n': "unknown field shape.speed; known are",
    }
    wrong = {"nothing": "There is no recipe nothing; there are: .*gemma2"}
    wrong[str(bare)] = "carries no shape to count"
    for number, (shape, match) in enumerate(shapes.items()):
        path = tmp_path / f"{number}.toml"
        path.write_text(f"{bare.read_text()}[shape]\n{shape}")
        wrong[str(path)] = match
    for given, match in wrong.items():
        with pytest.raises(CommandError, match=match) as caught:
            call_command("finetune", "--recipe", given, "--dry-run", stdout=StringIO())
        assert caught.value.returncode == 2
        assert "\n" not in str(caught.value)


def test_memory_is_near_what_torchtune_published_for_llama_8b():
    """7.4 GiB on one RTX 4090: QLoRA of Llama-3.1-8B, rank 8, batch 2 packed to 2,048."""
    from training.methods.shape import count

    found = count(_llama_8b())
    assert found.total_parameters == 8_030_261_248 + found.trainable_parameters
    assert found.memory_gib == pytest.approx(7.4, rel=0.1)


def test_memory_follows_what_decides_it():
    from training.methods.shape import count

    def gib(**changes):
        return count(_llama_8b(**changes)).memory_gib

    usual = gib()
    schedule = _llama_8b().schedule
    assert gib(weights={"bits": 16}) - usual == pytest.approx(6.98 * 1.489 / 1.0737, rel=0.02)
    assert gib(weights={"bits": 4, "double": False}) > usual + 0.25
    assert gib(schedule=_schedule(optimiser="adamw")) > usual
    assert gib(schedule=_schedule(checkpointing=False)) > usual + 5
    assert gib(schedule=_schedule(batch=4)) > usual + 1
    assert gib(weights={"bits": 4, "double": True, "attention": "eager"}) > usual
    assert schedule.checkpointing


def _schedule(**changes):
    usual = {"steps": 1, "batch": 2, "learning_rate": 3e-4, "checkpointing": True}
    return usual | {"optimiser": "paged_adamw_8bit"} | changes


def _llama_8b(**changes):
    seven = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    table = {
        "name": "llama-8b",
        "method": "qlora",
        "base": "llama-3.1-8b",
        "seed": 1,
        "shape": {
            "architecture": "llama",
            "vocabulary": 128256,
            "width": 4096,
            "layers": 32,
            "heads": 32,
            "kv_heads": 8,
            "feed_forward": 14336,
            "context": 8192,
            "tied": False,
        },
        "weights": {"bits": 4, "double": True},
        "adapter": {"rank": 8, "alpha": 16, "targets": seven},
        "text": {"max_tokens": 2048, "packing": True},
        "schedule": _schedule(),
    }
    return recipe_from(table | changes)


def test_hours_follow_steps_rows_and_parameters(speed):
    from training.methods import estimates
    from training.methods.shape import count

    steps = tuned_recipe(schedule={"steps": 10, "batch": 4, "learning_rate": 1e-3})
    epochs = tuned_recipe(schedule={"epochs": 2, "batch": 4, "learning_rate": 1e-3})
    row = estimates.row_tokens(steps)
    assert estimates.here(steps, count(steps)).tokens == 10 * 4 * row
    assert estimates.here(epochs, count(epochs), rows=500).tokens == 2 * 500 * row
    assert estimates.estimate(load_recipe("llama2-7b-lamini"), 100) > 1
    assert estimates.estimate(epochs, 10) < 1


def test_speed_of_a_machine_is_measured_also_where_it_stalls(monkeypatch):
    from training.methods import estimates

    monkeypatch.setenv("PASOKH_TRAINING_DEVICE", "cpu")
    seconds = SimpleNamespace(perf_counter=map(float, itertools.count()).__next__)
    monkeypatch.setattr(estimates, "time", seconds)  # a second goes by between any two looks
    assert estimates._operations_per_second() == 0.5 * 2 * 768**3


def test_shape_of_every_architecture_can_be_built_small():
    """What is counted is what `pretrain` builds."""
    from transformers import AutoModelForCausalLM

    from training.methods.shape import count, model_config

    for architecture in ("llama", "mistral", "gptj", "gpt2", "gemma2"):
        gpt = architecture in ("gptj", "gpt2")
        shape = SHAPE | {"architecture": architecture}
        recipe = base_recipe(shape=shape if gpt else shape | {"kv_heads": 1, "head_width": 16})
        built = AutoModelForCausalLM.from_config(model_config(recipe))
        own = sum(one.numel() for one in built.parameters())
        found = count(recipe)
        assert (found.trainable_parameters, found.total_parameters) == (own, own), architecture


@pytest.mark.parametrize("architecture", ["llama", "mistral", "gptj", "gemma2"])
def test_count_of_what_is_trained_is_pefts_own(architecture):
    import torch
    from peft import LoraConfig, PromptEncoderConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    from training.methods.shape import count, model_config

    targets = ["q_proj", "v_proj", "lm_head"]
    adapter = {"rank": 3, "alpha": 8, "targets": targets}
    changes = {"shape": SHAPE | {"architecture": architecture}, "adapter": adapter}
    lora = tuned_recipe(method="lora", **changes)
    virtual = {"tokens": 7, "hidden": 12}
    ptuned = tuned_recipe(method="ptuning", virtual=virtual, **changes)
    for recipe, config in (
        (lora, LoraConfig(task_type="CAUSAL_LM", r=3, target_modules=targets)),
        (
            ptuned,
            PromptEncoderConfig(
                task_type="CAUSAL_LM", num_virtual_tokens=7, encoder_hidden_size=12
            ),
        ),
    ):
        with torch.device("meta"):
            model = AutoModelForCausalLM.from_config(model_config(recipe))
            model = get_peft_model(model, config)
        own = sum(one.numel() for one in model.parameters() if one.requires_grad)
        assert count(recipe).trainable_parameters == own


def test_count_refuses_what_has_no_model_to_count():
    from dataclasses import replace

    from training.methods.shape import count

    with pytest.raises(RecipeError, match="carries no shape"):
        count(replace(tuned_recipe(), shape=None))
    with pytest.raises(RecipeError, match="tunes an embedder"):
        count(replace(tuned_recipe(), method="contrastive", adapter=None))
