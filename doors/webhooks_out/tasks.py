"""What the workers do for webhooks out. Doing a task twice does no harm."""

from celery import shared_task

from doors.webhooks_out import delivering


@shared_task
def deliver() -> None:
    delivering.deliver_due()


@shared_task
def forget() -> None:
    delivering.forget_old()
