"""Do one import of past tickets that waits: what the desk starts in a process of its own."""

from runtime.processes import JobCommand
from tickets.importing import running
from tickets.importing.runs import JOBS


class Command(JobCommand):
    help = "Do the ticket import with this number, then those that wait (started by the desk)."
    jobs = JOBS

    def work(self, job_id: int) -> bool:
        return running.run(job_id)
