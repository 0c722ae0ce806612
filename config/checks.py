"""System checks: a bad setting stops every command with a line that names it."""

import os
from collections.abc import Sequence
from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Careful

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
def believed_headers(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """What a request says of itself, where anybody may say it."""
    problems: list[CheckMessage] = []
    if "*" in os.environ.get("FORWARDED_ALLOW_IPS", ""):
        problems.append(
            Careful(
                "FORWARDED_ALLOW_IPS=* lets everybody name the address that they come from, and"
                " guess passwords from a new one each time.",
                hint="Name the proxy's address or network.",
                id="pasokh.W001",
            )
        )
    if settings.SMTP_SET and "*" in settings.ALLOWED_HOSTS:
        problems.append(
            Careful(
                "With ALLOWED_HOSTS=* a stranger chooses where the link of a mail for a forgotten"
                " password leads.",
                hint="Name the desk's own host.",
                id="pasokh.W002",
            )
        )
    return problems


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
