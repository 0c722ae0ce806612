"""Imports that end half way, in a process of its own: whole batches stay, the next run adds the
rest once, and nothing stands without its lesson."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from django.conf import settings
from django.db import connection

from kb.models import Question
from tests.another_process import TO_BE_KILLED, half_way, kill
from tickets.importing import import_tickets
from tickets.importing.reading import _LOOKED_EVERY, BATCH
from tickets.models import Message, Ticket, VaultEntry

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = 4500
HELD = 1500
"""The row at which an import is found half way: in its second batch."""


@pytest.fixture
def history(tmp_path):
    path = tmp_path / "years.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("external_id,question,answer\n")
        for n in range(ROWS):
            words = " ".join(f"w{n}x{k}" for k in range(n % 3 + 3))
            file.write(f'{n},"{words} {n} شماره 0912{n:07}","a {n} {words}"\n')
    return path


@pytest.fixture
def start(monkeypatch):
    """The command in a process of its own, on this test's database."""
    if not settings.EMBEDDED_DATABASE:
        pytest.skip("the process is given the embedded test database by its name")
    monkeypatch.setenv("PASOKH_HOME", str(connection.settings_dict["OPTIONS"]["home"]))
    monkeypatch.setenv("PASOKH_DATABASE", str(connection.settings_dict["NAME"]))
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.settings")

    def run(path, *options):
        return subprocess.Popen(
            [sys.executable, "manage.py", "import_tickets", str(path), "--json", *options],
            cwd=settings.BASE_DIR,
            env=os.environ | TO_BE_KILLED,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return run


def _half_way(start, path):
    """The command with the tickets of a batch in its transaction, and not yet what they teach."""
    return half_way(
        lambda: start(path), table="kb_question", when=f"NEW.external_id LIKE '%:{HELD}'"
    )


def _assert_whole(count):
    assert Ticket.objects.count() == count
    assert Message.objects.count() == 2 * count
    assert VaultEntry.objects.count() == count
    assert Question.objects.count() == count


def test_import_that_is_killed_or_stopped_goes_on_where_it_was(history, start):
    with _half_way(start, history) as process:
        process.kill()
        process.wait()
    kill(process)
    killed = Ticket.objects.count()
    assert killed == BATCH
    _assert_whole(killed)
    with _half_way(start, history) as process:
        process.send_signal(signal.SIGINT)
        time.sleep(2 * _LOOKED_EVERY)  # whether to stop is asked so often
    out, _err = process.communicate(timeout=240)
    report = json.loads(out)
    assert process.returncode == 1
    assert report["stopped"]
    stopped = Ticket.objects.count()
    assert report["created"] == stopped - killed > 0
    assert stopped < ROWS
    _assert_whole(stopped)
    rest = import_tickets([history])
    assert (rest.created, rest.duplicates) == (ROWS - stopped, stopped)
    _assert_whole(ROWS)


def test_option_that_cannot_be_is_one_line_and_exit_status_2(history, start):
    process = start(history, "--silence-minutes", "x")
    _out, err = process.communicate(timeout=240)
    assert process.returncode == 2
    assert err.splitlines() == [
        "Argument --silence-minutes: must be a number of minutes, 1 to 43200"
    ]
