"""A desk made to be nasty to count: `NastyDesk`; its rows in plain lists, for counting them again.

Moments lie at the edges of days, weeks and years and around the switch of the clocks; tickets are
of every state, with and without team, customer, agent in office and version in service; ratings
were changed, drafts failed and stopped, replies have no opening, and some stand on no draft.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

from django.contrib.auth.models import Group, User

from kb.models import Article, Source
from people.models import Team
from tests.tickets.factories import make_version
from tickets.models import (
    Customer,
    Message,
    NoGoodAnswer,
    Rating,
    Reply,
    Rewrite,
    Suggestion,
    Ticket,
)

DAYS = (
    (2025, 3, 29),
    (2025, 3, 30),
    (2025, 10, 26),
    (2025, 12, 26),
    (2025, 12, 27),
    (2025, 12, 29),
)
"""The clocks of Europe are switched on the second and the third; then Friday to Monday at the end
of a year."""
HOURS = (time(0), time(0, 0, 1), time(2, 30), time(23, 59, 59, 999999))
STARS = (1, 2, 2, 3, 4, 5, 5)


@contextmanager
def _moments_as_given(*fields: tuple[type, str]) -> Iterator[None]:
    """Rows with moments of their own, where the table would write now."""
    patches = [
        patch.object(model._meta.get_field(name), flag, False)
        for model, name in fields
        for flag in ("auto_now", "auto_now_add")
    ]
    for one in patches:
        one.start()
    try:
        yield
    finally:
        for one in patches:
            one.stop()


@dataclass
class NastyDesk:
    zone: str
    tickets: int = 60
    drafts: list[Suggestion] = field(default_factory=list)
    ratings: list[Rating] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    refusals: list[NoGoodAnswer] = field(default_factory=list)
    rewordings: list[Rewrite] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(f"nasty {self.zone}")
        self._people()
        rows = [self._ticket(at) for at in range(self.tickets)]
        with _moments_as_given(
            *((Suggestion, "created_at"), (Rating, "created_at"), (Rating, "updated_at")),
            *((Reply, "created_at"), (NoGoodAnswer, "created_at")),
            (Rewrite, "created_at"),
        ):
            for ticket in Ticket.objects.bulk_create(rows):
                self._fill(ticket)
            for model, made in (
                *((Suggestion, self.drafts), (Rating, self.ratings)),
                *((Reply, self.replies), (NoGoodAnswer, self.refusals)),
                (Rewrite, self.rewordings),
            ):
                model.objects.bulk_create(made)

    def moment(self) -> datetime:
        day = datetime(*self.chance.choice(DAYS))
        local = datetime.combine(day, self.chance.choice(HOURS), tzinfo=ZoneInfo(self.zone))
        return local.astimezone(UTC)

    def _people(self) -> None:
        names = ("one", "two", "gone", "double", "double2")
        self.agents = [
            User.objects.create_user(name, first_name="", password=None) for name in names
        ]
        group = Group.objects.get_or_create(name="agent")[0]
        for agent in self.agents:
            agent.groups.add(group)
        User.objects.filter(username="gone").update(is_active=False)
        User.objects.filter(username__startswith="double").update(first_name="Same")
        self.teams = [Team.objects.create(name=name) for name in ("first", "second")]
        self.teams[0].members.add(self.agents[0])
        self.versions = [
            make_version(f"v{at}", state="retired" if at == 2 else "live") for at in range(4)
        ]
        sources = [Source.objects.create(name="Same", location=f"/{at}") for at in range(2)]
        self.articles = [
            Article.objects.create(
                source=source, external_id="a", title="A", text="", lang="fa", content_hash=""
            )
            for source in sources
        ]
        self.customers = [
            Customer.objects.create(contact_hmac=f"nasty {at}", contact_encrypted=b"")
            for at in range(14)
        ]

    def _ticket(self, at: int) -> Ticket:
        pick = self.chance.choice
        return Ticket(
            source="nasty",
            external_id=str(at),
            customer=pick((None, *self.customers, *self.customers)),
            team=pick((None, *self.teams)),
            lang=pick(("fa", "fa", "en", "en-US", "xx")),
            state=pick(Ticket.State.values),
            created_at=self.moment(),
        )

    def _fill(self, ticket: Ticket) -> None:
        for _again in range(self.chance.choice((1, 1, 2))):
            asked = Message.objects.create(
                ticket=ticket, role="customer", text="?", created_at=ticket.created_at
            )
            drafts = [self._draft(ticket, asked, at) for at in range(3)]
            self.drafts += drafts
            self.ratings += [one for draft in drafts for one in self._rated(draft)]
            self.rewordings += [self._reworded(one) for one in drafts if one.position == 1]
            if self.chance.random() < 0.7:
                self.replies.append(self._reply(ticket, asked, drafts))
            for agent in self.chance.sample(self.agents, k=self.chance.choice((0, 0, 1, 2))):
                reason = self.chance.choice(NoGoodAnswer.Reason.values)
                self.refusals.append(
                    NoGoodAnswer(
                        message=asked, agent=agent, reason=reason, created_at=self.moment()
                    )
                )

    def _draft(self, ticket: Ticket, asked: Message, at: int) -> Suggestion:
        pick, measured = self.chance.choice, self.chance.random() < 0.8
        return Suggestion(
            ticket=ticket,
            message=asked,
            slot="ABC"[at],
            version=self.versions[pick((at, at, 3))],
            prompt_version="x",
            position=at,
            state=pick(("ready", "ready", "ready", "failed", "cancelled", "pending")),
            article=pick((None, *self.articles)),
            tokens=self.chance.randrange(1, 400) if measured else 0,
            prompt_tokens=self.chance.randrange(1, 4000) if measured else 0,
            seconds=self.chance.expovariate(0.2) if measured else 0,
            created_at=self.moment(),
        )

    def _reworded(self, draft: Suggestion) -> Rewrite:
        return Rewrite(
            suggestion=draft,
            agent=self.chance.choice(self.agents),
            kind="shorter",
            state=self.chance.choice(("ready", "ready", "failed", "cancelled")),
            tokens=self.chance.randrange(200),
            seconds=self.chance.random(),
            created_at=self.moment(),
        )

    def _rated(self, draft: Suggestion) -> list[Rating]:
        if draft.state != "ready":
            return []
        who: list[Any] = self.chance.sample(self.agents, k=self.chance.choice((0, 1, 1, 1, 3)))
        return [
            Rating(
                suggestion=draft,
                agent=agent,
                stars=self.chance.choice(STARS),
                created_at=self.moment(),
                updated_at=self.moment(),
            )
            for agent in who
        ]

    def _reply(self, ticket: Ticket, asked: Message, drafts: list[Suggestion]) -> Reply:
        at, pick = self.moment(), self.chance.choice
        written = pick((None, *(one for one in drafts if one.state == "ready")))
        sent = Message.objects.create(ticket=ticket, role="agent", text="!", created_at=at)
        waited, opened = (timedelta(seconds=self.chance.expovariate(mean)) for mean in (1e-4, 1e-2))
        return Reply(
            ticket=ticket,
            message=sent,
            agent=pick(self.agents),
            suggestion=written,
            edit_share=pick((0.0, 0.0, self.chance.random())) if written else None,
            send_key=f"nasty-{sent.pk}",
            answers=asked,
            waiting_since=pick((None, at - waited, at - waited)),
            opened_at=pick((None, at - opened)),
            created_at=at,
        )
