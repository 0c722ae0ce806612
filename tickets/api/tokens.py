"""Tokens for the API: shown once, kept as SHA-256 (long and random, they need no salt)."""

import hashlib
import secrets
from datetime import timedelta

from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone

from tickets.models import ApiToken

PREFIX = "pasokh_"  # so that secret scanners can find one in a repository
_USED_NOT_OFTENER = timedelta(minutes=1)


def issue_token(user: User, *, name: str) -> str:
    token = PREFIX + secrets.token_urlsafe(32)
    ApiToken.objects.create(user=user, name=name, token_hash=_digest(token))
    return token


def token_row(token: str) -> ApiToken | None:
    """The token's row, with its user, if it is known and the user may sign in."""
    row = ApiToken.objects.select_related("user").filter(token_hash=_digest(token)).first()
    if row is None or not row.user.is_active:
        return None
    now = timezone.now()
    long_ago = Q(last_used_at=None) | Q(last_used_at__lt=now - _USED_NOT_OFTENER)
    ApiToken.objects.filter(long_ago, pk=row.pk).update(last_used_at=now)
    return row


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
