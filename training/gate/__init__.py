"""What may serve: the gate between a finished training and the desk.

Public entries, in the order of a run: `worst_slot` (which slot is challenged), `judge` (two
evaluations on the frozen holdout → a verdict), `admit` (a canary, or a refusal), `review` (canaries
and fresh promotions by their live ratings: promote, retire, roll back, or wait), `tell` (by e-mail
and webhook). Every decision is a row that says why. `rules` has the statistics; docs/gate.md says
all of it for people.
"""

from training.gate.admitting import admit, failed
from training.gate.judging import Verdict, judge
from training.gate.reviewing import review
from training.gate.slots import worst_slot
from training.gate.telling import tell

__all__ = ["Verdict", "admit", "failed", "judge", "review", "tell", "worst_slot"]
