"""Pairs of drafts of one message, one of which agents liked better: `pairs_now`.

Drafts that are `least_gap` or more stars apart, and the reply that was sent against drafts with one
or two stars that are far from it: what an agent left of a draft is no reason against it.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any, Final

from rapidfuzz.distance import Levenshtein

from runtime.batches import batches
from tickets.models import Reply, Suggestion
from training.datasets.conversations import Before, Conversations, rated
from training.datasets.rows import Preference

DISLIKED: Final = 2
FAR: Final = 0.5
"""Share of a draft that must be another than the reply's text."""
_AT_ONCE: Final = 500


def pairs_now(*, least_gap: int, most: int) -> list[Preference]:
    """The newest `most`, in a fixed order; rows without what search finds."""
    conversations = Conversations()
    drafts: dict[int, list[Any]] = defaultdict(list)
    for draft in rated().exclude(stars=None).order_by("-pk")[: 3 * most]:
        drafts[draft.message_id].append(draft)
    found: list[Preference] = []
    for batch in batches(drafts.values(), _AT_ONCE):
        replies = _replies(batch, conversations)
        for held in batch:
            before = conversations.before_draft(held[0])
            if before.asked.strip():
                reply = replies.get((held[0].ticket_id, before.turn))
                found += _apart(held, before, conversations, least_gap)
                found += _against(reply, held, before, conversations)
    newest = sorted(found, key=lambda one: (one.row.at, one.row.key), reverse=True)[:most]
    return sorted(newest, key=lambda one: one.row.key)


def _replies(
    batch: Sequence[Sequence[Suggestion]], conversations: Conversations
) -> dict[tuple[int, int], Reply]:
    """By ticket and turn: what was sent for the messages that the drafts answer."""
    tickets = {held[0].ticket_id for held in batch}
    rows = Reply.objects.filter(ticket__in=tickets).select_related("ticket", "message")
    return {(one.ticket_id, conversations.before_reply(one).turn): one for one in rows}


def _apart(
    held: Sequence[Any], before: Before, conversations: Conversations, least_gap: int
) -> Iterator[Preference]:
    ordered = sorted(held, key=lambda one: (-one.stars, one.pk))
    for liked, other in combinations(ordered, 2):
        if liked.stars - other.stars >= least_gap and liked.text.strip() != other.text.strip():
            yield _pair(
                liked, other, before, conversations, liked.text, int(liked.stars - other.stars)
            )


def _against(
    reply: Reply | None, held: Sequence[Any], before: Before, conversations: Conversations
) -> Iterator[Preference]:
    if reply is None or not reply.message.text.strip():
        return
    for draft in held:
        sent = reply.message.text
        far = Levenshtein.normalized_distance(draft.text.strip(), sent.strip()) >= FAR
        if draft.stars <= DISLIKED and far:
            yield _pair(draft, draft, before, conversations, sent, 0)


def _pair(
    named: Suggestion,
    rejected: Suggestion,
    before: Before,
    conversations: Conversations,
    chosen: str,
    gap: int,
) -> Preference:
    row = conversations.of_draft(named, before)
    row = replace(row, key=f"{row.key}~pair{rejected.pk}", answer=chosen)
    return Preference(row=row, chosen=chosen, rejected=rejected.text, gap=gap)
