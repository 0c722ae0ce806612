"""What the index workers do. Arguments are ids; doing a task twice does no harm."""

from celery import shared_task

from kb import coverage, refreshing, running, runs
from kb.embedding import building
from kb.faq import sweep_faq
from kb.sweeping import sweep_index
from runtime import uploads


@shared_task
def index() -> None:
    """Passages and vectors that are missing: the rows say which."""
    sweep_index()


@shared_task
def refit() -> None:
    building.keep_fitted()


@shared_task
def run_import(import_run_id: int) -> None:
    """Only starts the process: its row's heartbeat tells whether it lives."""
    running.launch(import_run_id)


@shared_task
def refresh_due() -> None:
    refreshing.start_due()


@shared_task
def sweep() -> None:
    runs.JOBS.sweep(running.launch)
    uploads.forget_stopped(runs.JOBS)
    sweep_index()
    sweep_faq()
    building.keep_fitted()
    building.drop_retired()
    coverage.prune()
