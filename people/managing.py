"""What an admin changes about a person: role, teams, whether they may sign in, their details.

Each function takes who changes it (`by`), writes the audit trail in the same transaction, and says
whether anything changed. The desk keeps at least one active admin: `LastAdmin` otherwise. To see
that, all changes of admins wait for each other on the row of the group.
"""

from collections.abc import Iterable

from django.contrib.auth.models import Group, User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from people.audit import note
from people.models import Invitation, Team
from people.roles import ADMIN, AGENT, LEAD, ROLES
from people.signals import sees_less
from runtime.errors import InputError


class LastAdmin(InputError):
    """Nobody would be left to manage the desk."""


class UnknownRole(InputError):
    """None of people.roles.ROLES."""


def people() -> QuerySet[User]:
    """All who ever had an account, by name."""
    return User.objects.prefetch_related("groups", "teams").order_by("username")


def in_teams_of(user: User) -> QuerySet[User]:
    """The people that a lead sees: of the lead's teams, and the lead."""
    mine = Q(teams__in=user.teams.values("pk")) | Q(pk=user.pk)
    return people().filter(pk__in=User.objects.filter(mine).values("pk"))


def role_of(user: User) -> str:
    """The highest; "" for somebody who may do nothing."""
    if user.is_superuser:
        return ADMIN
    names = {group.name for group in user.groups.all()}
    return next((role for role in (ADMIN, LEAD, AGENT) if role in names), "")


def change(user: User, *, role: str, teams: Iterable[Team], is_active: bool, by: User) -> None:
    """All at once or nothing."""
    with transaction.atomic():
        change_role(user, role, by=by)
        set_teams(user, teams, by=by)
        set_active(user, is_active, by=by)


def change_role(user: User, role: str, *, by: User | None) -> bool:
    """`role` may be "": the person keeps the account and may do nothing."""
    if role and role not in ROLES:
        raise UnknownRole(_("There is no such role."))
    with transaction.atomic():
        person = _locked(user)
        before = role_of(person)
        if before == role:
            return False
        if before == ADMIN:
            _check_another_admin(person)
        person.groups.remove(*Group.objects.filter(name__in=ROLES))
        if role:
            person.groups.add(Group.objects.get_or_create(name=role)[0])
        if person.is_superuser:
            User.objects.filter(pk=person.pk).update(is_superuser=False)
        figures = _withdrawn(person) if before == ADMIN else {}
        note(by, "person.role-changed", target(person), before=before, after=role, **figures)
        _tell(person, by)
    return True


def set_active(user: User, active: bool, *, by: User | None) -> bool:
    """Whoever is switched off is signed out with the next request; tokens stop working."""
    with transaction.atomic():
        person = _locked(user)
        if person.is_active == active:
            return False
        if not active and role_of(person) == ADMIN:
            _check_another_admin(person)
        User.objects.filter(pk=person.pk).update(is_active=active)
        figures = {} if active else _withdrawn(person)
        done = "person.switched-on" if active else "person.switched-off"
        note(by, done, target(person), **figures)
        if not active:
            _tell(person, by)
    return True


def set_teams(user: User, teams: Iterable[Team], *, by: User | None) -> bool:
    with transaction.atomic():
        person = _locked(user)
        before = set(person.teams.all())
        after = set(teams)
        if before == after:
            return False
        person.teams.set(after)
        note(
            by,
            "person.teams-changed",
            target(person),
            joined=sorted(team.name for team in after - before),
            left=sorted(team.name for team in before - after),
        )
        if before - after:
            _tell(person, by)
    return True


def set_details(user: User, *, name: str, email: str, by: User | None) -> bool:
    """The name as it is shown, and where mail goes."""
    with transaction.atomic():
        person = _locked(user)
        changed = [
            field
            for field, value in (("first_name", name), ("last_name", ""), ("email", email))
            if getattr(person, field) != value
        ]
        if not changed:
            return False
        User.objects.filter(pk=person.pk).update(first_name=name, last_name="", email=email)
        note(by, "person.details-changed", target(person), fields=len(changed))
    return True


def target(user: User) -> str:
    """As the audit trail names a person."""
    return f"person {user.get_username()}"


def _locked(user: User) -> User:
    Group.objects.get_or_create(name=ADMIN)
    Group.objects.select_for_update().get(name=ADMIN)
    return User.objects.select_for_update().get(pk=user.pk)


def _tell(person: User, by: User | None) -> None:
    """Read anew: what a user's object knows of its roles and teams is of before."""
    sees_less.send(sender=User, user=User.objects.get(pk=person.pk), by=by)


def _withdrawn(person: User) -> dict[str, int]:
    """Invitations that the person gave out and nobody used: no way back in for who has to go."""
    rows = Invitation.objects.filter(invited_by=person, accepted_at=None, withdrawn_at=None)
    count = rows.update(withdrawn_at=timezone.now())
    return {"invitations_withdrawn": count} if count else {}


def _check_another_admin(besides: User) -> None:
    admins = Q(groups__name=ADMIN) | Q(is_superuser=True)
    if not User.objects.filter(admins, is_active=True).exclude(pk=besides.pk).exists():
        raise LastAdmin(_("This is the last admin: make somebody else an admin first."))
