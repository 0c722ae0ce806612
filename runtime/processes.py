"""Long work in a process of its own: `launch` starts one, `JobCommand` is what it does.

A worker answers many messages and an import may take hours, so a message only starts
`manage.py COMMAND ID` and is done. Two jobs of a kind at a time are enough for one machine: what
waits beyond that is taken up by the process that finishes first.
"""

import os
import subprocess
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.utils import translation

from runtime.commands import JsonCommand, Outcome
from runtime.errors import InputError
from runtime.jobs import Jobs

AT_ONCE = 2
NICE = 10


def launch(jobs: Jobs[Any], command: str, job_id: int) -> bool:
    """Start a process for the job, in a session of its own: a worker that is started again does
    not end it. False if enough are running, of which one will take this up."""
    if jobs.running().count() >= AT_ONCE:
        return False
    subprocess.Popen(
        [sys.executable, "-W", "ignore", "manage.py", command, str(job_id)],
        cwd=settings.BASE_DIR,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    return True


class UnknownJob(InputError):
    """There is no job of this number."""


class JobCommand(JsonCommand):
    """`manage.py COMMAND ID`: this job, then those that wait. A subclass names `jobs` and does
    one in `work`, which is False if another process has it."""

    jobs: Jobs[Any]

    def work(self, job_id: int) -> bool:
        raise NotImplementedError

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("id", type=int)

    def run(self, *, id: int, **options: Any) -> Outcome:  # noqa: A002 - the argument's name
        if not self.jobs.rows.filter(pk=id).exists():
            raise UnknownJob(f"There is no import {id}.")
        os.nice(NICE)  # people at the desk come first
        with translation.override(settings.LANGUAGE_CODE):  # people at the desk read what it says
            started = self.work(id)
            following = self.jobs.next_waiting() if started else None
            while following is not None:
                self.work(following)
                following = self.jobs.next_waiting()
        row = self.jobs.rows.get(pk=id)
        data = {"id": id, "state": row.state, "error": row.error, "report": row.report}
        said = f"Import {id}: {row.state}." if started else f"Import {id} is not waiting."
        return Outcome(data, [said, *filter(None, [row.error])])
