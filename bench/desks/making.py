"""Many tickets at once by COPY, as they look after years: `make_people`, `make_tickets`."""

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib.auth.models import Group, User
from django.db import connection
from django.utils import timezone

from llm.models import ModelVersion, Slot
from people.models import Team
from tickets import vault
from tickets.importing.storing import copy
from tickets.models import Customer, Message, Suggestion, Ticket
from tickets.searching import terms_of

TEAMS: Final = 4
WAITING: Final = 0.03
STATES: Final[dict[str, float]] = {"answered": 0.7, "closed": 0.26, "spam": 0.01}
PER_CUSTOMER: Final = 4
TEXTS: Final = 400
_FA: Final = """
    سرویس سفارش پرداخت دامنه هاست مودم خاموش ارسال فاکتور مشکل ورود رمز پنل بازگشت وجه تمدید سرور
    کند نصب گارانتی تعویض اشتراک کیف پول پیامک تایید درگاه خطا صفحه ایمیل اتصال قطع شارژ
"""
_EN: Final = """
    service order payment domain hosting modem off shipping invoice problem login panel refund renew
    server slow install warranty exchange plan wallet message gateway error page mail connection
"""
_WORDS: Final = {"fa": _FA.split(), "en": _EN.split()}


def make_people(count: int) -> list[User]:
    """Agents, each in one team of `TEAMS`."""
    teams = [Team.objects.create(name=f"team {number + 1}") for number in range(TEAMS)]
    group = Group.objects.get_or_create(name="agent")[0]
    agents = [User.objects.create(username=f"agent{number}") for number in range(count)]
    for number, agent in enumerate(agents):
        agent.groups.add(group)
        teams[number % TEAMS].members.add(agent)
    return agents


def make_versions() -> list[ModelVersion]:
    return [
        ModelVersion.objects.create(
            name=f"version-{slot.lower()}", method="alora", folder=f"none/{slot}", digest=slot * 64
        )
        for slot in Slot.NAMES
    ]


def make_tickets(
    count: int, *, agents: Sequence[User], versions: Sequence[ModelVersion], seed: int
) -> None:
    """The newest wait; every waiting one has three drafts."""
    chance = random.Random(seed)
    now = timezone.now()
    texts = _texts(chance)
    customers = _customers(count // PER_CUSTOMER + 1, seed)
    first = _last_number() + 1
    numbers = range(first, first + count)
    teams = [None, *Team.objects.values_list("pk", flat=True)]
    rows = [
        _ticket(number, place / count, texts, customers, teams, agents, now, chance)
        for place, number in enumerate(numbers)
    ]
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tickets_message DISABLE TRIGGER tickets_words_changed")
        copy([ticket for ticket, _text in rows], with_key=True)
        copy(_messages(rows, texts, chance))
        cursor.execute("ALTER TABLE tickets_message ENABLE TRIGGER tickets_words_changed")
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence('tickets_ticket', 'id'), max(id))"
            " FROM tickets_ticket"
        )
    asked = Message.objects.filter(ticket__in=numbers, ticket__state="ready", role="customer")
    copy(_drafts(asked.values_list("pk", "ticket_id"), versions, texts, chance))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _texts(chance: random.Random) -> list[tuple[str, str, str]]:
    """(language, text, its tsvector)"""
    found = []
    for number in range(TEXTS):
        lang = "fa" if number % 3 else "en"
        text = " ".join(chance.choices(_WORDS[lang], k=chance.randrange(12, 90)))
        found.append((lang, text, " ".join(f"'{term}'" for term in terms_of([text]))))
    return found


def _customers(count: int, seed: int) -> list[int]:
    copy(
        Customer(
            contact_hmac=vault.contact_hmac(f"c{seed}-{number}@mail.test"),
            contact_encrypted=vault.encrypt(f"c{seed}-{number}@mail.test"),
            name_encrypted=vault.encrypt(f"Customer {number}"),
            created_at=timezone.now(),
        )
        for number in range(count)
    )
    return list(Customer.objects.order_by("-pk").values_list("pk", flat=True)[:count])


def _last_number() -> int:
    return Ticket.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def _ticket(
    number: int,
    age: float,
    texts: Sequence[tuple[str, str, str]],
    customers: Sequence[int],
    teams: Sequence[int | None],
    agents: Sequence[User],
    now: datetime,
    chance: random.Random,
) -> tuple[Ticket, str]:
    lang, text, vector = chance.choice(texts)
    at = now - timedelta(days=700 * (1 - age), seconds=chance.random() * 1000)
    waits = age > 1 - WAITING
    done = chance.choices(list(STATES), list(STATES.values()))[0]
    state = "ready" if waits else done
    ticket = Ticket(
        pk=number,
        customer_id=chance.choice(customers),
        source="bench",
        external_id=str(number),
        subject=" ".join(text.split()[:6]),
        lang=lang,
        state=state,
        team_id=chance.choice(teams),
        assignee_id=chance.choice(agents).pk if chance.random() < 0.6 else None,
        priority=chance.choices((0, 1, 2, 3), (1, 7, 2, 1))[0],
        waiting_since=at if waits else None,
        search=vector,
        found=_found(texts, chance) if waits else [],
        created_at=at,
        updated_at=at,
    )
    return ticket, text


def _found(texts: Sequence[tuple[str, str, str]], chance: random.Random) -> list[dict[str, Any]]:
    return [
        {
            "kind": kind,
            "id": place,
            "title": chance.choice(texts)[1][:50],
            "url": "",
            "score": 0.9 - place / 10,
            "text": chance.choice(texts)[1],
            "answer": chance.choice(texts)[1],
        }
        for place, kind in enumerate(("chunk", "chunk", "chunk", "question", "question"))
    ]


def _messages(
    rows: Sequence[tuple[Ticket, str]],
    texts: Sequence[tuple[str, str, str]],
    chance: random.Random,
) -> Iterator[Message]:
    for ticket, text in rows:
        at = ticket.created_at
        yield Message(ticket_id=ticket.pk, role="customer", text=text, created_at=at)
        if ticket.state == "answered":
            said, later = chance.choice(texts)[1], at + timedelta(hours=1)
            yield Message(ticket_id=ticket.pk, role="agent", text=said, created_at=later)


def _drafts(
    asked: Any,
    versions: Sequence[ModelVersion],
    texts: Sequence[tuple[str, str, str]],
    chance: random.Random,
) -> Iterator[Suggestion]:
    now = timezone.now()
    for message, ticket in asked:
        for place, (slot, version) in enumerate(zip(Slot.NAMES, versions, strict=True)):
            yield Suggestion(
                ticket_id=ticket,
                message_id=message,
                slot=slot,
                version=version,
                prompt_version="1",
                position=place,
                state="ready",
                text=chance.choice(texts)[1],
                created_at=now,
                finished_at=now,
            )
