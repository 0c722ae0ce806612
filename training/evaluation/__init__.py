"""How good a version is on a frozen holdout, and whether a difference is luck.

Public entries: `evaluate` (a version's drafts and figures, kept), `paired` (two versions on the
same rows), `lines_of` (a version's drafts row by row), `forget`. `measures` says what is measured
of a draft, `losses` how likely the team's own reply was, `intervals` how sure a difference is,
`kept` where drafts stand. `chrf`, `compare` and `drafts` serve where no version is registered yet.
"""

from training.evaluation.comparing import Comparison, compare, paired
from training.evaluation.drafting import drafts
from training.evaluation.evaluating import evaluate, lines_of
from training.evaluation.intervals import Interval, NothingToCompare, bootstrap
from training.evaluation.kept import Line, forget
from training.sweeps.scoring import chrf

__all__ = [
    "Comparison",
    "Interval",
    "Line",
    "NothingToCompare",
    "bootstrap",
    "chrf",
    "compare",
    "drafts",
    "evaluate",
    "forget",
    "lines_of",
    "paired",
]
