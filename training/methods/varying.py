"""Rows drawn and varied: each reply as often as every other, the question in other words, the
similar answers as a fuller archive would have given them, or fewer of them.

Public entries: `varied`, `Archive`, `drawing`, `in_epochs`, `order_of`. Chance is given. No torch.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace

from training.datasets import Row
from training.recipes import Rows
from training.wordings import reword


def in_epochs(rows: Sequence[Row], first: int, count: int, *, seed: int) -> list[Row]:
    """`count` rows from place `first` of an endless list of epochs, each in an order of its own."""
    orders: dict[int, list[int]] = {}
    found = []
    for place in range(first, first + count):
        epoch, at = divmod(place, len(rows))
        if epoch not in orders:
            orders[epoch] = order_of(len(rows), epoch, seed=seed)
        found.append(rows[orders[epoch][at]])
    return found


def order_of(count: int, epoch: int, *, seed: int) -> list[int]:
    order = list(range(count))
    random.Random(f"{seed}:epoch:{epoch}").shuffle(order)  # noqa: S311
    return order


def drawing(rows: Sequence[Row], settings: Rows) -> Callable[[random.Random], Row]:
    """Every reply is drawn as often as every other, whatever the number of its rows: a desk's
    archive has a hundred times more of its commonest question than of its rarest."""
    pools: dict[str, list[list[Row]]] = {}
    for kind in ("article", "reply", "other"):
        by_reply = defaultdict(list)
        for row in rows:
            if (row.kind if row.kind in ("article", "reply") else "other") == kind:
                by_reply[row.reply].append(row)
        pools[kind] = list(by_reply.values())
    shares = {"article": settings.article_share, "reply": settings.reply_share}
    held = [kind for kind in pools if pools[kind]]
    rest = [kind for kind in held if not shares.get(kind)] or held

    def draw(chance: random.Random) -> Row:
        place, below = chance.random(), 0.0
        for kind, share in shares.items():
            below += share
            if pools[kind] and below - share <= place < below:
                return chance.choice(chance.choice(pools[kind]))
        usual = "other" if "other" in rest else rest[0]
        return chance.choice(chance.choice(pools[usual]))

    return draw


class Archive:
    """The past tickets by their standard reply."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows: dict[int, list[Row]] = defaultdict(list)
        self._reply_of: dict[str, int] = {}
        for row in rows:
            if row.kind != "article":
                self._rows[row.reply].append(row)
                self._reply_of.setdefault(row.answer, row.reply)

    def another(self, row: Row, *, answer: str, chance: random.Random) -> tuple[str, str] | None:
        """Question and answer of any ticket with the reply that `answer` is a wording of, but not
        `row` itself."""
        reply = self._reply_of.get(answer)
        if reply is None:
            return None
        others = [one for one in self._rows[reply] if one.key != row.key]
        if not others:
            return None
        other = chance.choice(others)
        return other.question, other.answer


def varied(row: Row, settings: Rows, archive: Archive, chance: random.Random) -> Row:
    similar = list(row.similar)
    for place, pair in enumerate(similar):
        # What a prompt shows must be recognised by its reply, not remembered by its wording.
        if chance.random() < settings.retold:
            similar[place] = archive.another(row, answer=pair[1], chance=chance) or pair
    if chance.random() < settings.likely_reply:
        likely = archive.another(row, answer=row.answer, chance=chance)
        similar = [likely, *similar][: max(len(similar), 1)] if likely else similar
    passages = list(row.passages)
    if chance.random() < settings.poor_context:
        similar = similar[: chance.randrange(len(similar) + 1)]
        passages = passages[: chance.randrange(len(passages) + 1)]
    return replace(
        row,
        question=reword(row.question, settings.wording, chance=chance),
        similar=tuple(similar),
        passages=tuple(passages),
    )
