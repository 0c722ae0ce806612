"""What the workers do. Arguments are ids; doing a task twice does no harm."""

from celery import shared_task

from tickets import learning, linking, suggesting, sweeping


@shared_task
def suggest(ticket_id: int) -> None:
    suggesting.suggest_for_ticket(ticket_id)


@shared_task
def learn(reply_id: int) -> None:
    learning.learn_from(reply_id)


@shared_task
def link() -> None:
    """A part of what waits; the sweep asks again."""
    linking.link_past_answers()


@shared_task
def sweep() -> None:
    sweeping.sweep()
