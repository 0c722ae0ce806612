"""What the workers do. Arguments are ids; doing a task twice does no harm."""

from celery import shared_task

from runtime import uploads
from tickets import attachments, learning, linking, rewriting, suggesting, sweeping
from tickets.api import idempotency
from tickets.importing import running
from tickets.importing.runs import JOBS
from tickets.rights import retention
from tickets.second_opinion import reviewing


@shared_task
def suggest(ticket_id: int) -> None:
    suggesting.suggest_for_ticket(ticket_id)


@shared_task
def rewrite(rewrite_id: int) -> None:
    rewriting.write(rewrite_id)


@shared_task
def learn(reply_id: int) -> None:
    reviewing.review_reply(reply_id)
    learning.learn_from(reply_id)


@shared_task
def link() -> None:
    """A part of what waits; the sweep asks again."""
    linking.link_past_answers()


@shared_task
def run_ticket_import(run_id: int) -> None:
    """Only starts the process: its row's heartbeat tells whether it lives."""
    running.launch(run_id)


@shared_task
def sweep_imports() -> None:
    JOBS.sweep(running.launch)
    uploads.forget_stopped(JOBS)


@shared_task
def sweep() -> None:
    sweeping.sweep()


@shared_task
def sweep_files() -> None:
    """Files that no row knows any more."""
    attachments.sweep()


@shared_task
def forget_keys() -> None:
    idempotency.forget_old()


@shared_task
def apply_retention() -> None:
    """A part of what is due; the next message goes on."""
    retention.apply_due()
