"""A LoRA run of a few steps: for the tests of the loop and of the adapters. No Django."""

from tests.training.tiny import ROWS, tuned_recipe
from training.methods.checkpoints import read_log
from training.methods.results import Material, Nobody, Work, method_of

SCHEDULE = {"steps": 3, "batch": 4, "learning_rate": 1e-2}


def train(folder, base_folder, data=ROWS, validation=(), begins_as=None, watcher=None, **changes):
    """The version's folder and what came of it."""
    recipe = tuned_recipe(**{"method": "lora", "schedule": SCHEDULE} | changes)
    into = folder / "into"
    into.mkdir(parents=True, exist_ok=True)
    work = Work(
        recipe=recipe,
        folder=folder,
        into=into,
        base=base_folder,
        begins_as=begins_as,
        watcher=watcher or Nobody(),
    )
    fit = method_of(recipe).train(Material(rows=data, validation=validation), work)
    return into, fit


def losses(folder):
    return [line["loss"] for line in read_log(folder / "log.jsonl") if "loss" in line]
