"""The first people of a desk: an admin, and an agent for the sample company.

Their passwords are made at random and kept in `$PASOKH_HOME/keys/sign-in` (mode 0600) until they
are changed, so that `make run` can print how to enter.
"""

import json
import os
import secrets
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from people import teams
from people.audit import note
from people.models import Team
from runtime.errors import InputError

MAX_NAME = 150  # of Django's user name


class UnusableName(InputError):
    """The user name is taken or has letters that no user name may have."""


def add_person(name: str, *, role: str, team: str = "") -> str:
    """Make a person of the role; returns the random first password, which is kept nowhere. A team
    that is not there yet is made."""
    password = secrets.token_urlsafe(9)
    with transaction.atomic():
        of = None
        if team:
            of = Team.objects.filter(name=team).first() or teams.make(team, by=None)
        user = add_account(name, role=role, password=password, team=of)
        note(None, "person.added", f"person {user.username}", role=role, team=team)
    return password


def add_account(
    username: str,
    *,
    role: str,
    password: str,
    email: str = "",
    name: str = "",
    team: Team | None = None,
) -> User:
    """Raises UnusableName. Whoever calls it writes the audit trail, in the same transaction."""
    try:
        User.username_validator(username)
    except ValidationError as error:
        raise UnusableName(str(error.messages[0])) from error
    if len(username) > MAX_NAME:
        raise UnusableName(_("A user name has at most %(most)s characters.") % {"most": MAX_NAME})
    with transaction.atomic():
        if User.objects.filter(username__iexact=username).exists():
            raise UnusableName(_("That user name is taken; choose another."))
        try:
            with transaction.atomic():
                user = User.objects.create_user(
                    username, email=email, password=password, first_name=name
                )
        except IntegrityError as error:  # another request was faster
            raise UnusableName(_("That user name is taken; choose another.")) from error
        user.groups.add(Group.objects.get_or_create(name=role)[0])
        if team is not None:
            team.members.add(user)
    return user


def make_first_people(names: dict[str, str]) -> None:
    """`names`: user name to role. People who exist are left as they are."""
    users = get_user_model()
    made: dict[str, str] = {}
    for name, group in names.items():
        if users.objects.filter(username=name).exists():
            continue
        made[name] = add_person(name, role=group)
    if made:
        _write(_file(), _read() | made)


def first_sign_ins() -> list[str]:
    """Lines that say how to enter, for those whose first password is still in use."""
    users = get_user_model()
    lines = []
    for name, password in _read().items():
        user = users.objects.filter(username=name).first()
        if user is not None and user.check_password(password):
            lines.append(f"  sign in as {name} with the password {password}")
    return lines


def _file() -> Path:
    return Path(settings.PASOKH_HOME) / "keys" / "sign-in"


def _read() -> dict[str, str]:
    return json.loads(_file().read_text()) if _file().exists() else {}


def _write(path: Path, people: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(people, file)
