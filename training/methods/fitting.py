"""One training loop for all methods that have none of their own: transformers' Trainer over
batches that are made for each step.

Public entries: `fit`, `Batches`, `Objective`. A method says what the examples of a step are, as a
function of the step alone, and what the loss of some of them is. So a run that is stopped, or
killed, goes on with the same losses, and a step that did not fit into memory is done again in
smaller pieces with the same gradient: the loss is a sum over all targets of a step, divided by
their number, however the step is cut and over however many processes it is spread.
"""

import resource
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import torch  # noqa: TID253
from torch.utils.data import DataLoader  # noqa: TID253
from transformers import Trainer, TrainerCallback, TrainingArguments  # noqa: TID253

from llm.engine.memory import is_out_of_memory
from runtime.errors import InputError
from training.methods.checkpoints import (
    BEST,
    TRAINED,
    StepLog,
    last_whole,
    load_trained,
    mark_whole,
    note_of,
    save_trained,
    step_of,
)
from training.methods.results import Fit, Step, Stopped, Work
from training.recipes import Recipe

_SMOOTHING: Final = 0.98
_DECAYS: Final = {
    "cosine": ("cosine_with_min_lr", {"min_lr_rate": 0.02}),
    "linear": ("linear", {}),
    "constant": ("constant_with_warmup", {}),
}
_OPTIMISERS: Final = {
    "adamw": "adamw_torch",
    "adamw_8bit": "adamw_bnb_8bit",
    "paged_adamw_8bit": "paged_adamw_8bit",
}


class TooLarge(InputError):
    """One row alone does not fit into memory."""


class Diverged(InputError):
    """The loss is no number any more."""


class Batches(Protocol):
    """`at(step)`, from 0: the examples of that step, the same whenever it is asked."""

    steps: int

    def at(self, step: int) -> Sequence[Any]: ...


@dataclass(frozen=True)
class Objective:
    """`loss` of some examples: a sum over their targets, with gradients. `weight`: the number (or
    weight) of an example's targets. `tokens`: how many tokens an example has."""

    loss: Callable[[Any, Sequence[Any]], torch.Tensor]
    weight: Callable[[Any], float]
    tokens: Callable[[Any], int]


def fit(
    model: Any,
    batches: Batches,
    objective: Objective,
    *,
    work: Work,
    validation: Sequence[Any] = (),
    left_out: dict[str, int] | None = None,
) -> Fit:
    """Train `model` in place. Goes on from `work.folder`'s last whole checkpoint; same recipe and
    batches, same result. With `validation` examples the best state seen is what `model` ends with.

    Raises `Stopped`, `TooLarge`, `Diverged`.
    """
    folder = work.folder / "checkpoints"
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint = last_whole(folder)
    done = step_of(checkpoint) if checkpoint else 0
    before = note_of(checkpoint) if checkpoint else {}
    log = StepLog(work.folder / "log.jsonl", after=done)
    if not done:
        (work.folder / BEST).unlink(missing_ok=True)
    keeper = _Keeper(work, batches, objective, validation, log, before)
    trainer = _StepTrainer(
        model=model,
        args=_arguments(work.recipe, folder, batches.steps),
        callbacks=[keeper],
    )
    trainer.steps, trainer.objective, trainer.keeper = batches, objective, keeper
    keeper.micro_batch = int(before.get("micro_batch", work.recipe.schedule.batch))
    try:
        if done < batches.steps:
            trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        elif checkpoint:
            load_trained(model, checkpoint / TRAINED)
    finally:
        log.close()
    if keeper.stopped:
        raise Stopped(keeper.stopped, keeper.step)
    if keeper.evaluations and (work.folder / BEST).is_file():
        load_trained(model, work.folder / BEST)
    return keeper.fit_of(model, left_out or {})


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


def _arguments(recipe: Recipe, folder: Path, steps: int) -> TrainingArguments:
    schedule = recipe.schedule
    decay, decay_settings = _DECAYS[schedule.decay]
    on_gpu = torch.cuda.is_available()
    return TrainingArguments(
        output_dir=str(folder),
        max_steps=steps,
        per_device_train_batch_size=1,  # an item is the number of a step
        learning_rate=schedule.learning_rate,
        weight_decay=schedule.weight_decay,
        warmup_steps=_warmup(schedule.warmup, steps),
        lr_scheduler_type=decay,
        lr_scheduler_kwargs=decay_settings,
        optim=_OPTIMISERS[schedule.optimiser],
        adam_beta2=0.98,
        max_grad_norm=1.0,
        bf16=recipe.weights.compute == "bfloat16" or (not on_gpu and _half(recipe)),
        fp16=recipe.weights.compute == "float16" and on_gpu,
        use_cpu=not on_gpu,
        seed=recipe.seed,
        dataloader_num_workers=0,
        dataloader_pin_memory=False,
        save_strategy="steps",
        save_steps=schedule.checkpoint_every or max(1, min(100, steps // 10)),
        save_total_limit=schedule.checkpoints,
        logging_strategy="no",
        logging_nan_inf_filter=False,
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
    )


def _half(recipe: Recipe) -> bool:
    """float16 is for GPUs: a CPU computes in bfloat16 instead."""
    return recipe.weights.compute == "float16"


def _warmup(given: float, steps: int) -> int:
    return max(round(given * steps), 1) if given < 1 else round(given)


class _Numbers(torch.utils.data.Dataset[int]):
    def __init__(self, count: int) -> None:
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number: int) -> int:
        if number >= self._count:
            raise IndexError(number)
        return number


class _StepTrainer(Trainer):
    """The Trainer's schedule, optimiser and checkpoints around steps of our own."""

    steps: Batches
    objective: Objective
    keeper: "_Keeper"

    def get_train_dataloader(self) -> Any:
        """Step numbers. Not handed to accelerate: every process makes the whole step and takes
        its rows."""
        return DataLoader(
            _Numbers(self.steps.steps), batch_size=1, collate_fn=lambda found: {"step": found[0]}
        )

    def training_step(self, model: Any, inputs: Any, num_items_in_batch: Any = None) -> Any:
        model.train()
        examples = self.steps.at(inputs["step"])
        total = sum(map(self.objective.weight, examples))
        rank, world = self.args.process_index, self.args.world_size
        own = list(examples[rank::world])
        while True:
            # Dropout is a function of the step too.
            torch.manual_seed(self.args.seed * 1_000_003 + inputs["step"] * world + rank)
            try:
                value = self._backward(model, own, examples[:1], scale=world / max(total, 1e-9))
                break
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
                model.zero_grad()
                self.keeper.halve(len(own))
        value = self.accelerator.reduce(value, reduction="mean")
        if not bool(torch.isfinite(value)):
            raise Diverged(
                "The loss is no number any more; lower schedule.learning_rate in the recipe."
            )
        self.keeper.note(float(value), sum(map(self.objective.tokens, examples)))
        return value

    def _backward(
        self, model: Any, own: Sequence[Any], spare: Sequence[Any], *, scale: float
    ) -> torch.Tensor:
        size = self.keeper.micro_batch
        pieces = [own[at : at + size] for at in range(0, len(own), size)]
        weight = 1.0
        if not pieces:  # fewer rows than processes: the others wait for this one's gradient
            pieces, weight = [spare], 0.0
        value = torch.zeros((), device=self.args.device)
        for number, piece in enumerate(pieces, start=1):
            with _together(model, last=number == len(pieces)):
                with self.compute_loss_context_manager():
                    loss = self.objective.loss(model, piece) * (scale * weight)
                self.accelerator.backward(loss)
            value += loss.detach().float()
        return value

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        if self.args.should_save and output_dir is not None:
            Path(output_dir).mkdir(parents=True, exist_ok=True)
            save_trained(self.accelerator.unwrap_model(self.model), Path(output_dir) / TRAINED)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        load_trained(self.model if model is None else model, Path(resume_from_checkpoint) / TRAINED)


def _together(model: Any, *, last: bool) -> AbstractContextManager[Any]:
    """Processes exchange their gradients once a step."""
    return nullcontext() if last or not hasattr(model, "no_sync") else model.no_sync()


class _Keeper(TrainerCallback):
    """Progress, the log, evaluations, and whether to stop."""

    def __init__(
        self,
        work: Work,
        batches: Batches,
        objective: Objective,
        validation: Sequence[Any],
        log: StepLog,
        before: dict[str, Any],
    ) -> None:
        self._work, self._objective, self._validation = work, objective, validation
        self._steps, self._log = batches.steps, log
        self._every = work.recipe.schedule.evaluate_every
        self.mean = float(before.get("mean", 0.0))
        self._noted = int(before.get("noted", 0))
        self.tokens = int(before.get("tokens", 0))
        self._before = float(before.get("seconds", 0.0))
        self._started = time.monotonic()
        self._last_loss = 0.0
        self.micro_batch = 1
        self.step = 0
        self.stopped = ""
        self.evaluations = [
            (line["step"], line["evaluation"]) for line in log.lines if "evaluation" in line
        ]

    @property
    def seconds(self) -> float:
        return self._before + time.monotonic() - self._started

    def halve(self, rows: int) -> None:
        """After an out-of-memory error: half as many rows at once."""
        if self.micro_batch <= 1 or rows <= 1:
            raise TooLarge(
                "One row alone does not fit into memory; lower text.max_tokens or prompt.budget."
            )
        self.micro_batch = max(1, min(self.micro_batch, rows) // 2)
        torch.cuda.empty_cache()

    def note(self, loss: float, tokens: int) -> None:
        self._noted += 1
        weight = min(_SMOOTHING, 1 - 1 / self._noted)
        self.mean = weight * self.mean + (1 - weight) * loss
        self._last_loss = loss
        self.tokens += tokens

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.step = state.global_step
        rate = kwargs["lr_scheduler"].get_last_lr()[0] if kwargs.get("lr_scheduler") else 0.0
        if state.is_world_process_zero:
            self._log.add(
                step=self.step,
                loss=self._last_loss,
                mean=round(self.mean, 6),
                rate=rate,
                tokens=self.tokens,
                seconds=round(self.seconds, 2),
                memory=peak_memory_bytes(),
            )
            self._work.watcher.on_step(
                Step(
                    step=self.step,
                    steps=self._steps,
                    loss=self._last_loss,
                    mean=self.mean,
                    tokens=self.tokens,
                    seconds=self.seconds,
                    learning_rate=rate,
                )
            )
        if self._validation and self._is_due():
            self._evaluate(kwargs["model"], control)
        why = self._work.watcher.should_stop()
        if why and self.step < self._steps:
            self.stopped = why
            control.should_save = control.should_training_stop = True

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if state.is_world_process_zero:
            mark_whole(
                Path(args.output_dir) / f"checkpoint-{state.global_step}",
                {
                    "step": state.global_step,
                    "mean": self.mean,
                    "noted": self._noted,
                    "tokens": self.tokens,
                    "seconds": round(self.seconds, 2),
                    "micro_batch": self.micro_batch,
                },
            )

    def _is_due(self) -> bool:
        every = self._every or max(1, self._steps // 10)
        return self.step % every == 0 or self.step == self._steps

    def _evaluate(self, model: Any, control: Any) -> None:
        loss = self._validation_loss(model)
        better = not self.evaluations or loss < min(value for _, value in self.evaluations)
        self.evaluations.append((self.step, loss))
        self._log.add(step=self.step, evaluation=loss)
        if better:
            save_trained(model, self._work.folder / BEST)
        self._work.watcher.on_evaluation(self.step, loss)
        patience = self._work.recipe.schedule.patience
        values = [value for _, value in self.evaluations]
        if patience and len(values) - 1 - values.index(min(values)) >= patience:
            control.should_training_stop = True

    @torch.no_grad()
    def _validation_loss(self, model: Any) -> float:
        model.eval()
        size = max(self.micro_batch, 1)
        held = self._validation
        pieces = [held[at : at + size] for at in range(0, len(held), size)]
        total = sum(float(self._objective.loss(model, piece)) for piece in pieces)
        model.train()
        return total / sum(map(self._objective.weight, held))

    def fit_of(self, model: Any, left_out: dict[str, int]) -> Fit:
        return Fit(
            steps=self.step or self._steps,
            loss=round(self.mean, 4),
            seconds=round(self.seconds, 1),
            trainable_parameters=sum(
                one.numel() for one in model.parameters() if one.requires_grad
            ),
            total_parameters=sum(one.numel() for one in model.parameters()),
            peak_memory_bytes=peak_memory_bytes(),
            tokens=self.tokens,
            gpu_seconds=round(self.seconds, 1) if torch.cuda.is_available() else 0.0,
            evaluations=tuple(self.evaluations),
            left_out=left_out,
            micro_batch=self.micro_batch,
        )
