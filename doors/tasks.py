"""What the workers do for doors. Arguments are ids; doing a task twice does no harm."""

from celery import shared_task

from doors import working


@shared_task
def work(door_id: int) -> None:
    """A piece, if there is something to do by now. Where more waits the next follows at once,
    otherwise when the sweep asks."""
    if door_id in working.due() and working.work(door_id).more:
        work.delay(door_id)


@shared_task
def sweep() -> None:
    """Every door that is due gets a piece of work; one that is worked already is left alone."""
    for door_id in working.due():
        work.delay(door_id)
