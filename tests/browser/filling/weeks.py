"""Eight weeks of answered tickets: what the reports and the tables of ratings count."""

import random
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db.models import F
from django.utils import timezone

from kb.models import Article
from llm.models import ModelVersion, Slot
from llm.prompts import PROMPT_VERSION
from tests.browser.filling.tickets import TEXTS
from tickets.intake import NewTicket, receive
from tickets.models import Message, NoGoodAnswer, Rating, Reply, Suggestion, Ticket
from tickets.rating import rate
from tickets.replying import send_reply

WEEKS = 8
PER_WEEK = 6
QUESTIONS = {"fa": "چطور سرویس را تمدید کنم؟", "en": "How do I renew the service?"}
STARS = {"A": (1, 2, 3, 8, 9), "B": (2, 3, 4, 5, 3), "C": (6, 4, 3, 2, 1)}
"""How likely one to five stars are in each slot."""


def fill(people: dict[str, User]) -> dict[str, Any]:
    chance = random.Random(7)
    agents = [people[name] for name in ("sara", "omid", "parisa", "mina")]
    articles = list(Article.objects.order_by("pk"))
    for number in range(WEEKS * PER_WEEK):
        at = timezone.now() - timedelta(
            days=7 * (number // PER_WEEK), hours=5 * (number % PER_WEEK) + 2
        )
        _answered(number, at, chance.choice(agents), chance, articles)
    return {"answered_ticket": Ticket.objects.filter(source="weeks").order_by("pk")[0].pk}


def _answered(
    number: int, at: datetime, agent: User, chance: random.Random, articles: list[Article]
) -> None:
    lang = "fa" if number % 3 else "en"
    ticket = receive(
        NewTicket(
            source="weeks",
            external_id=str(number),
            subject=QUESTIONS[lang][:20],
            text=QUESTIONS[lang],
            contact=f"week{number % 17}@mail.test",
            name="",
            lang=lang,
            created_at=at,
        )
    ).ticket
    message = ticket.messages.get()
    drafts = [
        _draft(ticket, message, slot, place, chance, articles)
        for place, slot in enumerate(Slot.NAMES)
    ]
    Ticket.objects.filter(pk=ticket.pk).update(state=Ticket.State.READY)
    for draft in drafts:
        stars = chance.choices((1, 2, 3, 4, 5), STARS[draft.slot])[0]
        rate(draft, agent=agent, stars=stars)
    chosen = chance.choice([*drafts[:2], *drafts[:2], None])
    text = "از خودم نوشتم." if chosen is None else chosen.text + chance.choice(["", "", " ممنون!"])
    answered = at + timedelta(minutes=chance.randrange(4, 200))
    reply = send_reply(
        ticket.pk,
        agent=agent,
        text=text,
        suggestion_id=chosen and chosen.pk,
        send_key=str(uuid.uuid4()),
        opened_at=answered - timedelta(minutes=chance.randrange(1, 4)),
    )
    if number % 9 == 4:
        reason = chance.choice(NoGoodAnswer.Reason.values)
        NoGoodAnswer.objects.create(message=message, agent=agent, reason=reason)
    _move_back(ticket, reply, answered)


def _draft(
    ticket: Ticket,
    message: Message,
    slot: str,
    place: int,
    chance: random.Random,
    articles: list[Article],
) -> Suggestion:
    version = ModelVersion.objects.get(slots__name=slot)
    return Suggestion.objects.create(
        ticket=ticket,
        message=message,
        slot=slot,
        version=version,
        prompt_version=PROMPT_VERSION,
        position=place,
        state=Suggestion.State.READY,
        text=TEXTS[ticket.lang][place],
        article=chance.choice([*articles, None]),
        tokens=chance.randrange(40, 160),
        seconds=chance.uniform(0.6, 4.5),
    )


def _move_back(ticket: Ticket, reply: Reply, at: datetime) -> None:
    """The rows' own times are the database's; a report asks about weeks that have passed."""
    asked = ticket.created_at
    Suggestion.objects.filter(ticket=ticket).update(created_at=asked, finished_at=asked)
    Rating.objects.filter(suggestion__ticket=ticket).update(created_at=at, updated_at=at)
    NoGoodAnswer.objects.filter(message__ticket=ticket).update(created_at=at)
    Reply.objects.filter(pk=reply.pk).update(created_at=at, learned_at=F("created_at"))
    Message.objects.filter(pk=reply.message_id).update(created_at=at)
