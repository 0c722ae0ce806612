"""The two sides of `bench.training`, each run in a process of its own: `run_side`."""

import json
import time
from pathlib import Path
from typing import Any, Final

from bench.training_material import SEED

WARM: Final = 1
"""Steps before the clock starts: kernels and memory come into being in them."""
TARGETS: Final = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
BATCH, ACCUMULATION = 2, 4


class _Clock:
    """When each step ended."""

    def __init__(self) -> None:
        self.ends: list[float] = []
        self.processor: list[float] = []
        self.losses: list[float] = []
        self.before = _memory("VmRSS")

    def tick(self, loss: float | None = None) -> None:
        self.ends.append(time.perf_counter())
        self.processor.append(time.process_time())
        if loss is not None:
            self.losses.append(loss)

    def result(self, rows: list[dict[str, list[int]]]) -> dict[str, Any]:
        size = BATCH * ACCUMULATION
        counted = rows[WARM * size : len(self.ends) * size]
        return {
            "tokens": sum(len(ids) for row in counted for ids in row.values()),
            "seconds": self.ends[-1] - self.ends[WARM - 1],
            "processor": self.processor[-1] - self.processor[WARM - 1],
            "peak_mib": _memory("VmHWM"),
            "before_mib": self.before,
            "losses": self.losses,
        }


def _memory(name: str) -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    return 0.0


def run_side(given: Any) -> dict[str, Any]:
    import torch

    torch.set_num_threads(given.threads)
    rows = json.loads((given.folder / "rows.json").read_text(encoding="utf-8"))
    side = _ours if given.side == "ours" else _theirs
    return side(rows, given)


def _ours(rows: list[dict[str, list[int]]], given: Any) -> dict[str, Any]:
    from training.methods.adapters import objective, tuned_model
    from training.methods.examples import Example
    from training.methods.fitting import fit
    from training.methods.loading import load_for_training
    from training.methods.results import Nobody, Work
    from training.recipes import recipe_from

    recipe = recipe_from(
        {
            "name": "bench",
            "method": given.method,
            "base": "base",
            "seed": SEED,
            "adapter": {
                "rank": 16,
                "alpha": 32,
                "dropout": given.dropout,
                "targets": list(TARGETS),
            },
            "weights": {"bits": given.bits, "compute": given.compute},
            "schedule": {
                "steps": WARM + given.steps,
                "batch": BATCH,
                "accumulation": ACCUMULATION,
                "learning_rate": 2e-4,
                "decay": "constant",
                "checkpointing": given.checkpointing,
                "checkpoint_every": 10_000,
            },
        }
    )

    class Watching(Nobody):
        def on_step(self, step: Any) -> None:
            clock.tick(step.loss)

    class Steps:
        steps = WARM + given.steps

        def at(self, step: int) -> list[Example]:
            size = BATCH * ACCUMULATION
            return [Example(**row) for row in rows[step * size : (step + 1) * size]]

    clock = _Clock()
    into = given.folder / f"ours-{time.monotonic_ns()}"
    work = Work(
        recipe=recipe, folder=into, into=into, base=given.folder / "base", watcher=Watching()
    )
    base = load_for_training(work)
    clock.before = _memory("VmRSS")
    model = tuned_model(base, work)
    fit(model, Steps(), objective(model, base, recipe), work=work)
    return clock.result(rows)


def _theirs(rows: list[dict[str, list[int]]], given: Any) -> dict[str, Any]:
    import torch
    from datasets import Dataset
    from peft import LoraConfig, get_peft_model
    from transformers import (
        AutoModelForCausalLM,
        AutoTokenizer,
        BitsAndBytesConfig,
        TrainerCallback,
    )
    from trl import SFTConfig, SFTTrainer

    dtype = torch.bfloat16 if given.compute == "bfloat16" else torch.float32
    packed = BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=dtype
    )
    clock = _Clock()
    model = AutoModelForCausalLM.from_pretrained(
        given.folder / "base",
        dtype=torch.float32,
        quantization_config=packed if given.bits == 4 else None,
    )
    clock.before = _memory("VmRSS")
    torch.manual_seed(SEED)
    settings = LoraConfig(
        task_type="CAUSAL_LM",
        r=16,
        lora_alpha=32,
        lora_dropout=given.dropout,
        target_modules=list(TARGETS),
    )

    class Watching(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
            clock.tick()

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **m: Any) -> None:
            if "loss" in logs:
                clock.losses.append(float(logs["loss"]))

    trainer = SFTTrainer(
        model=get_peft_model(model, settings),
        processing_class=AutoTokenizer.from_pretrained(given.folder / "base"),
        train_dataset=Dataset.from_list([_as_they_read(row) for row in rows]),
        callbacks=[Watching()],
        args=SFTConfig(
            output_dir=str(given.folder / "theirs"),
            max_steps=WARM + given.steps,
            per_device_train_batch_size=BATCH,
            gradient_accumulation_steps=ACCUMULATION,
            learning_rate=2e-4,
            lr_scheduler_type="constant_with_warmup",
            warmup_steps=1,
            adam_beta2=0.98,
            completion_only_loss=True,
            max_length=2048,
            gradient_checkpointing=given.side == "trl",
            use_cpu=True,
            bf16=given.compute == "bfloat16",
            train_sampling_strategy="sequential",
            dataloader_pin_memory=False,
            logging_steps=1,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            seed=SEED,
        ),
    )
    trainer.train()
    return clock.result(rows)


def _as_they_read(row: dict[str, list[int]]) -> dict[str, list[int]]:
    prompt = row["context"] + row["invocation"]
    return {
        "input_ids": prompt + row["answer"],
        "completion_mask": [0] * len(prompt) + [1] * len(row["answer"]),
    }
