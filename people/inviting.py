"""Invitations: a link that makes somebody one of the desk's people.

`invite` returns the secret of the link, which is shown once and mailed where a mail server is set;
only its SHA-256 is kept. A link ends when it is used, withdrawn, or after `DAYS`.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from people.adding import add_account
from people.audit import note
from people.managing import target as person_target
from people.models import Invitation, Team
from runtime.errors import InputError

DAYS: Final = 7
MAX_OPEN: Final = 500
MAX_SECRET: Final = 100


class NotInvited(InputError):
    """The link is used, withdrawn, too old, or was never given out."""


class TooManyInvitations(InputError):
    """More open ones than a desk can need."""


class BadPassword(InputError):
    """One line with everything that is wrong with it."""


@dataclass(frozen=True)
class Invited:
    invitation: Invitation
    secret: str
    """For the link; nowhere else and never again."""


def invite(email: str, *, role: str, team: Team | None, by: User) -> Invited:
    """In place of an open one to the same address: whoever is invited anew as an agent has no link
    left that makes them an admin, and nobody becomes two people."""
    if Invitation.objects.filter(_open()).count() >= MAX_OPEN:
        raise TooManyInvitations(_("Too many open invitations: withdraw some first."))
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        before = Invitation.objects.filter(_open(), email__iexact=email)
        replaced = before.update(withdrawn_at=timezone.now())
        row = Invitation.objects.create(
            email=email,
            role=role,
            team=team,
            token_hash=_hash(secret),
            invited_by=by,
            expires_at=timezone.now() + timedelta(days=DAYS),
        )
        figures = {"invitations_withdrawn": replaced} if replaced else {}
        note(by, "person.invited", email, role=role, team=team.name if team else "", **figures)
    return Invited(row, secret)


def withdraw(invitation: Invitation, *, by: User) -> bool:
    with transaction.atomic():
        rows = Invitation.objects.filter(_open(), pk=invitation.pk)
        if not rows.update(withdrawn_at=timezone.now()):
            return False
        note(by, "invitation.withdrawn", invitation.email)
    return True


def found(secret: str) -> Invitation:
    """Raises NotInvited, with the same line whatever the reason."""
    if not 0 < len(secret) <= MAX_SECRET:
        raise _refusal()
    row = Invitation.objects.filter(_open(), token_hash=_hash(secret)).first()
    if row is None:
        raise _refusal()
    return row


def accept(secret: str, *, username: str, name: str, password: str) -> User:
    """The new person, with the role and team of the invitation. Used once: a second request with
    the same link finds no invitation. Raises NotInvited, BadPassword or adding.UnusableName."""
    with transaction.atomic():
        row = (
            Invitation.objects.select_for_update()
            .filter(_open(), token_hash=_hash(secret[:MAX_SECRET]))
            .first()
        )
        if row is None:
            raise _refusal()
        check_password(password, User(username=username, first_name=name, email=row.email))
        user = add_account(
            username, role=row.role, password=password, email=row.email, name=name, team=row.team
        )
        row.accepted_at, row.accepted_by = timezone.now(), user
        row.save(update_fields=["accepted_at", "accepted_by"])
        note(user, "invitation.accepted", person_target(user), role=row.role)
    return user


def check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise BadPassword(" ".join(error.messages)) from error


def state_of(row: Invitation) -> str:
    """open, accepted, withdrawn or expired."""
    if row.accepted_at:
        return "accepted"
    if row.withdrawn_at:
        return "withdrawn"
    return "open" if row.expires_at > timezone.now() else "expired"


def _open() -> Q:
    return Q(accepted_at=None, withdrawn_at=None, expires_at__gt=timezone.now())


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _refusal() -> NotInvited:
    return NotInvited(_("This invitation is not valid any more. Ask an admin for a new one."))
