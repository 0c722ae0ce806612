"""Who may see personal values: `may_reveal` asks, `allow` and `forbid` say so for one person.

Admins begin with the permission (tickets.apps); it can be taken from their group.
"""

from django.contrib.auth.models import Permission, User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from people.audit import note
from people.roles import Person, is_agent
from runtime.errors import InputError

PERMISSION = "tickets.reveal_values"


class NobodyToAllow(InputError):
    """No agent or admin of that name."""


class AllowedByGroup(InputError):
    """The permission comes with a group, or from being a superuser, and cannot be taken alone."""


def may_reveal(user: Person) -> bool:
    return isinstance(user, User) and user.has_perm(PERMISSION)


def allow(name: str) -> None:
    with transaction.atomic():
        user = _agent(name)
        user.user_permissions.add(_permission())
        note(None, "reveal.allowed", f"person {user.username}")


def forbid(name: str) -> None:
    """Raises AllowedByGroup where the person keeps it."""
    user = _agent(name)
    with transaction.atomic():
        user.user_permissions.remove(_permission())
        note(None, "reveal.forbidden", f"person {user.username}")
    if may_reveal(_agent(name)):
        raise AllowedByGroup(
            _("%(name)s has the permission as an admin: change the group instead.") % {"name": name}
        )


def who_may() -> QuerySet[User]:
    """By name."""
    of_a_person = Q(user_permissions=_permission()) | Q(groups__permissions=_permission())
    people = User.objects.filter(of_a_person | Q(is_superuser=True), is_active=True)
    return people.distinct().order_by("username")


def _agent(name: str) -> User:
    user = User.objects.filter(username=name).first()
    if user is None or not is_agent(user):
        raise NobodyToAllow(_("There is no agent or admin of that name."))
    return user


def _permission() -> Permission:
    app_label, codename = PERMISSION.split(".")
    return Permission.objects.get(content_type__app_label=app_label, codename=codename)
