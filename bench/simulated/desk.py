"""The desk of `bench.circle`: its tickets, its simulated agents at work, and how it is measured.

Everything goes the way that it goes at a real desk: `receive`, drafts by the workers' own function,
`rate`, `send_reply`, `learn_from`. Every step can be done twice: tickets have names, and a reply
has its send key, so that a bench that was killed goes on.
"""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.conf import settings
from django.contrib.auth.models import User

from bench.simulated.agents import Company, Wanted, noisy, read_jsonl
from kb.retrieval import search
from llm.models import ModelVersion
from llm.registry import set_slot
from text.privacy.placeholders import placeholders_in
from tickets.intake import NewTicket, receive
from tickets.learning import learn_from
from tickets.models import Message, Reply, Suggestion, Ticket
from tickets.rating import rate
from tickets.replying import send_reply
from tickets.suggesting import suggest_for_ticket
from training.datasets import prepare
from training.recipes import Wording, load_recipe
from training.wordings import reword

SOURCE: Final = "circle"
AGENT: Final = "agent"
WORDING: Final = Wording(dropped_words=0.15, typing_errors=0.05)
SEARCHED: Final = 600
Say = Callable[[str], None]


def company() -> Company:
    """The agents' knowledge: the standard replies, and for each the article that search finds."""
    past = read_jsonl(folder("past_tickets"))
    bare = Company(past, {})
    titles = {
        wanted: search(text[:SEARCHED], k=1, lang=wanted.lang)[0].title
        for wanted, text in bare.standard.items()
    }
    return Company(past, titles)


@dataclass(frozen=True)
class Asked:
    """A ticket of a batch."""

    external_id: str
    text: str
    wanted: Wanted


def batch(name: str, size: int, *, seed: int) -> list[Asked]:
    """Questions of past tickets in other words, each ticket from a customer of its own."""
    chance = random.Random(f"{seed}:{name}")
    past = read_jsonl(folder("past_tickets"))
    return [
        Asked(
            external_id=f"{name}-{number}",
            text=reword(row["question"], WORDING, chance=chance),
            wanted=Wanted(row["topic"], row["lang"]),
        )
        for number, row in enumerate(chance.sample(past, size))
    ]


def close_waiting() -> None:
    """The sample company's new tickets are what is measured on: nobody answers them."""
    Ticket.objects.filter(source="sample", state=Ticket.State.NEW).update(state=Ticket.State.CLOSED)


@dataclass
class Day:
    """What the agents did with a batch."""

    tickets: int = 0
    ratings: int = 0
    canary_ratings: int = 0
    stars: int = 0
    replies: int = 0
    written_anew: int = 0


def work_through(asked: Sequence[Asked], staff: Company, *, seed: int, say: Say) -> Day:
    """A batch comes in, is drafted, rated and answered."""
    for one in asked:
        receive(
            NewTicket(
                source=SOURCE,
                external_id=one.external_id,
                subject="",
                text=one.text,
                contact=f"{one.external_id}@customers.example",
                lang=one.wanted.lang,
            )
        )
    day = Day()
    agent = User.objects.get(username=AGENT)
    for number, one in enumerate(asked, start=1):
        ticket = _drafted_ticket(one.external_id)
        _answer(ticket.pk, one, staff, agent, day, seed=seed)
        say(f"{number} of {len(asked)} tickets answered")
    return day


def _drafted_ticket(external_id: str) -> Ticket:
    """Drafts that another process died over are made when its claim has gone stale."""
    while True:
        ticket = Ticket.objects.get(source=SOURCE, external_id=external_id)
        if ticket.state not in (Ticket.State.NEW, Ticket.State.DRAFTING):
            return ticket
        if not suggest_for_ticket(ticket.pk):
            time.sleep(1)


def _answer(
    ticket_id: int, one: Asked, staff: Company, agent: User, day: Day, *, seed: int
) -> None:
    chance = random.Random(f"{seed}:{one.external_id}")
    ready = Suggestion.objects.filter(ticket=ticket_id, state=Suggestion.State.READY)
    drafts = list(ready.order_by("slot"))
    day.tickets += 1
    for draft in drafts:
        stars = noisy(staff.stars(draft.text, one.wanted), chance)
        rate(draft, agent=agent, stars=stars)
        day.ratings, day.stars = day.ratings + 1, day.stars + stars
        day.canary_ratings += draft.is_canary
    usable = [draft for draft in drafts if not placeholders_in(draft.text)]
    text, place = staff.sent([draft.text for draft in usable], one.wanted)
    reply = send_reply(
        ticket_id,
        agent=agent,
        text=text,
        suggestion_id=None if place is None else usable[place].pk,
        send_key=f"{SOURCE}-{one.external_id}",
    )
    if reply.learned_at is None:
        learn_from(reply.pk)
    day.replies += 1
    day.written_anew += place is None


def put_back(slot: str, version_id: int) -> str:
    """One of the desk's first versions serves again."""
    return str(set_slot(slot, ModelVersion.objects.get(pk=version_id)).version)


def shuffle_replies(recipe: str, *, seed: int) -> int:
    """Every reply that was sent from the desk gets another one's text, of the same language: what
    a version learns of them is the taste without the sense. The holdout is frozen before, of true
    replies. Returns how many changed."""
    prepare(load_recipe(recipe))
    chance = random.Random(f"{seed}:shuffled")
    changed = 0
    for lang in ("fa", "en"):
        sent = Reply.objects.filter(ticket__source=SOURCE, ticket__lang=lang)
        replies = list(sent.select_related("message").order_by("pk"))
        texts = [reply.message.text for reply in replies]
        chance.shuffle(texts)
        for reply, text in zip(replies, texts, strict=True):
            changed += reply.message.text != text
            Message.objects.filter(pk=reply.message_id).update(text=text)
            learn_from(reply.pk)
    return changed


def folder(name: str) -> Path:
    return Path(settings.SAMPLE_DIR) / "company" / name
