"""Tickets that an agent rated and answered: what a desk's team teaches."""

from itertools import count

from django.contrib.auth.models import User
from django.utils import timezone

from llm.models import ModelVersion, Slot
from tickets.intake import NewTicket, receive
from tickets.learning import learn_from
from tickets.models import Suggestion
from tickets.rating import rate
from tickets.replying import send_reply

_numbers = count(1)
GOOD = "Good day. Your parcel number {} is on its way, as our page says."
POOR = "We cannot say anything at all about what you have asked, number {}."


def teach(agent: User, *, tickets: int, slot: str = "A", stars: int = 4) -> None:
    """For each ticket two drafts, rated `stars` and 1, and a reply made from the better one."""
    live = Slot.objects.filter(name=slot).first()
    version = live.version if live and live.version else ModelVersion.objects.latest("pk")
    for number in (next(_numbers) for _ in range(tickets)):
        ticket = receive(
            NewTicket(
                source="taught",
                external_id=f"t{number}",
                subject="",
                text=f"When does parcel number {number} arrive at my house?",
                contact=f"customer{number}@mail.test",
                lang="en",
            )
        ).ticket
        drafts = [
            Suggestion.objects.create(
                ticket=ticket,
                message=ticket.messages.get(),
                slot=name,
                version=version,
                prompt_version="support-1",
                position=position,
                state=Suggestion.State.READY,
                text=text.format(number),
                finished_at=timezone.now(),
            )
            for position, (name, text) in enumerate(
                [(slot, GOOD), ("C" if slot != "C" else "A", POOR)]
            )
        ]
        rate(drafts[0], agent=agent, stars=stars)
        rate(drafts[1], agent=agent, stars=1)
        reply = send_reply(
            ticket.pk,
            agent=agent,
            text=drafts[0].text,
            suggestion_id=drafts[0].pk,
            send_key=f"taught-{number}",
        )
        learn_from(reply.pk)
