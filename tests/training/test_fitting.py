"""Runs that were stopped go on with the same losses, and what does not fit is done in parts."""

import pytest

from tests.training.test_methods import base  # noqa: F401 - a fixture
from tests.training.tiny import ROWS, tuned_recipe
from training.methods.checkpoints import last_whole, read_log
from training.methods.results import Material, Nobody, Stopped, Work, method_of

STEPS = {"steps": 7, "batch": 4, "learning_rate": 1e-2, "checkpoint_every": 3}
DROPOUT = {"rank": 4, "alpha": 8, "targets": ["q_proj", "v_proj"], "dropout": 0.2}


class StopsAt(Nobody):
    def __init__(self, step):
        self._step, self._reached = step, 0

    def on_step(self, step):
        self._reached = step.step

    def should_stop(self):
        return "asked" if self._reached == self._step else ""


def _losses(folder):
    return [line["loss"] for line in read_log(folder / "log.jsonl") if "loss" in line]


def _train(folder, base_folder, watcher=None):
    recipe = tuned_recipe(method="lora", schedule=STEPS, adapter=DROPOUT)
    into = folder / "into"
    into.mkdir(parents=True, exist_ok=True)
    work = Work(
        recipe=recipe, folder=folder, into=into, base=base_folder, watcher=watcher or Nobody()
    )
    return method_of(recipe).train(Material(rows=ROWS), work)


def test_a_stopped_run_goes_on_with_the_same_losses(base, tmp_path):  # noqa: F811
    _train(tmp_path / "whole", base[0])
    whole = _losses(tmp_path / "whole")
    assert len(whole) == 7
    with pytest.raises(Stopped) as caught:
        _train(tmp_path / "parts", base[0], StopsAt(5))
    assert (caught.value.why, caught.value.step) == ("asked", 5)
    assert last_whole(tmp_path / "parts" / "checkpoints").name == "checkpoint-5"
    _train(tmp_path / "parts", base[0])
    assert _losses(tmp_path / "parts") == whole
    weights = [
        (tmp_path / name / "into" / "adapter_model.safetensors").read_bytes()
        for name in ("whole", "parts")
    ]
    assert weights[0] == weights[1]
