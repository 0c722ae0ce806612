"""What the workers do for training. Arguments are ids; doing a task twice does no harm."""

from celery import shared_task

from training import gate
from training.models import training_runs
from training.runs import running
from training.runs.folders import clean_old


@shared_task
def train(run_id: int) -> None:
    """Only starts the process: its row's heartbeat tells whether it lives."""
    running.launch(run_id)


@shared_task
def sweep() -> None:
    training_runs.sweep(running.launch)
    clean_old()


@shared_task
def review() -> None:
    """Canaries and fresh promotions by what agents rated since."""
    gate.review()
