"""A tiny base for all tests of the methods, trained once in each process of a test run."""

import pytest

from llm.manifest import write_manifest
from llm.prompts import PROMPT_VERSION
from tests.training.tiny import CORPUS, base_recipe
from training.methods.results import Material, Nobody, Work, method_of


class Steps(Nobody):
    """(step, running mean of the loss) of every step."""

    def __init__(self):
        self.seen = []

    def on_step(self, step):
        self.seen.append((step.step, step.mean))


@pytest.fixture(scope="session")
def base(tmp_path_factory):
    """Its folder, what came of its training, and `Steps.seen` of it."""
    folder = tmp_path_factory.mktemp("base")
    recipe = base_recipe(schedule={"steps": 30, "batch": 4, "learning_rate": 5e-3})
    steps = Steps()
    work = Work(recipe=recipe, folder=tmp_path_factory.mktemp("run"), into=folder, watcher=steps)
    fit = method_of(recipe).train(Material(corpus=CORPUS), work)
    fields = {"name": "tiny-base", "method": "pretrain", "base": None, "generation": {}}
    write_manifest(folder, {**fields, "prompt_version": PROMPT_VERSION})
    return folder, fit, steps.seen
