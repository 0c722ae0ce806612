"""What goes in and out of the methods, and how one is found: `Work`, `Fit`, `Method`, `method_of`.

No torch here: a method's module loads only where it runs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Protocol

from training.datasets import Corpus, Preference, Row
from training.recipes import Recipe

METHOD_MODULES: Final = {
    "pretrain": "training.methods.pretrain",
    "continued": "training.methods.continued",
    "lora": "training.methods.adapters",
    "qlora": "training.methods.adapters",
    "alora": "training.methods.adapters",
    "ptuning": "training.methods.ptuning",
    "embeddings": "training.methods.embeddings",
    "dpo": "training.methods.dpo",
    "contrastive": "training.methods.contrastive",
}


@dataclass(frozen=True)
class Step:
    """One step of the optimiser, done. `step` from 1; `loss` its own, `mean` a running mean;
    `tokens` read so far, `seconds` since this run of the process began."""

    step: int
    steps: int
    loss: float
    mean: float
    tokens: int
    seconds: float
    learning_rate: float = 0.0


OnStep = Callable[[int, float], None]
"""For the methods with a loop of their own: a step's number from 1, and a running mean."""


class Watcher(Protocol):
    """Who looks on: the run's row, a terminal, a test."""

    def on_step(self, step: Step) -> None: ...

    def on_evaluation(self, step: int, loss: float) -> None: ...

    def should_stop(self) -> str:
        """ "" to go on, else why: "asked" or "time". Asked after every step."""
        ...


class Nobody:
    """Nobody looks on."""

    def on_step(self, step: Step) -> None:
        pass

    def on_evaluation(self, step: int, loss: float) -> None:
        pass

    def should_stop(self) -> str:
        return ""


@dataclass(frozen=True)
class Material:
    """What is learned from; each method takes its own kind (`pairs`: an embedder's, see
    `training.pairs`). `validation` is never learned from: the loss on it is watched."""

    rows: Sequence[Row] = ()
    validation: Sequence[Row] = ()
    preferences: Sequence[Preference] = ()
    corpus: Corpus | None = None
    pairs: Sequence[Any] = ()


@dataclass(frozen=True)
class Work:
    """`base`: the base's folder. `begins_as`: the folder of the version whose adapter is trained
    on. `folder`: the run's own, with `checkpoints/` and `log.jsonl`; a run that finds whole
    checkpoints there goes on from the last. `into`: the empty folder that takes the version's
    files."""

    recipe: Recipe
    folder: Path
    into: Path
    base: Path | None = None
    begins_as: Path | None = None
    company: str = ""
    watcher: Watcher = field(default_factory=Nobody)


@dataclass(frozen=True)
class Fit:
    """What a run came to. `evaluations`: (step, loss on the validation rows). `left_out`: rows
    that did not fit, by reason. `micro_batch`: rows at once after out-of-memory errors."""

    steps: int
    loss: float
    seconds: float
    trainable_parameters: int
    total_parameters: int
    peak_memory_bytes: int
    tokens: int = 0
    gpu_seconds: float = 0.0
    evaluations: Sequence[tuple[int, float]] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    micro_batch: int = 0


class Stopped(Exception):
    """The run ended early with a checkpoint that it goes on from. `why`: "asked" or "time"."""

    def __init__(self, why: str, step: int) -> None:
        super().__init__(f"stopped at step {step}: {why}")
        self.why, self.step = why, step


class Method(Protocol):
    """A module of this package that trains: `train(material, work)`."""

    def train(self, material: Material, work: Work) -> Fit:
        """Train, and fill `work.into` with the version's files (no manifest). Raises `Stopped`,
        and `InputError`s for what cannot be trained."""
        ...


def method_of(recipe: Recipe) -> Any:
    """The recipe's method. Loads torch."""
    return import_module(METHOD_MODULES[recipe.method])
