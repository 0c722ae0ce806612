"""How likely the team's own reply was: `loss_of` and `perplexity_of` over kept lines.

The engine says it per row (`LocalEngine.loss`): the serving prompt, the serving base and adapter,
the reply's tokens and the end mark. A version on a server has none.
"""

import math
from collections.abc import Iterable
from typing import Final

from training.evaluation.kept import Line

MOST: Final = 1e9
"""Perplexity above it is told as this: a version that is broken, not a figure."""


def loss_of(lines: Iterable[Line]) -> float | None:
    """Per token over all rows; None where no row has one."""
    known = [line for line in lines if line.loss_sum is not None and line.loss_tokens]
    if not known:
        return None
    return sum(line.loss_sum or 0.0 for line in known) / sum(line.loss_tokens for line in known)


def perplexity_of(loss: float | None) -> float | None:
    if loss is None:
        return None
    return min(math.exp(min(loss, math.log(MOST))), MOST)
