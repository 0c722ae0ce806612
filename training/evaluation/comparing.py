"""Two versions on the same rows: `paired` for kept evaluations, `compare` for bare scores."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from training.evaluation.intervals import Interval, NothingToCompare, bootstrap
from training.evaluation.kept import Line, read_lines
from training.evaluation.measures import NAMES
from training.models import Evaluation


@dataclass(frozen=True)
class Comparison:
    """Mean chrF of a version and of its base on the same rows; `low` and `high` bound the mean
    difference in 95% of the resamples."""

    rows: int
    chrf: float
    base_chrf: float
    difference: float
    low: float
    high: float


def compare(scores: Sequence[float], base_scores: Sequence[float], *, seed: int) -> Comparison:
    """Paired bootstrap over rows: the same rows are drawn for both sides."""
    if len(scores) != len(base_scores) or not scores:
        raise ValueError("a comparison needs as many scores on both sides, and at least one")
    differences = [one - other for one, other in zip(scores, base_scores, strict=True)]
    found = bootstrap(differences, seed=seed)
    return Comparison(
        rows=found.rows,
        chrf=round(fmean(scores), 2),
        base_chrf=round(fmean(base_scores), 2),
        difference=round(found.mean, 2),
        low=round(found.low, 2),
        high=round(found.high, 2),
    )


def paired(
    new: Evaluation, old: Evaluation, measure: str, *, lang: str | None = None, seed: int
) -> Interval:
    """The mean of new − old over the rows that both have, customers drawn together. `measure`: one
    of `measures.NAMES`. Raises NothingToCompare."""
    return paired_lines(read_lines(new), read_lines(old), measure, lang=lang, seed=seed)


def paired_lines(
    new: dict[str, Line],
    old: dict[str, Line],
    measure: str,
    *,
    lang: str | None = None,
    seed: int,
) -> Interval:
    if measure not in NAMES:
        raise NothingToCompare(
            f"There is no measure {measure[:40]}; take one of {', '.join(NAMES)}."
        )
    pairs = [
        (line, after, before)
        for key, line in sorted(new.items())
        if key in old and lang in (None, line.lang)
        for after, before in [(line.value(measure), old[key].value(measure))]
        if after is not None and before is not None
    ]
    return bootstrap(
        [after - before for _line, after, before in pairs],
        clusters=[line.customer for line, _after, _before in pairs],
        seed=seed,
    )
