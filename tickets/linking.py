"""Past answers lead to the articles that say the same: `link_past_answers()`.

A question of a past ticket that is linked to an article is one more way to it: customers ask like
other customers, and not like articles. Done in the background, a part at a time: `link_mark` of a
question says among which articles its own was looked for, so nothing is looked for twice, and all
of it again once there are a third more articles, or fewer.
"""

import math
import time

from django.db import connection
from django.db.models import Q, QuerySet

from kb import matching
from kb.models import Article, Question

CITED = "cited"
"""The mark of a link that an agent's choice of sources made; no search makes it better."""
GROWTH = 1.3
AT_A_TIME = 100
SECONDS = 8.0
_LOCK = 7_263_011


def link_past_answers(*, seconds: float = SECONDS) -> int:
    """Look for the articles of past answers that wait; how many were looked at. Comes back after
    about `seconds`: a worker has other things to do. Beside another one it does nothing."""
    mark = _mark()
    ends = time.monotonic() + seconds
    done = 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        (is_free,) = cursor.fetchone()
    if not is_free:
        return 0
    found: dict[str, int | None] = {}
    try:
        while rows := list(_waiting(mark).only("pk", "answer").order_by("pk")[:AT_A_TIME]):
            done += _link(rows, mark, found)
            if time.monotonic() > ends:
                break
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
    return done


def has_waiting() -> bool:
    return _waiting(_mark()).exists()


def _mark() -> str:
    """Changes with the rule, and when the number of articles has grown or shrunk much."""
    count = Article.objects.filter(state=Article.State.PUBLISHED).count()
    size = round(math.log(count, GROWTH)) if count else -1
    return f"{matching.VERSION}.{size}"


def _waiting(mark: str) -> QuerySet[Question]:
    """A cited article that was deleted leaves its questions to be matched like the others."""
    settled = Q(link_mark=mark) | Q(link_mark=CITED, article__isnull=False)
    return Question.objects.filter(kind=Question.Kind.TICKET).exclude(settled)


def _link(rows: list[Question], mark: str, found: dict[str, int | None]) -> int:
    """Teams answer from standard replies: one search serves all that got the same. An answer that
    was changed in between is left for the next round."""
    for row in rows:
        if row.answer not in found:
            found[row.answer] = matching.article_for(row.answer)
        Question.objects.filter(pk=row.pk, answer=row.answer).exclude(link_mark=CITED).update(
            article_id=found[row.answer], link_mark=mark
        )
    Question.objects.filter(
        pk__in=[row.pk for row in rows], link_mark=CITED, article__isnull=True
    ).update(link_mark="")
    return len(rows)
