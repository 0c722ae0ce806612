"""Teams: make, rename, choose the members. What a team is for, see tickets.access."""

from collections.abc import Iterable

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from people.audit import note
from people.models import Team
from people.signals import sees_less
from runtime.errors import InputError

MAX_NAME = 100


class BadTeamName(InputError):
    """Empty, too long or taken."""


def make(name: str, *, by: User | None) -> Team:
    name = _checked(name)
    with transaction.atomic():
        team = _saved(Team(name=name))
        note(by, "team.made", target(team))
    return team


def rename(team: Team, name: str, *, by: User | None) -> bool:
    name = _checked(name)
    with transaction.atomic():
        row = Team.objects.select_for_update().get(pk=team.pk)
        before, row.name = row.name, name
        if before == name:
            return False
        _saved(row)
        note(by, "team.renamed", target(row), before=before)
    return True


def set_members(team: Team, members: Iterable[User], *, by: User | None) -> bool:
    with transaction.atomic():
        row = Team.objects.select_for_update().get(pk=team.pk)
        before, after = set(row.members.all()), set(members)
        if before == after:
            return False
        row.members.set(after)
        note(
            by,
            "team.members-changed",
            target(row),
            joined=sorted(one.get_username() for one in after - before),
            left=sorted(one.get_username() for one in before - after),
        )
        for one in sorted(before - after, key=lambda left: left.pk):
            sees_less.send(sender=User, user=one, by=by)
    return True


def target(team: Team) -> str:
    return f"team {team.name}"


def _checked(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise BadTeamName(_("Give the team a name."))
    if len(name) > MAX_NAME:
        raise BadTeamName(_("A team’s name has at most %(most)s characters.") % {"most": MAX_NAME})
    return name


def _saved(team: Team) -> Team:
    try:
        with transaction.atomic():
            team.save()
    except IntegrityError as error:
        raise BadTeamName(_("There is a team of this name already.")) from error
    return team
