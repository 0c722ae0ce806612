"""Do one run that waits: what the desk starts in a process of its own."""

from runtime.processes import JobCommand
from training.models import training_runs
from training.runs import running


class Command(JobCommand):
    help = "Do the training run with this number (the desk starts it itself)."
    jobs = training_runs
    alone = True

    def work(self, job_id: int) -> bool:
        return running.run(job_id)
