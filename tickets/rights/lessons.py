"""What a model can have learned from a ticket, and who has to be told when it goes.

`training` may know tickets, and tickets may not know `training`: so erasing asks by two signals,
and `training.forgetting` answers them. `learned_by` is asked before anything is lost.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.dispatch import Signal

from kb.models import Question
from tickets.learning import past_question_id
from tickets.models import Message, Ticket

who_learned: Signal = Signal()
"""Sent with `lessons`; receivers return names of model versions."""
forget_lessons: Signal = Signal()
"""Sent with `lessons`; receivers take them out of the data sets that are kept."""


@dataclass(frozen=True)
class Lesson:
    """A past answer as training knows it: by its key, or by its words in another's prompt."""

    key: str
    question: str = field(default="", repr=False)
    answer: str = field(default="", repr=False)


def keys_of(tickets: Sequence[Ticket]) -> set[str]:
    """The names that the tickets' past answers have, one for each reply at most."""
    replies = dict.fromkeys((one.pk for one in tickets), 1)
    roles = Message.objects.filter(ticket__in=tickets, role=Message.Role.AGENT)
    for ticket_id in roles.values_list("ticket_id", flat=True):
        replies[ticket_id] += 1
    # What was learned before a merge has the name of the ticket that went into another.
    merged = Ticket.objects.filter(merged_into__in=tickets)
    turns = {one: replies[one.pk] for one in tickets}
    turns |= {one: replies[one.merged_into_id or one.pk] for one in merged}
    return {
        past_question_id(one.source, one.external_id, turn=turn)
        for one, most in turns.items()
        for turn in range(1, most + 1)
    }


def past_answers(keys: Iterable[str]) -> list[Question]:
    kind = Question.Kind.TICKET
    return list(Question.objects.filter(kind=kind, external_id__in=list(keys)).order_by("pk"))


def lessons_of(tickets: Sequence[Ticket]) -> list[Lesson]:
    keys = keys_of(tickets)
    rows = past_answers(keys)
    known = [Lesson(row.external_id, row.text, row.answer) for row in rows]
    return known + [Lesson(key) for key in sorted(keys - {one.key for one in known})]


def learned_by(lessons: Sequence[Lesson]) -> list[str]:
    """Names of the model versions that were trained on any of them, sorted."""
    answers = who_learned.send(sender=Lesson, lessons=lessons)
    return sorted({name for _receiver, names in answers for name in names or ()})


def forget(lessons: Sequence[Lesson]) -> None:
    """Out of the data sets of former runs. Doing it twice does no harm."""
    forget_lessons.send(sender=Lesson, lessons=lessons)
