"""What all readers give: conversations, what could not be read, what was left out."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

CUSTOMER: Literal["customer"] = "customer"
AGENT: Literal["agent"] = "agent"
Role = Literal["customer", "agent"]


@dataclass(frozen=True)
class Turn:
    """What one side said before the other spoke; never empty."""

    role: Role
    text: str = field(repr=False)
    at: datetime | None = None


@dataclass(frozen=True)
class PastConversation:
    """One conversation as read and checked, oldest turn first, roles alternating. `external_id` and
    `lang` may be empty. `line`: where it begins in `source`, from 1. `contact`: the customer's
    address or number, if the file tells it, so that a customer's tickets can be found again.
    `every_turn`: each answer is learned from, also where the question cannot stand alone."""

    external_id: str
    turns: tuple[Turn, ...] = field(repr=False)
    source: str
    line: int
    lang: str = ""
    subject: str = field(default="", repr=False)
    contact: str = field(default="", repr=False)
    every_turn: bool = False


@dataclass(frozen=True)
class FileProblem:
    """What could not be read, and where. `error` holds nothing that stood there."""

    source: str
    line: int
    error: str


@dataclass(frozen=True)
class LeftOut:
    """Read, and left out on purpose: `reason` is a short English key ("system", "media",
    "private", "attachment")."""

    source: str
    line: int
    reason: str


Record = PastConversation | FileProblem | LeftOut


@dataclass(frozen=True)
class ReadingOptions:
    """`agents`: names or addresses of those who answer, compared without case and invisible marks;
    empty: the reader guesses, where the format allows, and says whom in `guessed`. `every_turn`:
    see `PastConversation`."""

    agents: tuple[str, ...] = ()
    silence: timedelta = timedelta(hours=1)
    lang: str = ""
    every_turn: bool = False
    guessed: list[str] = field(default_factory=list)
    progress: Callable[[int], None] = lambda read_bytes: None


Reader = Callable[[Path, ReadingOptions], Iterator[Record]]
Records = Iterable[Record]
