"""Tokens for the API: shown once, kept as SHA-256 (long and random, they need no salt)."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from people import audit
from people.roles import Person
from runtime.api.scopes import SCOPES
from runtime.errors import InputError
from text.lines import is_one_line
from tickets.models import ApiToken

PREFIX: Final = "pasokh_"  # so that secret scanners can find one in a repository
SHOWN: Final = len(PREFIX) + 4
MAX_NAME: Final = 100
MAX_DAYS: Final = 3650
MAX_TOKENS: Final = 50
"""Of one person, that are still good."""
_USED_NOT_OFTENER = timedelta(minutes=1)


class BadToken(InputError):
    """The token's name, scopes or days cannot be used, or the person has too many."""


def issue_token(
    user: User,
    *,
    name: str,
    scopes: Sequence[str] = (),
    days: int | None = None,
    actor: Person | None = None,
) -> str:
    """The token itself, this once. No scopes: all; no days: until it is revoked."""
    name = name.strip()
    _check(user, name, scopes, days)
    token = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        row = ApiToken.objects.create(
            user=user,
            name=name,
            token_hash=_digest(token),
            start=token[:SHOWN],
            scopes=sorted(set(scopes)),
            expires_at=timezone.now() + timedelta(days=days) if days else None,
        )
        audit.note(actor, "token.issued", f"token {row.pk} of {user.username}", scopes=row.scopes)
    return token


def revoke(row: ApiToken, *, actor: Person | None) -> None:
    """For good; twice is as once."""
    with transaction.atomic():
        live = ApiToken.objects.filter(pk=row.pk, revoked_at=None)
        if live.update(revoked_at=timezone.now()):
            audit.note(actor, "token.revoked", f"token {row.pk} of {row.user.username}")


def token_row(token: str) -> ApiToken | None:
    """The token's row, with its user, if it is known and good and the user may sign in."""
    row = ApiToken.objects.select_related("user").filter(token_hash=_digest(token)).first()
    if row is None or not row.user.is_active or not is_good(row):
        return None
    now = timezone.now()
    long_ago = Q(last_used_at=None) | Q(last_used_at__lt=now - _USED_NOT_OFTENER)
    ApiToken.objects.filter(long_ago, pk=row.pk).update(last_used_at=now)
    return row


def is_good(row: ApiToken) -> bool:
    """Neither revoked nor expired."""
    return row.revoked_at is None and (row.expires_at is None or row.expires_at > timezone.now())


def _check(user: User, name: str, scopes: Sequence[str], days: int | None) -> None:
    if not 0 < len(name) <= MAX_NAME or not is_one_line(name):
        raise BadToken(
            _("The token's name must have 1 to %(limit)d characters.") % {"limit": MAX_NAME}
        )
    for scope in scopes:
        if scope not in SCOPES:
            raise BadToken(
                _("There is no scope %(scope)s. There are: %(known)s.")
                % {"scope": scope[:40], "known": ", ".join(SCOPES)}
            )
    if days is not None and not 0 < days <= MAX_DAYS:
        raise BadToken(_("A token is good for 1 to %(limit)d days.") % {"limit": MAX_DAYS})
    good = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    if user.api_tokens.filter(good, revoked_at=None).count() >= MAX_TOKENS:
        raise BadToken(
            _("There are %(limit)d tokens already; revoke one first.") % {"limit": MAX_TOKENS}
        )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
