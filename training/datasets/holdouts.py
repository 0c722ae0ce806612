"""The holdout: customers that no version has learned from, frozen once, for every version alike.

Public entries: `holdout_of` (the frozen one, or a new one), `Kept` (which rows training leaves out
for it, and why). One half is chosen by a hash of the customers, one half are the newest rows when
it is frozen, each customer with all rows. The hash's half stays kept out as new customers come, so
that a second holdout, when the first has become too small for the desk, has rows that no version
has seen either.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC
from typing import Final

from django.db import connection

from training.datasets.files import freeze, path_of, read_rows
from training.datasets.nearness import Questions
from training.datasets.rows import ASKED, Row, conversation_of, lesson_of, unit_of
from training.datasets.splitting import place_of
from training.forgetting import nothing_forgotten_since
from training.models import DatasetSnapshot

Found = Callable[[Sequence[Row]], list[Row]]
MOST: Final = 1_000
"""Rows that a holdout has at most: more tell little, and each is answered by every version."""
FEWEST: Final = 20
"""A holdout that could have fewer is never too small."""
SALT: Final = "holdout"
_LOCK: Final = 7_263_032


def holdout_of(
    rows: Sequence[Row], *, share: float, of: str, found: Found, begun: str
) -> "DatasetSnapshot":
    """`of`: whose rows they are, "desk" or an import's digest. `found` puts into new holdout rows
    what search finds, once: they stay as they are. `begun`: `forgetting.mark` from before the rows
    were gathered."""
    with _alone():
        asked = _to_measure_on(rows, share)
        wanted = min(MOST, round(share * len(asked)))
        kinds = {row.kind for row in asked}
        left = 0
        for one in frozen_of(of):
            held = read_rows(path_of(one))
            left = left or len(held)
            enough = sum(row.kind in kinds for row in held)
            if held and (enough * 3 >= wanted or wanted < FEWEST):
                return one
        chosen = choose(asked, share=share, after=_learned_until(of), learned=_learned_of(of))
        ready = found(chosen[:MOST])
        manifest = {"of": of, "share": share, "rows": len(ready), "followed": left}
        with nothing_forgotten_since(begun):
            return freeze(ready, manifest, kind=DatasetSnapshot.Kind.HOLDOUT)


def _to_measure_on(rows: Sequence[Row], share: float) -> list[Row]:
    """What a team sends from the desk is what versions are to write; what was imported stands in
    for it until there is enough."""
    sent = [row for row in rows if row.kind == "reply"]
    if share * len(sent) >= FEWEST:
        return sent
    return [row for row in rows if row.kind in ASKED]


def current(of: str) -> DatasetSnapshot | None:
    """The newest whose file is still there."""
    return next(iter(frozen_of(of)), None)


def frozen_of(of: str) -> list[DatasetSnapshot]:
    """All of them, the newest first: recipes that read other kinds of rows measure on another."""
    held = DatasetSnapshot.objects.filter(kind=DatasetSnapshot.Kind.HOLDOUT, manifest__of=of)
    return [one for one in held.order_by("-pk") if path_of(one).is_file()]


def _learned_until(of: str) -> str:
    """When rows were last frozen for training: what is newer no version has seen."""
    learned = DatasetSnapshot.objects.exclude(kind=DatasetSnapshot.Kind.HOLDOUT)
    last = learned.filter(manifest__of=of).order_by("-created_at").first()
    return last.created_at.astimezone(UTC).isoformat(timespec="seconds") if last else ""


def _learned_of(of: str) -> set[str]:
    """Whose rows were frozen for training: customers and conversations. The hash alone does not
    say it: who had a great part of all rows, or another recipe's share, was learned from."""
    frozen = DatasetSnapshot.objects.filter(
        kind=DatasetSnapshot.Kind.ROWS, manifest__of=of, manifest__has_key="learned"
    )
    paths = [path for one in frozen if (path := path_of(one)).is_file()]
    rows = (row for path in paths for row in read_rows(path))
    return {name for row in rows for name in (unit_of(row), conversation_of(row.key))}


def choose(
    rows: Sequence[Row], *, share: float, after: str = "", learned: Collection[str] = ()
) -> list[Row]:
    """Whole customers: by their hash, and the newest, of whom nothing is older than `after`; none
    of `learned` (customers and conversations) as long as there are others. A customer with a great
    part of all rows is never among them: a holdout of one customer says little of the others."""
    if share <= 0 or len(rows) < 2:
        return []
    counts = Counter(unit_of(row) for row in rows)
    wanted = max(1, round(share * len(rows)))
    light = {unit for unit, count in counts.items() if count <= max(1, wanted // 2)}
    light = light - _seen(rows, learned) or light
    by_hash = sorted(light, key=lambda unit: place_of(f"{SALT}:{unit}"))
    reserved = set(reserved_units(light, share=_by_hash(share, rows)))
    older = {unit_of(row) for row in rows if row.at <= after} if after else set()
    dated = sorted((row for row in rows if row.at), key=lambda row: (row.at, row.key), reverse=True)
    newest = [
        unit for unit in dict.fromkeys(map(unit_of, dated)) if unit in light - reserved - older
    ]
    chosen = reserved or set(by_hash[:1])
    held = sum(counts[unit] for unit in chosen)
    for unit in newest:
        if held + counts[unit] > wanted or len(chosen) + 1 >= len(counts):
            break
        chosen.add(unit)
        held += counts[unit]
    return sorted(
        (row for row in rows if unit_of(row) in chosen),
        key=lambda row: place_of(f"{SALT}:{row.key}"),
    )


def _seen(rows: Sequence[Row], learned: Collection[str]) -> set[str]:
    names = set(learned)
    return {unit_of(row) for row in rows if names & {unit_of(row), conversation_of(row.key)}}


def reserved_units(units: Collection[str], *, share: float) -> Iterator[str]:
    """Kept out by their hash, now and later."""
    return (unit for unit in units if place_of(f"{SALT}:{unit}") < share)


def _by_hash(share: float, rows: Sequence[Row]) -> float:
    """Where nothing is dated there is no newest half."""
    return share / 2 if any(row.at for row in rows) else share


class Kept:
    """What is kept out of training for a holdout."""

    def __init__(self, held: Sequence[Row], rows: Sequence[Row], *, share: float) -> None:
        asked = [row for row in rows if row.kind in ASKED]
        counts = Counter(unit_of(row) for row in asked)
        heavy = max(1, max(1, round(share * len(asked))) // 2)
        light = {unit for unit, count in counts.items() if count <= heavy}
        self._keys = {lesson_of(row.key) for row in held}
        # A customer may have been found, merged or forgotten since the holdout was frozen.
        known = [*held, *(row for row in rows if lesson_of(row.key) in self._keys)]
        self._units = {name for row in known for name in (unit_of(row), conversation_of(row.key))}
        self._later = set(reserved_units(light, share=_by_hash(share, asked))) if share else set()
        self._questions = Questions(row.question for row in held)

    def why(self, row: Row) -> str:
        """Why the row is left out, "" if it is learned from."""
        if lesson_of(row.key) in self._keys:
            return "holdout"
        unit = unit_of(row)
        if unit in self._units or conversation_of(row.key) in self._units:
            return "customer"
        if unit in self._later:
            return "reserved"
        if self._questions.has_exactly(row.question):
            return "question"
        return "near_question" if self._questions.has(row.question) else ""

    def without(self, rows: Sequence[Row]) -> tuple[list[Row], Counter[str]]:
        """(learned from, how many were left out for which reason)."""
        reasons = [self.why(row) for row in rows]
        kept = [row for row, why in zip(rows, reasons, strict=True) if not why]
        return kept, Counter(why for why in reasons if why)

    def leaks(self, rows: Sequence[Row]) -> int:
        """Rows that a holdout row would be known from."""
        return sum(bool(self.why(row)) for row in rows)


@contextmanager
def _alone() -> Iterator[None]:
    """Two that freeze at once would make two holdouts."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
