"""Do one import that waits: what the desk starts in a process of its own."""

from kb import running
from kb.runs import JOBS
from runtime.processes import JobCommand


class Command(JobCommand):
    help = "Do the import with this number, and then those that wait (the desk starts it itself)."
    jobs = JOBS

    def work(self, job_id: int) -> bool:
        return running.run(job_id)
