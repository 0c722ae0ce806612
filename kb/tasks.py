"""What the index workers do. Arguments are ids; doing a task twice does no harm."""

from celery import shared_task

from kb import uploads
from kb.embedding import building
from kb.sweeping import sweep_index


@shared_task
def index() -> None:
    """Passages and vectors that are missing: the rows say which."""
    sweep_index()


@shared_task
def refit() -> None:
    building.keep_fitted()


@shared_task(acks_late=False)
def run_import(import_run_id: int) -> None:
    """Acknowledged at once: an import may take longer than a message stays hidden, and its row's
    heartbeat tells whether it lives."""
    uploads.run(import_run_id)


@shared_task
def sweep() -> None:
    uploads.sweep_imports()
    sweep_index()
    building.keep_fitted()
    building.drop_retired()
