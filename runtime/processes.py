"""Long work in a process of its own: `launch` starts one, `JobCommand` is what it does.

A worker answers many messages and an import may take hours, so a message only starts
`manage.py COMMAND ID` and is done. As many run at once as their kind allows (`Jobs.at_once`): what
waits beyond that is taken up by the process that finishes first.
"""

import os
import subprocess
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from runtime.commands import JsonCommand, Outcome
from runtime.errors import InputError
from runtime.jobs import Jobs

NICE = 10


def launch(jobs: Jobs[Any], command: str, job_id: int) -> bool:
    """Start a process for the job, in a session of its own: a worker that is started again does
    not end it. False if enough are running, of which one will take this up."""
    if jobs.running().count() >= jobs.at_once:
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
    one in `work`, which is False if another process has it. `alone`: those that wait get processes
    of their own."""

    jobs: Jobs[Any]
    alone = False

    def work(self, job_id: int) -> bool:
        raise NotImplementedError

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("id", type=int)

    def run(self, *, id: int, **options: Any) -> Outcome:  # noqa: A002 - the argument's name
        if not self.jobs.rows.filter(pk=id).exists():
            raise UnknownJob(f"There is no {self.jobs.words.thing} {id}.")
        os.nice(NICE)  # people at the desk come first
        try:
            started = self.work(id)
            following = self.jobs.next_waiting() if started and not self.alone else None
            while following is not None:
                self.work(following)
                following = self.jobs.next_waiting()
        except InputError:
            raise
        except Exception as error:  # its text could hold what the job was given: --traceback
            thing = self.jobs.words.thing.capitalize()
            raise CommandError(f"{thing} {id} ended with {type(error).__name__}.") from error
        row = self.jobs.rows.get(pk=id)
        data = {"id": id, "state": row.state, "error": row.error, "report": row.report}
        thing = self.jobs.words.thing.capitalize()
        said = f"{thing} {id}: {row.state}." if started else f"{thing} {id} is not waiting."
        return Outcome(data, [said, *filter(None, [row.error])])
