"""What a run keeps so that it can go on: whole checkpoints, the log of its steps, its best state.

Public entries: `last_whole`, `mark_whole`, `prune`, `save_trained`, `load_trained`, `writing`,
`StepLog`. Only what is trained is saved, under its name in the model and in full precision: PEFT's
own saving of a P-tuned prompt keeps the encoder's output alone, from which no training can go on.
A checkpoint counts when its mark was written, which is the last thing that happens to it.
"""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from django.utils.translation import gettext_noop
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from runtime.errors import InputError
from training.full_disk import DiskFull, is_full
from training.methods.sharded import put, whole

TRAINED: Final = "trained.safetensors"
BEST: Final = "best.safetensors"
_MARK: Final = "whole.json"
_PREFIX: Final = "checkpoint-"


class OtherCheckpoint(InputError):
    """The run's folder holds checkpoints of a model of another shape."""


@contextmanager
def writing(unfinished: Path | None = None) -> Iterator[None]:
    """Says in one line that the disk is full. What was being written (`unfinished`) is removed."""
    try:
        yield
    except (OSError, RuntimeError, SafetensorError) as error:
        if not is_full(error):
            raise
        if unfinished is not None:
            shutil.rmtree(unfinished, ignore_errors=True)
        raise DiskFull(
            gettext_noop(
                "The disk is full, and the run could not be kept; make room below PASOKH_HOME and"
                " go on with --resume."
            )
        ) from error


def save_trained(model: Any, path: Path, *, writes: bool = True) -> None:
    """All weights that have gradients, by name; of tied ones the first name. Where each process
    holds a part of them, all call this and one `writes`."""
    trained = {
        name: whole(weight.detach()).contiguous().cpu()
        for name, weight in model.named_parameters()
        if weight.requires_grad
    }
    if not writes:
        return
    beside = path.with_name(f".{path.name}.new")
    try:
        save_file(trained, beside)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def load_trained(model: Any, path: Path) -> None:
    """Raises `OtherCheckpoint` where the file is of another model."""
    saved = load_file(path)
    for name, weight in model.named_parameters():
        if not weight.requires_grad:
            continue
        if name not in saved or saved[name].shape != weight.shape:
            raise OtherCheckpoint(
                gettext_noop(
                    "The run's checkpoints are of another model or recipe; start a new run instead"
                    " of going on with this one."
                )
            )
        put(weight, saved[name])


def mark_whole(checkpoint: Path, note: Mapping[str, Any]) -> None:
    """Everything of it is on the disk, also if the machine loses its power now."""
    for path in checkpoint.iterdir():
        _flush(path)
    beside = checkpoint / f".{_MARK}.new"
    beside.write_text(json.dumps(dict(note)), encoding="utf-8")
    _flush(beside)
    beside.replace(checkpoint / _MARK)


def prune(folder: Path, *, keep: int) -> None:
    """Of the whole checkpoints only the newest `keep` stay."""
    steps = sorted(_whole(folder))
    for step in steps[: -max(keep, 1)]:
        # The mark goes first: a removal that is cut off leaves nothing that counts.
        checkpoint = folder / f"{_PREFIX}{step}"
        (checkpoint / _MARK).unlink(missing_ok=True)
        shutil.rmtree(checkpoint, ignore_errors=True)


def last_whole(folder: Path, *, tidy: bool = True) -> Path | None:
    """The newest checkpoint with its mark; with `tidy` those that were cut off are removed."""
    whole = _whole(folder)
    if tidy:
        for checkpoint in folder.glob(f"{_PREFIX}*"):
            if checkpoint not in whole.values():
                shutil.rmtree(checkpoint, ignore_errors=True)
    return whole[max(whole)] if whole else None


def _whole(folder: Path) -> dict[int, Path]:
    marked = (one.parent for one in folder.glob(f"{_PREFIX}*/{_MARK}"))
    return {step_of(one): one for one in marked}


def step_of(checkpoint: Path) -> int:
    return int(checkpoint.name.removeprefix(_PREFIX))


def note_of(checkpoint: Path) -> dict[str, Any]:
    """What `mark_whole` was given."""
    note: dict[str, Any] = json.loads((checkpoint / _MARK).read_text(encoding="utf-8"))
    return note


def _flush(path: Path) -> None:
    if path.is_file():
        with path.open("rb") as file:
            os.fsync(file.fileno())


class StepLog:
    """`log.jsonl`: a line for every step, in the order of steps whatever was repeated."""

    def __init__(self, path: Path, *, after: int, writes: bool = True) -> None:
        """Lines of steps above `after` are dropped: they will be done again. Of several processes
        only one `writes`."""
        self.lines = [line for line in read_log(path) if line["step"] <= after]
        self._file = None
        if writes:
            path.parent.mkdir(parents=True, exist_ok=True)
            beside = path.with_name(f".{path.name}.new")
            text = "".join(f"{json.dumps(line)}\n" for line in self.lines)
            beside.write_text(text, encoding="utf-8")
            beside.replace(path)
            self._file = path.open("a", encoding="utf-8")

    def add(self, **line: Any) -> None:
        if self._file is not None:
            self._file.write(json.dumps(line) + "\n")
            self._file.flush()

    def close(self) -> None:
        if self._file is not None:
            with suppress(OSError):  # what a full disk did not take was told when it was written
                self._file.close()


def read_log(path: Path) -> list[dict[str, Any]]:
    """Its whole lines; a last one that was cut off is left out. {"step", "loss", …} for a step,
    {"step", "evaluation"} for an evaluation, {"step", "micro_batch"} where memory ran out."""
    if not path.is_file():
        return []
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            break
    return found
