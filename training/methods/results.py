"""What goes in and out of the methods besides rows. No torch here."""

from collections.abc import Callable
from dataclasses import dataclass

OnStep = Callable[[int, float], None]
"""Called after every step with its number from 1 and a running mean of the loss."""


@dataclass(frozen=True)
class Fit:
    """What a run came to."""

    steps: int
    loss: float
    seconds: float
    trainable_parameters: int
    total_parameters: int
    peak_memory_bytes: int
