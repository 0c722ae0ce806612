"""Against a real server that is none of ours: `transformers serve` with a tiny model."""

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from llm.models import Server
from llm.prompts import PROMPT_VERSION
from llm.servers import breaker, check
from llm.servers.backend import write
from llm.servers.errors import ServerError, Trouble
from llm.servers.health import try_version
from llm.servers.registering import add_served, add_server
from tests.llm import tiny_models
from tests.llm.servers.conftest import parts_for

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        importlib.util.find_spec("fastapi") is None,
        reason="transformers serve needs fastapi: pip install -r requirements-dev.txt",
    ),
]


HELD_AFTER = 4
SERVE = f"""
import os, time
import torch
from transformers import LlamaForCausalLM
from transformers.cli.transformers import main

passes = 0

def hold(module, given):
    global passes
    if not isinstance(module, LlamaForCausalLM):
        return
    while os.path.exists(os.environ["HOLD"]) and passes == {HELD_AFTER}:
        time.sleep(0.05)
    passes = passes + 1 if os.path.exists(os.environ["HOLD"]) else 0

torch.nn.modules.module.register_module_forward_pre_hook(hold)
main()
"""
"""It writes no token after so many as long as there is the file `HOLD`."""


class Serving:
    """The process and what it serves, until a test kills it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.model = str(folder / "base")
        self.hold = folder / "hold"
        # Taken before it starts, and kept, so that nobody else can listen there meanwhile.
        self._taken = socket.socket()
        self._taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._taken.bind(("127.0.0.1", 0))
        self.port = self._taken.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"
        self.process = self._start()

    def _start(self) -> subprocess.Popen:
        quiet = {"HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": str(self.folder), "OMP_NUM_THREADS": "1"}
        hold = {"HOLD": str(self.hold)}
        options = ["--host", "127.0.0.1", "--port", str(self.port), "--device", "cpu"]
        with (self.folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-c", SERVE, "serve", self.model, *options],
                stdout=log,
                stderr=log,
                env={**os.environ, **quiet, **hold},
            )
        ends = time.monotonic() + 240
        while time.monotonic() < ends and process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return process
            except OSError:
                time.sleep(0.05)
        raise AssertionError((self.folder / "log").read_text()[-2000:])

    def stop(self) -> None:
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait(60)
        self._taken.close()


@pytest.fixture(scope="module")
def serving(tiny_base, tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    shutil.copytree(tiny_base, folder / "base")
    asked = tiny_models.prompt(0)
    # A chat template that shows whether the customer's question has reached the model.
    (folder / "base" / "chat_template.jinja").write_text(
        f"{{% if '{tiny_models.QUESTIONS[0]}' in messages[-1]['content'] %}}"
        f"{asked.text}{asked.invocation}{{% endif %}}"
    )
    server = Serving(folder)
    yield server
    server.stop()


@pytest.fixture
def server(serving):
    return add_server("own", serving.url, seconds=600)


@pytest.fixture
def version(server, serving):
    return add_served(server, serving.model, name="tiny")


@pytest.fixture
def tuned(version):
    """The same as a model of ours, which reads a prompt and no messages."""
    version.method, version.prompt_version = "pretrain", PROMPT_VERSION
    return version


@pytest.mark.parametrize("number", [0, 1, 2])
def test_write_gives_the_models_own_answer(tuned, number):
    seen = []
    result = write(tuned, parts_for(tiny_models.QUESTIONS[number]), on_text=seen.append)
    assert result.text == tiny_models.ANSWERS["base"][number]
    assert result.finish == "stop"
    assert len(seen) > 3
    assert seen[-1] == result.text
    assert result.tokens > 3
    assert 0 < result.prefill_seconds < result.seconds


def test_write_by_chat_template(version):
    result = write(version, parts_for(tiny_models.QUESTIONS[0]))
    assert result.text == tiny_models.ANSWERS["base"][0]


def test_write_stops_at_the_limit_of_tokens(tuned):
    result = write(tuned, parts_for(tiny_models.QUESTIONS[0]), max_new_tokens=4)
    assert result.finish == "length"
    assert result.tokens == 4
    assert tiny_models.ANSWERS["base"][0].startswith(result.text)


def test_write_with_an_option_that_it_does_not_know(tuned):
    """It refuses `repetition_penalty` with a 422 and is asked once more without it."""
    tuned.generation = {"repetition_penalty": 1.025}
    result = write(tuned, parts_for(tiny_models.QUESTIONS[2]))
    assert result.text == tiny_models.ANSWERS["base"][2]


def test_write_for_a_model_that_it_does_not_serve(server):
    with pytest.raises(ServerError) as failed:
        write(add_served(server, "nobody"), parts_for(tiny_models.QUESTIONS[0]))
    assert failed.value.trouble is Trouble.REJECTED
    assert Server.objects.get().failures == 0


def test_check_and_a_few_tokens(server, tuned):
    assert check(server).error == ""
    assert try_version(tuned).tokens > 0


def test_write_while_the_server_hangs_then_when_it_is_back(serving, server, tuned):
    """Its process is stopped: connections are taken and nothing answers."""
    Server.objects.update(timeout_seconds=1.0)
    serving.process.send_signal(signal.SIGSTOP)
    try:
        began = time.monotonic()
        with pytest.raises(ServerError) as failed:
            write(tuned, parts_for(tiny_models.QUESTIONS[0]))
        assert failed.value.trouble is Trouble.SLOW
        assert time.monotonic() - began < 100
    finally:
        serving.process.send_signal(signal.SIGCONT)
    Server.objects.update(timeout_seconds=600)
    assert write(tuned, parts_for(tiny_models.QUESTIONS[0])).finish == "stop"
    assert Server.objects.get().failures == 0


def test_write_when_the_server_is_killed_in_mid_answer(serving, server, tuned, monkeypatch):
    monkeypatch.setattr(breaker, "FIRST_WAIT", timedelta(minutes=10))  # rests to the test's end
    serving.hold.touch()

    def kill(text: str) -> None:
        serving.process.kill()
        serving.process.wait(60)

    with pytest.raises(ServerError) as failed:
        write(tuned, parts_for(tiny_models.QUESTIONS[0]), on_text=kill)
    assert failed.value.trouble is Trouble.CUT
    for _ in range(2):
        with pytest.raises(ServerError) as failed:
            write(tuned, parts_for(tiny_models.QUESTIONS[0]))
        assert failed.value.trouble is Trouble.UNREACHABLE
    with pytest.raises(ServerError) as failed:
        write(tuned, parts_for(tiny_models.QUESTIONS[0]))
    assert failed.value.trouble is Trouble.RESTING
