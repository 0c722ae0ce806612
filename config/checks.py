"""System checks: a bad setting stops every command with a line that names it."""

from collections.abc import Sequence
from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from config import env


@register()
def environment(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    return [Error(problem, id="pasokh.E001") for problem in env.problems]


@register(Tags.security)
def vault_keys(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    try:
        for key in settings.KEYS.vault:
            Fernet(key)
    except ValueError:
        return [
            Error(
                "PASOKH_VAULT_KEYS (or the file keys/vault) holds something that is no Fernet key.",
                hint="Make one with cryptography's Fernet.generate_key().",
                id="pasokh.E002",
            )
        ]
    return []


@register(Tags.security)
def fetching(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    from kb.importing.web.guard import NotAnAllowance, parse_allowed

    problems: list[CheckMessage] = []
    try:
        parse_allowed(settings.FETCH_ALLOW)
    except NotAnAllowance as error:
        problems.append(Error(str(error), id="pasokh.E003"))
    contact = settings.FETCH_CONTACT
    if not (contact.isascii() and contact.isprintable() and len(contact) <= 200):
        problems.append(
            Error(
                "PASOKH_FETCH_CONTACT: one line of ASCII: a URL or a mail address.",
                id="pasokh.E004",
            )
        )
    return problems
