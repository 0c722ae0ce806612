"""What a run is asked for, and what comes of it: `Order`, `Finetuned`, `Nothing`."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User

from llm.models import ModelVersion
from runtime.jobs import Trigger
from training.methods.results import Fit
from training.models import Decision, TrainingRun
from training.recipes import Recipe, recipe_from


@dataclass(frozen=True)
class Order:
    """`recipe` None: the slot's own. `slot` "": the one that agents rate worst. `data` "": what the
    desk knows. `processes` 0: one, or as many as the run had that goes on. `challenge` False: no
    slot is challenged, the version stays a candidate."""

    recipe: Recipe | None = None
    slot: str = ""
    data: str = ""
    name: str = ""
    max_minutes: float = 0
    processes: int = 0
    challenge: bool = True
    trigger: str = Trigger.COMMAND
    by: User | None = None

    @property
    def is_asked_for(self) -> bool:
        """Somebody says what to learn from, or what to make: it need not be new."""
        return bool(self.data or self.name)


def order_of(run: TrainingRun) -> Order:
    """The order that a run's row keeps."""
    options = run.options
    return Order(
        recipe=recipe_from(run.config),
        slot=run.slot,
        data=str(options.get("data", "")),
        name=str(options.get("name", "")),
        max_minutes=float(options.get("max_minutes", 0)),
        processes=int(options.get("processes", 0)),
        challenge=bool(options.get("challenge", True)),
        trigger=run.trigger,
        by=run.started_by,
    )


@dataclass(frozen=True)
class Nothing:
    """No run was made. `why`: one line."""

    why: str
    new: int = 0
    slot: str = ""
    reviewed: tuple[Decision, ...] = ()


@dataclass(frozen=True)
class Finetuned:
    """What a run made. `decision` None: no slot was challenged. `new`: ratings and replies that it
    was the first to learn from. `reviewed`: what was decided of earlier canaries."""

    run: TrainingRun
    version: ModelVersion
    fit: Fit
    metrics: dict[str, Any]
    decision: Decision | None
    new: int = 0
    reviewed: tuple[Decision, ...] = ()
