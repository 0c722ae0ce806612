"""One training loop for all methods that have none of their own: transformers' Trainer over
batches that are made for each step.

Public entries: `fit`, `Batches`, `Objective`. A method says what the examples of a step are, as a
function of the step alone, and what the loss of some of them is. So a run that is stopped, or
killed, goes on with the same losses, and a step that did not fit into memory is done again in
smaller pieces with the same gradient: the loss is a sum over all targets of a step, divided by
their number, however the step is cut and over however many processes it is spread.
"""

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import torch  # noqa: TID253
from django.utils.translation import gettext_noop
from torch.utils.data import DataLoader  # noqa: TID253
from transformers import PrinterCallback, Trainer, TrainingArguments  # noqa: TID253

from llm.engine.memory import is_out_of_memory
from training.methods.checkpoints import (
    BEST,
    TRAINED,
    StepLog,
    last_whole,
    load_trained,
    note_of,
    save_trained,
    step_of,
    writing,
)
from training.methods.devices import compute_type, on_gpu
from training.methods.keeping import Diverged, Keeper, TooLarge, from_first
from training.methods.results import Fit, Stopped, Work
from training.methods.sharded import is_sharded, make_whole
from training.recipes import Recipe

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

    Ctrl-C lets the step end and stops with a checkpoint; a second one stops at once. Raises
    `Stopped`, `TooLarge`, `Diverged`, `DiskFull`, `NoGpu`.
    """
    arguments = _arguments(work.recipe, work.folder / "checkpoints", batches.steps)
    first = arguments.process_index == 0
    with writing():
        checkpoint, done, keeper, log = _begun(work, batches, objective, validation, first=first)
    trainer = _StepTrainer(model=model, args=arguments, callbacks=[keeper])
    trainer.remove_callback(PrinterCallback)  # it prints into what a command says
    trainer.steps, trainer.objective, trainer.keeper = batches, objective, keeper
    if work.recipe.schedule.checkpointing:
        _compute_twice(model)
    try:
        if done < batches.steps and keeper.is_patient:
            with _interrupting(keeper):
                trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        elif checkpoint:
            load_trained(model, checkpoint / TRAINED)
    except KeyboardInterrupt:
        # In the middle of a step: what counts is the last whole checkpoint.
        kept = last_whole(work.folder / "checkpoints", tidy=False)
        raise Stopped("asked", step_of(kept) if kept else 0) from None
    except Exception as error:
        if is_out_of_memory(error):  # not a row's activations: the weights or the optimiser's state
            raise TooLarge(
                gettext_noop(
                    "The model does not fit into memory; choose a smaller base, or weights.bits = 4"
                    " in the recipe."
                )
            ) from error
        raise
    finally:
        log.close()
    if keeper.stopped:
        raise Stopped(keeper.stopped, keeper.step)
    from_first("")  # what the first process wrote is on the disk now
    if keeper.evaluations and (work.folder / BEST).is_file():
        load_trained(model, work.folder / BEST)
    make_whole(model)
    if not all(bool(torch.isfinite(one).all()) for one in model.parameters() if one.requires_grad):
        raise Diverged  # in the very last step
    return keeper.fit_of(model, left_out or {})


def _begun(
    work: Work,
    batches: Batches,
    objective: Objective,
    validation: Sequence[Any],
    *,
    first: bool,
) -> tuple[Path | None, int, Keeper, StepLog]:
    """Where the run stands: its last whole checkpoint, and what was noted with it."""
    folder = work.folder / "checkpoints"
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint = last_whole(folder, tidy=first)
    done = step_of(checkpoint) if checkpoint else 0
    log = StepLog(work.folder / "log.jsonl", after=done, writes=first)
    if not done and first:
        (work.folder / BEST).unlink(missing_ok=True)
    keeper = Keeper(
        work,
        batches.steps,
        log,
        note_of(checkpoint) if checkpoint else {},
        validation_loss=_mean_loss(objective, validation) if validation else None,
        first=first,
    )
    return checkpoint, done, keeper, log


def _mean_loss(objective: Objective, held: Sequence[Any]) -> Callable[[Any, int], float]:
    """The loss of a target, over all that are `held`, `size` rows at once."""

    def measured(model: Any, size: int) -> float:
        pieces = [held[at : at + size] for at in range(0, len(held), size)]
        total = sum(float(objective.loss(model, piece)) for piece in pieces)
        return total / sum(map(objective.weight, held))

    return measured


@contextmanager
def _interrupting(keeper: Keeper) -> Iterator[None]:
    """Ctrl-C is heard after the step, unless whoever started the run listens by themselves."""
    usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not usual or threading.current_thread() is not threading.main_thread():
        yield
        return

    def heard(number: int, frame: Any) -> None:
        if keeper.interrupted:
            raise KeyboardInterrupt
        keeper.interrupted = True

    signal.signal(signal.SIGINT, heard)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _compute_twice(model: Any) -> None:
    """Activations are computed again in the backward pass instead of being kept. With frozen
    embeddings nothing would reach the layers' inputs, so these are made to want gradients."""
    model.activation_checkpointing_enable(activation_checkpointing_kwargs={"use_reentrant": False})
    if hasattr(model, "enable_input_require_grads"):
        model.enable_input_require_grads()


def round_up(length: int, multiple: int) -> int:
    """The length that a batch is padded to. A new size costs a new kernel and new memory on the
    CPU (hundreds of sizes: half the speed, gigabytes more), so there are few."""
    return -(-length // multiple) * multiple


def _arguments(recipe: Recipe, folder: Path, steps: int) -> TrainingArguments:
    schedule = recipe.schedule
    decay, decay_settings = _DECAYS[schedule.decay]
    computed = compute_type(recipe)
    arguments = TrainingArguments(
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
        bf16=computed == torch.bfloat16,
        fp16=computed == torch.float16,
        use_cpu=not on_gpu(),
        seed=recipe.seed,
        dataloader_num_workers=0,
        dataloader_pin_memory=False,
        save_strategy="steps",
        save_steps=schedule.checkpoint_every or max(1, min(100, steps // 10)),
        save_total_limit=None,  # the keeper removes old ones once the new one is whole
        logging_strategy="no",
        logging_nan_inf_filter=False,
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
    )
    # Of several GPUs a process works on one: the Trainer would cut what it is given into as many
    # pieces (DataParallel), and our inputs are no rows of a batch.
    arguments._n_gpu = min(arguments.n_gpu, 1)
    return arguments


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
    keeper: Keeper

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
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
        value = self.accelerator.reduce(value, reduction="mean")
        if not bool(torch.isfinite(value)):
            raise Diverged
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

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        unfinished = Path(self.args.output_dir) / f"checkpoint-{self.state.global_step}"
        with writing(unfinished=unfinished if self.args.should_save else None):
            super()._save_checkpoint(model, trial)

    def _save_rng_state(self, output_dir: str) -> None:
        """The first process alone writes; chance is a function of the step."""
        if self.args.should_save:
            super()._save_rng_state(output_dir)

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        writes = self.args.should_save
        if output_dir is None or not (writes or is_sharded(self.model)):
            return
        if writes:
            Path(output_dir).mkdir(parents=True, exist_ok=True)
        bare = self.accelerator.unwrap_model(self.model)
        save_trained(bare, Path(output_dir) / TRAINED, writes=writes)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        load_trained(self.model if model is None else model, Path(resume_from_checkpoint) / TRAINED)


def _together(model: Any, *, last: bool) -> AbstractContextManager[Any]:
    """Processes exchange their gradients once a step."""
    return nullcontext() if last or not hasattr(model, "no_sync") else model.no_sync()
