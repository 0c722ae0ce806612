"""Two versions' drafts on the same frozen rows: `comparable`, `side_by_side`.

Their evaluations keep a line for each row, by key; what was asked, and what the team answered,
stands in the holdout alone.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Final

from django.conf import settings

from llm.models import ModelVersion
from training.datasets import Row, read_rows
from training.evaluation.kept import Line, read_lines
from training.models import DatasetSnapshot, Evaluation

LOWER_IS_BETTER: Final = frozenset({"loss", "seconds", "repetition", "refusal", "canaries"})
FIRST_MEASURES: Final = ("score", "chrf", "rouge_l", "groundedness", "loss")
ORDERS: Final = ("largest", "a", "b")


@dataclass(frozen=True)
class Pair:
    """A row and both drafts. `better`: by how much the first version's is the better one in the
    measure that was chosen, None where one of them has no figure."""

    key: str
    lang: str
    question: str
    reference: str
    a: Line
    b: Line
    value_a: float | None
    value_b: float | None
    better: float | None


@dataclass(frozen=True)
class Comparison:
    """`measures` and `languages` (with rows) to choose from; the means over the rows shown; `wins`:
    rows that the first has the better draft for, that are equal, that the second has."""

    holdout: DatasetSnapshot
    pairs: Sequence[Pair]
    measures: Sequence[str]
    measure: str
    languages: Sequence[tuple[str, int]]
    mean_a: float | None
    mean_b: float | None
    wins: tuple[int, int, int]


def comparable() -> list[str]:
    """Names of versions that were measured with their drafts kept, newest first."""
    kept = Evaluation.objects.exclude(path="").order_by()
    versions = ModelVersion.objects.filter(pk__in=kept.values("version")).order_by("-pk")
    return list(versions.values_list("name", flat=True))


def side_by_side(
    a: str, b: str, *, measure: str = "", lang: str = "", order: str = "largest"
) -> Comparison | None:
    """On the newest holdout that both were measured on; None where there is none."""
    found = _common(a, b)
    if found is None:
        return None
    holdout, of_a, of_b = found
    lines_a, lines_b = read_lines(of_a), read_lines(of_b)
    rows = [one for one in _rows(holdout) if one.key in lines_a and one.key in lines_b]
    measures = _measures(lines_a, lines_b)
    measure = measure if measure in measures else next(iter(measures), "")
    languages = Counter(row.lang for row in rows).most_common()
    pairs = [
        _pair(row, lines_a[row.key], lines_b[row.key], measure)
        for row in rows
        if not lang or row.lang == lang
    ]
    return Comparison(
        holdout=holdout,
        pairs=_ordered(pairs, order),
        measures=measures,
        measure=measure,
        languages=languages,
        mean_a=_mean([one.value_a for one in pairs]),
        mean_b=_mean([one.value_b for one in pairs]),
        wins=_wins(pairs),
    )


def _common(a: str, b: str) -> tuple[DatasetSnapshot, Evaluation, Evaluation] | None:
    newest: dict[str, dict[str, Evaluation]] = {a: {}, b: {}}
    kept = Evaluation.objects.filter(version__name__in=(a, b)).exclude(path="")
    for one in kept.select_related("version").order_by("pk"):
        newest[one.version.name][one.dataset_digest] = one
    digests = newest[a].keys() & newest[b].keys()
    holdout = DatasetSnapshot.objects.filter(digest__in=digests).order_by("-pk").first()
    if holdout is None:
        return None
    return holdout, newest[a][holdout.digest], newest[b][holdout.digest]


def _rows(holdout: DatasetSnapshot) -> list[Row]:
    path = Path(settings.PASOKH_HOME) / holdout.path
    return read_rows(path) if path.is_file() else []


def _measures(*sides: dict[str, Line]) -> list[str]:
    """That rows of both sides have, the telling ones first."""
    of_sides = [
        {name for line in lines.values() for name in line.measures}
        | ({"loss"} if any(line.loss_sum is not None for line in lines.values()) else set())
        for lines in sides
    ]
    common = set.intersection(*of_sides)
    first = [name for name in FIRST_MEASURES if name in common]
    return [*first, *sorted(common - set(first)), *(["seconds"] if common else [])]


def _pair(row: Row, a: Line, b: Line, measure: str) -> Pair:
    value_a, value_b = a.value(measure), b.value(measure)
    better = None
    if value_a is not None and value_b is not None:
        better = _goodness(value_a, measure) - _goodness(value_b, measure)
    return Pair(row.key, row.lang, row.question, row.answer, a, b, value_a, value_b, better)


def _goodness(value: float, measure: str) -> float:
    """More is better: minus what is to be low, and minus the distance from the team's length."""
    if measure == "length_ratio":
        return -abs(value - 1)
    return -value if measure in LOWER_IS_BETTER else value


def _ordered(pairs: list[Pair], order: str) -> list[Pair]:
    """Rows without figures come last; equal ones in the order of their keys."""

    def place(one: Pair) -> tuple[bool, float, str]:
        value = one.better or 0.0
        first = {"a": -value, "b": value}.get(order, -abs(value))
        return one.better is None, first, one.key

    return sorted(pairs, key=place)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [one for one in values if one is not None]
    return fmean(known) if known else None


def _wins(pairs: Sequence[Pair]) -> tuple[int, int, int]:
    values = [one.better for one in pairs if one.better is not None]
    first, second = sum(one > 0 for one in values), sum(one < 0 for one in values)
    return first, len(values) - first - second, second
