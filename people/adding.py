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
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError

from runtime.errors import InputError

MAX_NAME = 150  # of Django's user name


class UnusableName(InputError):
    """The user name is taken or has letters that no user name may have."""


def add_person(name: str, *, role: str) -> str:
    """Make a person of the role; returns the random first password, which is kept nowhere."""
    users = get_user_model()
    try:
        users.username_validator(name)
    except ValidationError as error:
        raise UnusableName(error.messages[0]) from error
    if len(name) > MAX_NAME:
        raise UnusableName(f"A user name has at most {MAX_NAME} characters.")
    if users.objects.filter(username=name).exists():
        raise UnusableName("That user name is taken; choose another.")
    password = secrets.token_urlsafe(9)
    user = users.objects.create_user(name, password=password)
    user.groups.add(Group.objects.get_or_create(name=role)[0])
    return password


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
