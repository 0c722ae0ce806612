"""What goes on beside the steps of a run: its log, its evaluations, its best state, when it stops.

Public entry: `Keeper`, a callback of transformers' Trainer. Of several processes the first alone
writes and is asked whether to stop; the others hear from it.
"""

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import torch  # noqa: TID253
from django.utils.translation import gettext_noop
from transformers import TrainerCallback  # noqa: TID253

from llm.engine.memory import is_out_of_memory
from runtime.errors import InputError
from training.methods.checkpoints import (
    BEST,
    StepLog,
    mark_whole,
    prune,
    save_trained,
    writing,
)
from training.methods.results import Fit, Step, Work
from training.methods.sharded import is_sharded
from training.peak_memory import peak_memory_bytes

_SMOOTHING: Final = 0.98


class TooLarge(InputError):
    """One row alone does not fit into memory."""


class Diverged(InputError):
    """The loss is no number any more."""

    def __init__(self) -> None:
        super().__init__(
            "The loss is no number any more; lower schedule.learning_rate in the recipe."
        )


def from_first(value: str) -> str:
    """What the first process says, in all of them."""
    if not (torch.distributed.is_available() and torch.distributed.is_initialized()):
        return value
    told = [value]
    torch.distributed.broadcast_object_list(told, src=0)
    return told[0]


class Keeper(TrainerCallback):
    """`stopped`: why the run ended early, "" if it did not."""

    def __init__(
        self,
        work: Work,
        steps: int,
        log: StepLog,
        before: dict[str, Any],
        *,
        validation_loss: Callable[[Any, int], float] | None,
        first: bool,
    ) -> None:
        self._work, self._steps, self._log = work, steps, log
        self._validation_loss, self._first = validation_loss, first
        self.mean = float(before.get("mean", 0.0))
        self._noted = int(before.get("noted", 0))
        self.tokens = int(before.get("tokens", 0))
        self._before = float(before.get("seconds", 0.0))
        self._started = time.monotonic()
        self._last_loss = 0.0
        self.micro_batch = int(before.get("micro_batch", work.recipe.schedule.batch))
        self.step = int(before.get("step", 0))
        self.stopped = ""
        self.interrupted = False
        self.evaluations: list[tuple[int, float]] = [
            (line["step"], line["evaluation"]) for line in log.lines if "evaluation" in line
        ]

    @property
    def seconds(self) -> float:
        return self._before + time.monotonic() - self._started

    @property
    def is_patient(self) -> bool:
        """False once the loss on the validation rows has not fallen for too long."""
        patience = self._work.recipe.schedule.patience
        values = [value for _, value in self.evaluations]
        return not (patience and values and len(values) - 1 - _lowest(values) >= patience)

    def halve(self, rows: int) -> None:
        """After an out-of-memory error: half as many rows at once."""
        if self.micro_batch <= 1 or rows <= 1:
            raise TooLarge(
                gettext_noop(
                    "One row alone does not fit into memory; lower text.max_tokens or"
                    " prompt.budget, or set schedule.checkpointing in the recipe."
                )
            )
        self.micro_batch = max(1, min(self.micro_batch, rows) // 2)
        with writing():
            self._log.add(step=self.step + 1, micro_batch=self.micro_batch)

    def note(self, loss: float, tokens: int) -> None:
        self._noted += 1
        weight = min(_SMOOTHING, 1 - 1 / self._noted)
        self.mean = weight * self.mean + (1 - weight) * loss
        self._last_loss = loss
        self.tokens += tokens

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.step = state.global_step
        rate = kwargs["lr_scheduler"].get_last_lr()[0] if kwargs.get("lr_scheduler") else 0.0
        with writing():
            self._log.add(
                step=self.step,
                loss=self._last_loss,
                mean=round(self.mean, 6),
                rate=rate,
                tokens=self.tokens,
                seconds=round(self.seconds, 2),
                memory=peak_memory_bytes(),
            )
        if self._first:
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
        if self._validation_loss is not None and self._is_due():
            self._evaluate(kwargs["model"], control)
        self._ask(control)

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if not self._first:
            return
        folder = Path(args.output_dir)
        checkpoint = folder / f"checkpoint-{state.global_step}"
        note = {
            "step": state.global_step,
            "mean": self.mean,
            "noted": self._noted,
            "tokens": self.tokens,
            "seconds": round(self.seconds, 2),
            "micro_batch": self.micro_batch,
        }
        with writing(unfinished=checkpoint):
            mark_whole(checkpoint, note)
        prune(folder, keep=self._work.recipe.schedule.checkpoints)

    def _ask(self, control: Any) -> None:
        why = "asked" if self.interrupted else ""
        why = from_first(why or (self._work.watcher.should_stop() if self._first else ""))
        if why and self.step < self._steps and not control.should_training_stop:
            self.stopped = why
            control.should_save = control.should_training_stop = True

    def _is_due(self) -> bool:
        schedule = self._work.recipe.schedule
        once = self._steps / schedule.epochs if schedule.epochs else self._steps / 10
        every = schedule.evaluate_every or max(1, round(once))
        return self.step % every == 0 or self.step == self._steps

    def _evaluate(self, model: Any, control: Any) -> None:
        loss = self._measured(model)
        if not math.isfinite(loss):
            raise Diverged
        better = not self.evaluations or loss < min(value for _, value in self.evaluations)
        self.evaluations.append((self.step, loss))
        if better and (self._first or is_sharded(model)):
            with writing():
                save_trained(_bare(model), self._work.folder / BEST, writes=self._first)
        if self._first:
            with writing():
                self._log.add(step=self.step, evaluation=loss)
            self._work.watcher.on_evaluation(self.step, loss)
        if not self.is_patient:
            # The state that it ends with is a checkpoint, so that going on is to be ready at once.
            control.should_save = control.should_training_stop = True

    def _measured(self, model: Any) -> float:
        assert self._validation_loss is not None
        model.eval()
        try:
            with torch.no_grad():
                while True:
                    try:
                        return self._validation_loss(model, self.micro_batch)
                    except Exception as error:
                        if not is_out_of_memory(error):
                            raise
                    self.halve(self.micro_batch)
        finally:
            model.train()

    def fit_of(self, model: Any, left_out: dict[str, int]) -> Fit:
        on_gpu = next(model.parameters()).device.type == "cuda"
        return Fit(
            steps=self.step,
            loss=round(self.mean, 4),
            seconds=round(self.seconds, 1),
            trainable_parameters=sum(
                one.numel() for one in model.parameters() if one.requires_grad
            ),
            total_parameters=sum(map(_size, model.parameters())),
            peak_memory_bytes=peak_memory_bytes(),
            tokens=self.tokens,
            gpu_seconds=round(self.seconds * _processes(), 1) if on_gpu else 0.0,
            evaluations=tuple(self.evaluations),
            left_out=left_out,
            micro_batch=self.micro_batch,
        )


def _processes() -> int:
    """Each works on a GPU of its own."""
    distributed = torch.distributed
    there = distributed.is_available() and distributed.is_initialized()
    return distributed.get_world_size() if there else 1


def _lowest(values: Sequence[float]) -> int:
    return values.index(min(values))


def _size(weight: Any) -> int:
    """Of a 4-bit weight two stand in a byte."""
    state = getattr(weight, "quant_state", None)
    return int(weight.numel() if state is None else state.shape.numel())


def _bare(model: Any) -> Any:
    """The model itself where accelerate has put something around it."""
    return getattr(model, "module", model)
