"""Every method, ended by a real SIGTERM and by a real SIGKILL, comes to the very same version."""

import os
import random
import signal
import time

import pytest

from tests.kb.tiny_models import tiny_bert
from tests.training.forked import PATIENCE, fork_server
from tests.training.resuming import STOPPED, run
from tests.training.tiny_methods import METHODS, build_base, recipe_for
from training.methods.checkpoints import last_whole, read_log, step_of

STEPS = recipe_for("lora").schedule.steps


@pytest.fixture(scope="module")
def server():
    return fork_server()


@pytest.fixture(scope="module")
def bases(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bases")
    llm, embedder = build_base(folder, steps=6), tiny_bert(folder / "bert")
    return {method: embedder if method == "contrastive" else llm for method in METHODS}


def _start(server, *arguments):
    process = server.Process(target=run, args=arguments)
    process.start()
    return process


def _ended(process) -> int:
    process.join(PATIENCE)
    assert process.exitcode is not None
    return process.exitcode


def _losses(folder):
    """Of steps and of evaluations; how long they took is another matter."""
    return [
        (line["step"], line.get("loss"), line.get("evaluation"))
        for line in read_log(folder / "log.jsonl")
    ]


def _weights(folder):
    return {
        path.relative_to(folder / "into"): path.read_bytes()
        for path in sorted((folder / "into").rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("method", METHODS)
def test_a_run_ended_by_signals_goes_on_to_the_same_losses_and_weights(
    server, bases, tmp_path, method
):
    chance = random.Random(method)
    first, then = sorted(chance.sample(range(1, STEPS - 1), 2))
    after = chance.uniform(0, 0.03)
    print(f"SIGTERM at step {first}, SIGKILL {1000 * after:.0f} ms after step {then}")
    whole, parts, told = tmp_path / "whole", tmp_path / "parts", tmp_path / "told"
    undisturbed = _start(server, method, whole, bases[method])
    terminated = _start(server, method, parts, bases[method], ("Terminated", first, told))
    ends = time.monotonic() + PATIENCE
    while not told.exists() and terminated.is_alive() and time.monotonic() < ends:
        time.sleep(0.005)
    os.kill(terminated.pid, signal.SIGTERM)
    assert _ended(terminated) == STOPPED
    assert (parts / "stopped").read_text() == f"asked {first}"
    assert step_of(last_whole(parts / "checkpoints")) == first
    killed = _start(server, method, parts, bases[method], ("Killed", then, after))
    assert _ended(killed) == -signal.SIGKILL
    assert not any((parts / "into").iterdir())
    assert _ended(_start(server, method, parts, bases[method])) == 0
    assert _ended(undisturbed) == 0
    assert _losses(parts) == _losses(whole)
    assert [step for step, loss, _ in _losses(whole) if loss is not None] == [*range(1, STEPS + 1)]
    assert _weights(parts) == _weights(whole)
    assert _weights(whole)
