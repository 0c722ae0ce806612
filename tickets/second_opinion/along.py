"""While many texts are masked in a process of its own, the name model reads along.

`reading_along()` around the work; `read_ahead(texts)` for texts that will be masked next, since a
model reads many at once faster than each alone; `spans_of(text)` is what the masker asks. Outside
of `reading_along` all of it is nothing, whatever the setting says: so no page ever loads a model.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from text.privacy.spans import Span
from tickets.second_opinion.opening import SecondOpinion, required


@dataclass
class _Reading:
    opinion: SecondOpinion
    known: dict[str, list[Span]] = field(default_factory=dict, repr=False)


_reading: _Reading | None = None


@contextmanager
def reading_along() -> Iterator[None]:
    """Raises UnusableNameModel, before anything is done: whoever set a model wants it to read."""
    global _reading
    opinion = required()
    _reading = _Reading(opinion) if opinion is not None else None
    try:
        yield
    finally:
        _reading = None


def is_reading() -> bool:
    return _reading is not None


def read_ahead(texts: Iterable[str]) -> None:
    """What was read ahead before is forgotten."""
    if _reading is not None:
        once = list(dict.fromkeys(texts))
        _reading.known = dict(zip(once, _reading.opinion.spans(once), strict=True))


def spans_of(text: str) -> list[Span]:
    if _reading is None:
        return []
    found = _reading.known.get(text)
    return _reading.opinion.spans([text])[0] if found is None else found
