"""What a run keeps so that it can go on: whole checkpoints, the log of its steps, its best state.

Public entries: `last_whole`, `mark_whole`, `save_trained`, `load_trained`, `StepLog`. Only what is
trained is saved, under its name in the model and in full precision: PEFT's own saving of a P-tuned
prompt keeps the encoder's output alone, from which no training can go on. A checkpoint counts when
its mark was written, which is the last thing that happens to it.
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from safetensors.torch import load_file, save_file

TRAINED: Final = "trained.safetensors"
BEST: Final = "best.safetensors"
_MARK: Final = "whole.json"
_PREFIX: Final = "checkpoint-"


def save_trained(model: Any, path: Path) -> None:
    """All weights that have gradients, by name; of tied ones the first name."""
    trained = {
        name: weight.detach().contiguous().cpu()
        for name, weight in model.named_parameters()
        if weight.requires_grad
    }
    beside = path.with_name(f".{path.name}.new")
    save_file(trained, beside)
    beside.replace(path)


def load_trained(model: Any, path: Path) -> None:
    """Raises KeyError where the file is of another model."""
    saved = load_file(path)
    for name, weight in model.named_parameters():
        if weight.requires_grad:
            weight.data.copy_(saved[name])


def mark_whole(checkpoint: Path, note: Mapping[str, Any]) -> None:
    """Everything of it is on the disk."""
    beside = checkpoint / f".{_MARK}.new"
    beside.write_text(json.dumps(dict(note)), encoding="utf-8")
    beside.replace(checkpoint / _MARK)


def last_whole(folder: Path) -> Path | None:
    """The newest checkpoint with its mark; those that were cut off are removed."""
    whole = {}
    for checkpoint in folder.glob(f"{_PREFIX}*"):
        if (checkpoint / _MARK).is_file():
            whole[step_of(checkpoint)] = checkpoint
        else:
            shutil.rmtree(checkpoint, ignore_errors=True)
    return whole[max(whole)] if whole else None


def step_of(checkpoint: Path) -> int:
    return int(checkpoint.name.removeprefix(_PREFIX))


def note_of(checkpoint: Path) -> dict[str, Any]:
    """What `mark_whole` was given."""
    note: dict[str, Any] = json.loads((checkpoint / _MARK).read_text(encoding="utf-8"))
    return note


class StepLog:
    """`log.jsonl`: a line for every step, in the order of steps whatever was repeated."""

    def __init__(self, path: Path, *, after: int) -> None:
        """Lines of steps above `after` are dropped: they will be done again."""
        kept = [line for line in read_log(path) if line["step"] <= after]
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.new")
        beside.write_text("".join(f"{json.dumps(line)}\n" for line in kept), encoding="utf-8")
        beside.replace(path)
        self.lines = kept
        self._file = path.open("a", encoding="utf-8")

    def add(self, **line: Any) -> None:
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()


def read_log(path: Path) -> list[dict[str, Any]]:
    """Its whole lines; a last one that was cut off is left out. {"step", "loss", …} for a step,
    {"step", "evaluation"} for an evaluation."""
    if not path.is_file():
        return []
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            break
    return found
