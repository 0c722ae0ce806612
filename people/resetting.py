"""A forgotten password: a link by mail, or from an admin where no mail server is set.

Whether an address is known is told by nothing: the page says the same and does the same, and the
mail is written by a worker.
"""

import logging
from urllib.parse import urljoin

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import send_mail
from django.db import transaction
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext, override

from people.audit import note
from people.managing import target

log = logging.getLogger(__name__)


def ask(email: str, *, desk: str, lang: str) -> None:
    """`desk`: the address of the desk as the person reached it."""
    known = User.objects.filter(email__iexact=email, is_active=True).exclude(email="")
    ids = [user.pk for user in known[:5] if user.has_usable_password()]
    transaction.on_commit(lambda: _queue(ids, desk, lang), robust=True)


def send(user_ids: list[int], *, desk: str, lang: str) -> None:
    for user in User.objects.filter(pk__in=user_ids, is_active=True).exclude(email=""):
        with override(lang):
            subject = gettext("A new password for Pasokh")
            text = gettext(
                "Somebody asked for a new password for %(name)s. Choose one here within"
                " %(hours)s hours:\n\n%(link)s\n\nIf it was not you, do nothing."
            ) % {
                "name": user.get_username(),
                "hours": hours(),
                "link": urljoin(desk, path_for(user)),
            }
        send_mail(subject, text, settings.DEFAULT_FROM_EMAIL, [user.email])
    log.info("Links for a new password were sent: %s.", len(user_ids))


def link_by(admin: User, user: User) -> str:
    """The path of a link for somebody who cannot get mail; shown once."""
    with transaction.atomic():
        note(admin, "person.password-link-made", target(user))
        return path_for(user)


def path_for(user: User) -> str:
    """Works once, for PASSWORD_RESET_TIMEOUT, and until the person signs in."""
    number = urlsafe_base64_encode(force_bytes(user.pk))
    token = default_token_generator.make_token(user)
    return reverse("password-reset-confirm", kwargs={"uidb64": number, "token": token})


def hours() -> int:
    return settings.PASSWORD_RESET_TIMEOUT // 3600


def _queue(user_ids: list[int], desk: str, lang: str) -> None:
    from people import tasks  # the tasks import what they do

    tasks.send_password_resets.delay(user_ids, desk, lang)
