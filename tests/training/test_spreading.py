"""A run in two processes is the run in one. They compute on the processor and speak over gloo."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from accelerate.commands.config.config_args import load_config_from_file
from accelerate.commands.launch import _validate_launch_command, launch_command_parser
from accelerate.utils import DistributedType, FullyShardedDataParallelPlugin
from accelerate.utils.launch import prepare_multi_gpu_env

from tests.training import pausing
from tests.training.tiny import CORPUS, ROWS, tuned_recipe
from training.methods.__main__ import main
from training.methods.checkpoints import last_whole, read_log
from training.methods.results import Material, Nobody, Stopped, Work
from training.methods.tasking import TaskFolder
from training.spreading import SpreadError, train

# Of 3 rows one process gets two and the other one: the mean must be over targets, not processes.
STEPS = 12
SCHEDULE = {"steps": STEPS, "batch": 3, "learning_rate": 1e-2, "checkpoint_every": 4}


class Watcher(Nobody):
    """Stops, or kills one of the processes, once a step was done."""

    def __init__(self, *, stop_at=0, kill_at=0):
        self.steps, self.evaluations = [], []
        self._stop_at, self._kill_at = stop_at, kill_at

    def on_step(self, step):
        self.steps.append(step.step)
        if step.step == self._kill_at:
            os.kill(_second_process(), signal.SIGKILL)

    def on_evaluation(self, step, loss):
        self.evaluations.append((step, loss))

    def should_stop(self):
        return "time" if self._stop_at and len(self.steps) >= self._stop_at else ""


def _processes() -> dict[int, str]:
    """The rank of each process that a test of ours started."""
    found = {}
    for place in Path("/proc").glob("[0-9]*/environ"):
        try:
            told = "\0" + place.read_bytes().decode(errors="replace")
            line = (place.parent / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        rank = re.search(r"\0RANK=(\d+)\0", told)
        ours = "training.methods" in line or pausing.MODULE in line
        if rank and f"\0PYTEST_SPREAD={os.getpid()}\0" in told and ours:
            found[int(place.parent.name)] = rank[1]
    return found


def _second_process() -> int:
    return next(pid for pid, rank in _processes().items() if rank == "1")


@pytest.fixture(autouse=True)
def marked(monkeypatch):
    monkeypatch.setenv("PYTEST_SPREAD", str(os.getpid()))


@contextmanager
def paused():
    """The processes that are started here wait behind a step until they are told to stop."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("training.spreading._PROCESS", pausing.MODULE)
        yield


def spread(folder, base_folder, *, processes, watcher=None, **changes):
    recipe = tuned_recipe(
        **{"method": "lora", "schedule": SCHEDULE, "weights": {"compute": "float32"}} | changes
    )
    into = folder / "into"
    into.mkdir(parents=True, exist_ok=True)
    watcher = watcher or Nobody()
    work = Work(recipe=recipe, folder=folder, into=into, base=base_folder, watcher=watcher)
    material = Material(rows=ROWS[:8], validation=ROWS[8:])
    return train(recipe, material, work, processes=processes)


def losses(folder):
    return [line["loss"] for line in read_log(folder / "log.jsonl") if "loss" in line]


def files(folder):
    return {str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file()}


def test_two_processes_stop_go_on_and_come_to_what_one_does(base, tmp_path):
    alone, together = tmp_path / "alone", tmp_path / "together"
    expected = spread(alone, base[0], processes=1)
    watcher = Watcher(stop_at=pausing.STEP)
    with pytest.raises(Stopped) as stopped, paused():
        spread(together, base[0], processes=2, watcher=watcher)
    assert (stopped.value.why, stopped.value.step) == ("time", pausing.STEP)
    assert last_whole(together / "checkpoints").name == f"checkpoint-{pausing.STEP}"
    assert not (together / "spread").exists()
    rest = Watcher()
    fit = spread(together, base[0], processes=2, watcher=rest)
    assert losses(together) == pytest.approx(losses(alone), abs=1e-4)
    assert watcher.steps + rest.steps == list(range(1, STEPS + 1))
    assert (fit.steps, fit.tokens) == (expected.steps, expected.tokens)
    assert [loss for _, loss in fit.evaluations] == pytest.approx(
        [loss for _, loss in expected.evaluations], abs=1e-4
    )
    _assert_second_process_wrote_nothing(alone, together)
    assert not _processes()


def _assert_second_process_wrote_nothing(alone, together):
    """What it would write has its number in the name, or would stand there twice."""
    assert files(together / "into") == files(alone / "into")
    assert files(together) - files(alone) <= {
        name for name in files(together) if name.endswith("rng_state_0.pth")
    } | {name for name in files(together) if name.startswith("checkpoints/checkpoint-")}
    assert not [name for name in files(together) if "_1." in Path(name).name]
    steps = [line["step"] for line in read_log(together / "log.jsonl") if "loss" in line]
    assert steps == list(range(1, STEPS + 1))


def test_process_that_dies_ends_all_with_one_line_and_the_run_goes_on(base, tmp_path):
    changes = {"method": "alora", "schedule": SCHEDULE | {"checkpoint_every": 2}}
    spread(tmp_path / "alone", base[0], processes=1, **changes)
    cut = tmp_path / "cut"
    with pytest.raises(SpreadError) as failed, paused():
        spread(cut, base[0], processes=2, watcher=Watcher(kill_at=pausing.STEP), **changes)
    assert last_whole(cut / "checkpoints").name == "checkpoint-2"
    told = str(failed.value)
    assert "\n" not in told
    assert "ended by SIGKILL" in told
    assert "--resume" in told
    assert (cut / "spread-output.txt").is_file()
    deadline = time.monotonic() + 60
    while _processes() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _processes()
    assert not (cut / "spread").exists()
    assert not files(cut / "into")
    spread(cut, base[0], processes=1, **changes)
    assert losses(cut) == pytest.approx(losses(tmp_path / "alone"), abs=1e-4)


def test_what_a_process_cannot_do_is_told_in_its_own_line(tmp_path, monkeypatch):
    (tmp_path / "nothing").mkdir()
    (tmp_path / "into").mkdir()
    work = Work(
        recipe=tuned_recipe(), folder=tmp_path, into=tmp_path / "into", base=tmp_path / "nothing"
    )
    task = TaskFolder(tmp_path / "spread")
    task.write(Material(rows=ROWS), work)
    monkeypatch.setenv("RANK", "1")
    assert main(tmp_path / "spread") == 2
    told = task.outcome()
    assert isinstance(told, str)
    assert "manifest" in told
    assert "\n" not in told
    assert not files(tmp_path / "into")


def test_first_process_stops_where_nobody_waits_for_it_any_more(tmp_path):
    task = TaskFolder(tmp_path / "spread")
    task.write(Material(), Work(recipe=tuned_recipe(), folder=tmp_path, into=tmp_path / "into"))
    work = task.work(rank=0)
    assert work.watcher.should_stop() == ""
    task.ask_to_stop("time")
    assert work.watcher.should_stop() == "time"
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    told = tmp_path / "spread" / "work.json"
    told.write_text(json.dumps(json.loads(told.read_text()) | {"parent": ended.pid}))
    (tmp_path / "spread" / "stop").unlink()
    assert task.work(rank=0).watcher.should_stop() == "asked"


def test_task_is_read_as_it_was_written(tmp_path):
    material = Material(rows=ROWS[:3], validation=ROWS[3:5], corpus=CORPUS)
    recipe = tuned_recipe()
    work = Work(recipe=recipe, folder=tmp_path, into=tmp_path / "into", company="کاژه")
    task = TaskFolder(tmp_path / "spread")
    task.write(material, work)
    assert task.material() == Material(list(ROWS[:3]), list(ROWS[3:5]), [], CORPUS)
    again = task.work(rank=1)
    assert (again.recipe, again.company, again.folder) == (recipe, "کاژه", tmp_path)
    assert again.into.parent == tmp_path / "spread"
    assert (tmp_path / "spread").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("changes", "processes", "line"),
    [
        ({}, 0, "from 1 to 64"),
        ({}, 65, "from 1 to 64"),
        ({"method": "dpo", "preference": {}}, 2, "dpo trains in one process"),
    ],
)
def test_what_is_not_spread_is_refused(tmp_path, changes, processes, line):
    with pytest.raises(SpreadError, match=line):
        spread(tmp_path, tmp_path, processes=processes, **changes)


DEPLOY = Path(__file__).parents[2] / "deploy"


def launch_environment(name):
    """What accelerate makes of one of our files for the processes."""
    arguments = launch_command_parser().parse_args(
        ["--config_file", str(DEPLOY / name), "-m", "training.methods", "folder"]
    )
    arguments, _, _ = _validate_launch_command(arguments)
    return arguments, prepare_multi_gpu_env(arguments)


def test_ddp_file_is_what_accelerate_reads(monkeypatch):
    known = load_config_from_file(str(DEPLOY / "accelerate-ddp.yaml"))
    assert (known.distributed_type, known.num_machines) == (DistributedType.MULTI_GPU, 1)
    arguments, environment = launch_environment("accelerate-ddp.yaml")
    assert (arguments.multi_gpu, arguments.use_fsdp) == (True, False)
    assert environment["ACCELERATE_MIXED_PRECISION"] == "no"


def test_fsdp_file_is_what_accelerate_reads(monkeypatch):
    known = load_config_from_file(str(DEPLOY / "accelerate-fsdp.yaml"))
    assert known.distributed_type == DistributedType.FSDP
    arguments, environment = launch_environment("accelerate-fsdp.yaml")
    assert arguments.use_fsdp
    assert environment["ACCELERATE_USE_FSDP"] == "true"
    for name, value in environment.items():
        if name.startswith(("FSDP_", "ACCELERATE_")):
            monkeypatch.setenv(name, value)
    plugin = FullyShardedDataParallelPlugin()
    assert plugin.fsdp_version == 2
    assert plugin.reshard_after_forward is True
    assert plugin.cpu_ram_efficient_loading
    assert not plugin.activation_checkpointing
    assert known.fsdp_config.keys() == {
        f"fsdp_{name}"
        for name in (
            *("version", "auto_wrap_policy", "reshard_after_forward", "offload_params"),
            *("cpu_ram_efficient_loading", "state_dict_type", "activation_checkpointing"),
        )
    }


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("distributed_type: FSDP\n", "FSDP needs GPUs"),
        ("distributed_type: [\n", "accelerate cannot read"),
        ("unknown: 1\n", "accelerate cannot read"),
    ],
)
def test_configuration_that_cannot_be_used_is_said(tmp_path, settings, text, line):
    path = tmp_path / "accelerate.yaml"
    path.write_text(text)
    settings.ACCELERATE_CONFIG = str(path)
    with pytest.raises(SpreadError, match=line) as refused:
        spread(tmp_path / "run", tmp_path, processes=2)
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "run" / "spread").exists()


def test_configuration_that_is_not_there_is_said(tmp_path, settings):
    settings.ACCELERATE_CONFIG = str(tmp_path / "none.yaml")
    with pytest.raises(SpreadError, match=r"none\.yaml, which is no file"):
        spread(tmp_path, tmp_path, processes=2)
    assert not (tmp_path / "spread").exists()
