"""Parts of the overview that come from elsewhere: `add(name, part)`.

Training knows of tickets and not the other way round; it adds its runs when it is ready.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from people.roles import Person


@dataclass(frozen=True)
class Panel:
    """A part of the page: a template and what it shows."""

    template: str
    context: dict[str, Any] = field(default_factory=dict)


_parts: dict[str, Callable[[Person], Panel | None]] = {}


def add(name: str, part: Callable[[Person], Panel | None]) -> None:
    """`part`: what somebody sees of it, None where it is nothing for him."""
    _parts[name] = part


def panels(user: Person) -> list[Panel]:
    found = [part(user) for _name, part in sorted(_parts.items())]
    return [panel for panel in found if panel is not None]
