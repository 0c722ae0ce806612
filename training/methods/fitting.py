"""One training loop for all methods: transformers' Trainer over ready-made batches.

Public entry: `fit`. The methods bring an iterator of batches and their loss; schedule, optimiser,
clipping, precision and the report of progress are the same for all. bfloat16 halves the time on
processors that multiply in it; weights and the optimiser's state stay float32.
"""

import resource
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch  # noqa: TID253
from torch.utils.data import IterableDataset  # noqa: TID253
from transformers import Trainer, TrainerCallback, TrainingArguments  # noqa: TID253

from training.methods.results import Fit, OnStep
from training.recipes import Recipe

_SMOOTHING = 0.98


def fit(
    model: Any,
    batches: Iterator[Any],
    *,
    recipe: Recipe,
    loss: Callable[[Any, Any, Any], torch.Tensor],
    on_step: OnStep,
) -> Fit:
    """Train `model` in place for the recipe's steps; same recipe and batches, same result."""
    started = time.monotonic()
    progress = _Progress(on_step)
    with TemporaryDirectory(prefix="pasokh-fit-") as folder:
        trainer = _BatchTrainer(
            model=model,
            args=_arguments(recipe, Path(folder)),
            train_dataset=_Batches(batches),
            data_collator=_only,
            callbacks=[progress],
        )
        trainer.batch_loss, trainer.progress = loss, progress
        trainer.train()
    return Fit(
        steps=recipe.schedule.steps,
        loss=round(progress.mean, 4),
        seconds=round(time.monotonic() - started, 1),
        trainable_parameters=sum(one.numel() for one in model.parameters() if one.requires_grad),
        total_parameters=sum(one.numel() for one in model.parameters()),
        peak_memory_bytes=peak_memory_bytes(),
    )


def round_up(length: int, multiple: int) -> int:
    """The length that a batch is padded to. A new size costs a new kernel and new memory on the
    CPU (hundreds of sizes: half the speed, gigabytes more), so there are few."""
    return -(-length // multiple) * multiple


def peak_memory_bytes() -> int:
    """The most that this process has held, or the GPU where there is one."""
    if torch.cuda.is_available():
        return int(torch.cuda.max_memory_allocated())
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _arguments(recipe: Recipe, folder: Path) -> TrainingArguments:
    schedule = recipe.schedule
    return TrainingArguments(
        output_dir=str(folder),
        max_steps=schedule.steps,
        per_device_train_batch_size=1,  # an item of the data set is a whole batch
        learning_rate=schedule.learning_rate,
        weight_decay=schedule.weight_decay,
        warmup_steps=max(round(schedule.warmup * schedule.steps), 1),
        lr_scheduler_type="cosine_with_min_lr",
        lr_scheduler_kwargs={"min_lr_rate": 0.02},
        adam_beta2=0.98,
        max_grad_norm=1.0,
        bf16=True,
        use_cpu=not torch.cuda.is_available(),
        seed=recipe.seed,
        dataloader_num_workers=0,
        dataloader_pin_memory=False,
        save_strategy="no",
        logging_strategy="no",
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
    )


class _Batches(IterableDataset[Any]):
    def __init__(self, batches: Iterator[Any]) -> None:
        self._batches = batches

    def __iter__(self) -> Iterator[Any]:
        return self._batches


def _only(items: list[dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    return items[0]


class _BatchTrainer(Trainer):
    batch_loss: Callable[[Any, Any, Any], torch.Tensor]
    progress: "_Progress"

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, **kwargs: Any
    ) -> torch.Tensor:
        with torch.autocast(self.args.device.type, dtype=torch.bfloat16):
            value = self.batch_loss(self, model, inputs)
        self.progress.note(float(value.detach()))
        return value


class _Progress(TrainerCallback):
    def __init__(self, on_step: OnStep) -> None:
        self._on_step = on_step
        self.mean = 0.0
        self._noted = 0

    def note(self, loss: float) -> None:
        self._noted += 1
        weight = min(_SMOOTHING, 1 - 1 / self._noted)
        self.mean = weight * self.mean + (1 - weight) * loss

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._on_step(state.global_step, self.mean)
