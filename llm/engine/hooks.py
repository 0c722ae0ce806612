"""Leave a model's forward hooks as they were.

PEFT's mixed batches put hooks on every layer and take them off only when nothing is raised in
between (peft issue 3475): after one failure every later call would fail, or answer as another
version. `hooks_restored` takes off what was put on, whatever happened.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

_REGISTERS: Final = (
    "_forward_pre_hooks",
    "_forward_pre_hooks_with_kwargs",
    "_forward_hooks",
    "_forward_hooks_with_kwargs",
)


@contextmanager
def hooks_restored(model: Any) -> Iterator[None]:
    """Hooks that appear on `model` or below it inside the block are gone after it."""
    before = [
        (register, set(register))
        for module in model.modules()
        for name in _REGISTERS
        if (register := getattr(module, name, None)) is not None
    ]
    try:
        yield
    finally:
        for register, kept in before:
            for handle in set(register) - kept:
                del register[handle]
