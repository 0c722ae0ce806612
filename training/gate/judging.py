"""Whether a version may be tried on customers: `judge`, from two evaluations on one holdout.

The deciding figure is fixed before anything is measured: `score`, chrF × length × (1 − repetition)
against the reply that the team really sent. It rewards what agents send, it can be had of every
version (the reference loss cannot, on a server, and does not compare across tokenizers), and it
sees what the loss does not: a draft that goes on for ever. Everything else can only refuse.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from training.evaluation import Interval, Line, NothingToCompare, lines_of
from training.evaluation.comparing import paired_lines
from training.gate.reasons import Why
from training.models import Evaluation

MEASURE: Final = "score"
SEED: Final = 7
LEAST_ROWS: Final = 20
"""In all, and for a language to have a say: with fewer the bootstrap's interval is too narrow."""
LEAST_CUSTOMERS: Final = 10
"""That the rows are of; a row whose customer nobody knows counts as one."""
WORSE_IN_A_LANGUAGE: Final = 2.0
"""Points of the score that the mean of a language may fall."""
GUARDS: Final = {
    "refusal": (0.05, Why.REFUSES_MORE),
    "right_language": (-0.02, Why.WRONG_LANGUAGE),
    "repetition": (0.05, Why.REPEATS_MORE),
}
"""How far the mean may move in the bad direction."""


@dataclass(frozen=True)
class Verdict:
    """`why`: one sentence in English. `figures`: what it rests on, no text of a row; `against` is
    the name of the version that it was held against, "" for none."""

    passes: bool
    why: str
    figures: Mapping[str, Any] = field(default_factory=dict)
    against: str = ""


def judge(new: Evaluation, old: Evaluation | None) -> Verdict:
    """`old`: of the version that serves in the slot, or of the base where nothing does; None where
    there is neither."""
    canaries = int(new.metrics.get("canaries", 0))
    figures: dict[str, Any] = {"measure": MEASURE, "canaries": canaries, "new": _told(new)}
    if old is None:
        return _first(new, figures)
    figures["old"] = _told(old)
    why, found = _compared(lines_of(new), lines_of(old))
    if canaries:
        why = Why.CANARY_FOUND
    return Verdict(
        passes=why is Why.BETTER,
        why=str(why),
        figures={**figures, **found},
        against=old.version.name,
    )


def _first(new: Evaluation, figures: dict[str, Any]) -> Verdict:
    why = Why.FIRST
    if figures["canaries"]:
        why = Why.CANARY_FOUND
    elif not new.metrics.get(MEASURE):
        why = Why.SAYS_NOTHING
    return Verdict(passes=why is Why.FIRST, why=str(why), figures=figures)


def _compared(new: dict[str, Line], old: dict[str, Line]) -> tuple[Why, dict[str, Any]]:
    """The first reason to refuse, or BETTER; and all figures, whichever it is."""
    try:
        whole = paired_lines(new, old, MEASURE, seed=SEED)
    except NothingToCompare:
        return Why.TOO_FEW_ROWS, {}
    languages = _languages(new, old)
    moved = {name: paired_lines(new, old, name, seed=SEED) for name in GUARDS}
    found = {
        "difference": asdict(whole),
        "languages": {lang: asdict(one) for lang, one in languages.items()},
        "guards": {name: asdict(one) for name, one in moved.items()},
    }
    return _reason(whole, languages, moved), found


def _reason(
    whole: Interval, languages: Mapping[str, Interval], moved: Mapping[str, Interval]
) -> Why:
    if whole.rows < LEAST_ROWS:
        return Why.TOO_FEW_ROWS
    if whole.clusters < LEAST_CUSTOMERS:
        return Why.TOO_FEW_CUSTOMERS
    for name, (tolerance, why) in GUARDS.items():
        change = moved[name].mean
        if change > tolerance if tolerance > 0 else change < tolerance:
            return why
    told = [one for one in languages.values() if one.rows >= LEAST_ROWS]
    if any(one.high < 0 or one.mean < -WORSE_IN_A_LANGUAGE for one in told):
        return Why.WORSE_LANGUAGE
    return Why.BETTER if whole.low > 0 else Why.NOT_BETTER


def _languages(new: dict[str, Line], old: dict[str, Line]) -> dict[str, Interval]:
    both = sorted({line.lang for key, line in new.items() if key in old})
    return {lang: paired_lines(new, old, MEASURE, lang=lang, seed=SEED) for lang in both}


def _told(evaluation: Evaluation) -> dict[str, Any]:
    return {
        "version": evaluation.version.name,
        "evaluation": evaluation.pk,
        "rows": evaluation.metrics.get("rows"),
        "score": evaluation.metrics.get("score"),
        "loss": evaluation.metrics.get("loss"),
    }
