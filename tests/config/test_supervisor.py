import os
import signal
import socket
import subprocess
import sys
import textwrap

import psutil
import pytest

from config.management.commands.start import CannotServe, check_place
from config.supervisor import AlreadyRunning, lock_home
from tests.live_desk import ROOT, wait_for

CHILDREN = """
    import sys
    from pathlib import Path
    from config.supervisor import Child, Supervisor
    home = Path(sys.argv[1])
    sleeper = [sys.executable, "-c", "import time; time.sleep(600)"]
    Supervisor(
        home=home, children=[Child("sleeper", sleeper), Child("other", sleeper)], report=print
    ).run()
    print("stopped")
"""


BETWEEN = """
    import os, signal, time
    from config.supervisor import _die_with
    signal.signal(signal.SIGTERM, lambda number, frame: None)  # as a supervisor takes it
    parent = os.getpid()
    if os.fork():
        time.sleep(600)
    _die_with(parent)
    print(os.getpid(), flush=True)
    while os.getppid() == parent:
        time.sleep(0.01)
    os.execvp("sleep", ["sleep", "600"])
"""
"""A supervisor that dies while its child has asked to die with it, and is not the command yet."""


@pytest.fixture
def supervised(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(CHILDREN), str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    wait_for(lambda: len(psutil.Process(process.pid).children()) == 2)
    yield process
    if process.poll() is None:
        process.kill()


def test_supervisor_starts_a_dead_child_again(supervised):
    parent = psutil.Process(supervised.pid)
    victim = parent.children()[0]
    victim.kill()
    wait_for(lambda: len([c for c in parent.children() if c.is_running() and c != victim]) == 2)


def test_supervisor_ends_every_child_on_ctrl_c(supervised):
    children = psutil.Process(supervised.pid).children()
    supervised.send_signal(signal.SIGINT)
    assert supervised.wait(60) == 0
    assert b"stopped" in supervised.stdout.read()
    assert not any(child.is_running() for child in children)


def test_supervisor_killed_leaves_no_child_behind(supervised):
    children = psutil.Process(supervised.pid).children()
    supervised.kill()
    supervised.wait()
    wait_for(lambda: not any(_alive(child) for child in children))


def test_child_that_is_not_its_command_yet_dies_too():
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(BETWEEN)], cwd=ROOT, stdout=subprocess.PIPE
    )
    child = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.wait()
    try:
        wait_for(lambda: not _alive(child))
    finally:
        if _alive(child):
            child.kill()


def _alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_lock_home_refuses_a_second_one_and_ends_with_its_process(tmp_path):
    first = lock_home(tmp_path)
    with pytest.raises(AlreadyRunning, match="already running"):
        lock_home(tmp_path)
    first.close()
    lock_home(tmp_path).close()


def test_a_stale_lock_file_is_no_lock(tmp_path):
    (tmp_path / "supervisor.lock").write_text(str(os.getpid()))
    lock_home(tmp_path).close()


def test_port_of_another_program_is_told_and_not_tried_for_ever():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(CannotServe, match=f"127.0.0.1:{port} cannot be served .*PASOKH_PORT"):
            check_place("127.0.0.1", port)
    check_place("127.0.0.1", port)


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 99_999_999), ("no such host", 8000)])
def test_address_that_cannot_be_is_told(host, port):
    with pytest.raises(CannotServe):
        check_place(host, port)
