"""What the privacy engine finds in a text that an admin pastes, and why. Nothing is kept.

Public entry: `explained`. Reasons are the engine's short keys; here they get words.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from text.privacy import explain
from text.privacy.patterns import Pattern

REASONS: Final[dict[str, Promise]] = {
    "checksum": _("its check digits are right"),
    "keyword": _("a word beside it says so"),
    "shape": _("its form is clear"),
    "pattern": _("a pattern of the company"),
    "gazetteer": _("it is in the list of names"),
    "value": _("it is told as a value"),
    "context": _("the words around it"),
    "tagger": _("the name tagger marked it"),
    "model": _("the name model marked it"),
    "library": _("it is a number that is given out"),
}


@dataclass(frozen=True)
class Part:
    """A stretch of the text; `type` is empty where nothing was found. `is_tried`: found by the
    pattern that is being tried."""

    text: str = field(repr=False)
    type: str = ""
    weight: int = 0
    reasons: tuple[str, ...] = ()
    is_tried: bool = False


def explained(
    text: str, *, patterns: Sequence[Pattern] = (), tried: Pattern | None = None
) -> list[Part]:
    """The whole text in order. `tried` is looked for beside `patterns`."""
    parts: list[Part] = []
    done = 0
    every = [*patterns, *([tried] if tried else [])]
    for found in explain(text, patterns=every):
        if found.start > done:
            parts.append(Part(text[done : found.start]))
        parts.append(
            Part(
                text[found.start : found.end],
                found.type,
                found.weight,
                tuple(str(REASONS.get(key, key)) for key in found.reasons),
                tried is not None and found.type == tried.type,
            )
        )
        done = found.end
    if done < len(text):
        parts.append(Part(text[done:]))
    return parts
