"""A reply that was sent becomes a past answer that search finds, so that the next customer with the
same trouble gets what the team said. Where it was sent nearly as a draft stood, its question leads
to the article that the draft was made from; other replies are matched later (`tickets.linking`).

`learn_from` runs in a worker, since it may embed. `past_question_id` is how a ticket's question is
named there, e.g. to leave a ticket out of its own prompt.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from kb.models import Article, Question
from kb.questions import KnownQuestion, prepare, write
from tickets.linking import CITED
from tickets.models import Message, Reply, Ticket

LEARN_AFTER = timedelta(seconds=60)
"""Older replies without `learned_at` have lost their message to the worker."""
MOST_EDITED = 0.5
"""Share of a draft that was changed up to which its sources are still the reply's."""


def past_question_id(source: str, external_id: str, *, turn: int = 1) -> str:
    """`turn`: which reply of the ticket, from 1."""
    return f"{source}:{external_id}" + (f"#{turn}" if turn > 1 else "")


def learn_from(reply_id: int) -> bool:
    """True if there was something to learn. Doing it twice changes nothing; of a reply that can be
    undone still, nothing is learned. What is masked, erased or merged while this embeds is seen
    under the ticket's lock, and then it begins anew."""
    reply, lesson = _now(reply_id)
    while reply is not None:
        prepared = prepare([lesson] if lesson else [], models=True)
        with transaction.atomic():
            Ticket.objects.select_for_update().filter(pk=reply.ticket_id).first()
            known, (reply, lesson) = lesson, _now(reply_id)
            if reply is not None and lesson == known:
                write(prepared)
                _note_learned(reply, lesson)
                return lesson is not None
    return False


def _now(reply_id: int) -> tuple[Reply | None, KnownQuestion | None]:
    rows = Reply.objects.select_related("ticket", "message", "suggestion")
    final = Q(held_until=None) | Q(held_until__lte=timezone.now())
    reply = rows.filter(final, pk=reply_id, learned_at=None).first()
    return reply, _lesson(reply) if reply else None


def _note_learned(reply: Reply, lesson: KnownQuestion | None) -> None:
    if lesson is not None and lesson.article is not None:
        learned = Question.objects.filter(kind=lesson.kind, external_id=lesson.external_id)
        learned.update(link_mark=CITED)
    Reply.objects.filter(pk=reply.pk).update(learned_at=timezone.now())


def _lesson(reply: Reply) -> KnownQuestion | None:
    asked, turn = _asked_before(reply)
    if not asked:
        return None
    return KnownQuestion(
        kind=Question.Kind.TICKET,
        external_id=past_question_id(reply.ticket.source, reply.ticket.external_id, turn=turn),
        lang=reply.ticket.lang,
        text=asked,
        answer=reply.message.text,
        article=_cited_article(reply),
    )


def _cited_article(reply: Reply) -> Article | None:
    """Of the best passage that the draft was made from, if the agent left most of the draft."""
    draft = reply.suggestion
    if draft is None or reply.edit_share is None or reply.edit_share > MOST_EDITED:
        return None
    cited = [source for source in draft.sources if source.get("kind") == "chunk"]
    if not cited:
        return None
    return Article.objects.filter(pk=cited[0].get("article"), state=Article.State.PUBLISHED).first()


def not_learned() -> QuerySet[Reply]:
    """Replies whose message to the worker was lost, or that were held back for an undo."""
    now = timezone.now()
    lost = Q(held_until=None, created_at__lt=now - LEARN_AFTER) | Q(held_until__lte=now)
    return Reply.objects.filter(lost, learned_at=None).order_by("pk")


def _asked_before(reply: Reply) -> tuple[str, int]:
    """What the customer wrote since the agent's message before, and which turn this is."""
    asked: list[str] = []
    turn = 1
    for message in reply.ticket.messages.all():
        if message.pk == reply.message_id:
            break
        if message.role == Message.Role.AGENT:
            asked, turn = [], turn + 1
        else:
            asked.append(message.text)
    return "\n".join(asked), turn
