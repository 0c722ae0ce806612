"""What the workers do for people. Arguments are ids, never an address or a secret."""

from celery import shared_task

from people import resetting


@shared_task
def send_password_resets(user_ids: list[int], desk: str, lang: str) -> None:
    resetting.send(user_ids, desk=desk, lang=lang)
