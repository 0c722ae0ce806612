"""What a report is about: `read_scope(user, request.GET)`.

A period, a language, a team, a version. Whoever asks sees figures of the tickets that he may see,
and of no other; with `mine` only of what he did himself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone

from llm.models import ModelVersion
from people.models import Team
from people.roles import Person, is_admin
from runtime.days import BadDay, end_of, read_day, start_of
from tickets.access import visible
from tickets.models import Ticket

USUAL_DAYS: Final = 90
EVER: Final = "all"
MOST_VERSIONS: Final = 200


@dataclass(frozen=True)
class Scope:
    """`since`, `until`: the first and the last day, None without an end. `wrong`: what was typed
    and cannot be read, by field."""

    user: Person
    since: date | None = None
    until: date | None = None
    lang: str = ""
    team: Team | None = None
    version: ModelVersion | None = None
    mine: bool = False
    langs: tuple[str, ...] = ()
    teams: tuple[Team, ...] = ()
    versions: tuple[str, ...] = ()
    typed: Mapping[str, str] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)

    def within(self, name: str) -> Q:
        """Of a moment's column."""
        found = Q()
        if self.since:
            found &= Q(**{f"{name}__gte": start_of(self.since)})
        if self.until:
            found &= Q(**{f"{name}__lt": end_of(self.until)})
        return found

    def of_ticket(self, prefix: str) -> Q:
        """`prefix`: the way to the ticket, "suggestion__ticket__"."""
        found = visible(self.user, prefix)
        if self.lang:
            found &= Q(**{f"{prefix}lang": self.lang})
        if self.team:
            found &= Q(**{f"{prefix}team": self.team})
        return found

    def by_version(self, name: str) -> Q:
        return Q(**{name: self.version}) if self.version else Q()

    def by_agent(self, name: str) -> Q:
        return Q(**{name: self.user}) if self.mine else Q()

    @property
    def query(self) -> str:
        """For links that keep what was asked: "?since=2026-08-24&lang=fa"."""
        return self.changed()

    def changed(self, **given: str) -> str:
        kept = {
            "since": self.since.isoformat() if self.since else EVER,
            "until": self.until.isoformat() if self.until else "",
            "lang": self.lang,
            "team": str(self.team.pk) if self.team else "",
            "version": self.version.name if self.version else "",
        } | given
        return "?" + urlencode({name: value for name, value in kept.items() if value})


def read_scope(user: Person, asked: Mapping[str, str], *, mine: bool = False) -> Scope:
    """What cannot be read is left out, and said in `wrong`; a team of other people or a version
    that is not there counts as not asked for. Three questions to the database, four with a
    version."""
    wrong: dict[str, str] = {}
    days = {name: _day(asked.get(name, ""), name, wrong) for name in ("since", "until")}
    if days["since"] is None and not days["until"] and asked.get("since", "").strip() != EVER:
        days["since"] = timezone.localdate() - timedelta(days=USUAL_DAYS - 1)
    teams = tuple(_teams(user))
    lang = asked.get("lang", "")
    langs = tuple(Ticket.objects.order_by("lang").values_list("lang", flat=True).distinct())
    names = ModelVersion.objects.order_by("-pk").values_list("name", flat=True)
    wanted = asked.get("version", "")[:200]
    return Scope(
        user=user,
        since=days["since"],
        until=days["until"],
        lang=lang if lang in langs else "",
        team=next((one for one in teams if str(one.pk) == asked.get("team")), None),
        version=ModelVersion.objects.filter(name=wanted).first() if _name(wanted) else None,
        mine=mine,
        langs=langs,
        teams=teams,
        versions=tuple(names[:MOST_VERSIONS]),
        typed={name: asked.get(name, "")[:40] for name in wrong},
        wrong=wrong,
    )


def _name(text: str) -> bool:
    return bool(text) and "\0" not in text


def _day(text: str, name: str, wrong: dict[str, str]) -> date | None:
    text = text.strip()
    if not text or text == EVER:
        return None
    try:
        return read_day(text)
    except BadDay as error:
        wrong[name] = str(error)
        return None


def _teams(user: Person) -> Any:
    if is_admin(user):
        return Team.objects.all()
    return user.teams.all() if isinstance(user, User) else Team.objects.none()
