"""The kinds of doors, by the name in `Door.kind`; each package registers itself in its `__init__`.

Every call may use the network and is made outside of transactions. What goes wrong is told by the
errors below, whose line is English, without a customer's words, and kept in the row it is about.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Final

from doors.models import Door, Outgoing
from runtime.errors import InputError

PACKAGES: Final = {
    Door.Kind.MAIL: "doors.mail",
    Door.Kind.DJANGO_HELPDESK: "doors.django_helpdesk",
    Door.Kind.WEBHOOK: "doors.webhook",
}

NEW_PAGES: Final = {
    Door.Kind.MAIL: "door-mail",
    Door.Kind.DJANGO_HELPDESK: "door-helpdesk",
    Door.Kind.WEBHOOK: "door-webhook",
}
"""Names of the pages on which a door of the kind is made."""
EDIT_PAGES: Final = {
    Door.Kind.MAIL: "door-mail-servers",
    Door.Kind.DJANGO_HELPDESK: "door-helpdesk-edit",
    Door.Kind.WEBHOOK: "door-webhook-edit",
}


class DoorTrouble(InputError):
    """The other side cannot be worked with now: away, changed password, no such folder."""


class Later(InputError):
    """`seconds`: not before they have passed, where that is known."""

    def __init__(self, line: str, *, seconds: float = 0) -> None:
        super().__init__(line)
        self.seconds = seconds


class NotSent(Later):
    """This reply surely did not go out, and may at another time."""


class Refused(InputError):
    """This reply surely did not go out, and will not: the address does not exist, say."""


class PerhapsSent(Later):
    """The other side was asked, and its answer was not heard."""


class CannotTell(InputError):
    """Whether it went out cannot be found out: a person has to look."""


@dataclass(frozen=True)
class Kind:
    """`check` raises DoorTrouble, or is silent. `receive` takes in what is new (a bounded piece of
    it, through `doors.ledger.take_in`), and returns how many it looked at. `send` returns the id
    over there, or raises NotSent, Refused, PerhapsSent or DoorTrouble (surely not sent).
    `find_sent` returns the id over there of a reply that did go out, None for one that surely did
    not, or raises CannotTell, NotSent (ask later) or DoorTrouble. `close` gives back what a piece
    of work has opened."""

    check: Callable[[Door], None]
    receive: Callable[[Door], int]
    send: Callable[[Outgoing], str]
    find_sent: Callable[[Outgoing], str | None]
    close: Callable[[Door], None] = lambda door: None
    most: int = 100
    """A `receive` that looked at so many has more to do."""


class UnknownKind(InputError):
    """No package of this desk knows doors of that kind."""


def kind_of(door: Door) -> Kind:
    """The package's `KIND`. Read when it is needed: a kind's libraries cost memory."""
    if door.kind not in PACKAGES:
        raise UnknownKind("No part of this desk knows doors of this kind.")
    kind = import_module(PACKAGES[Door.Kind(door.kind)]).KIND
    assert isinstance(kind, Kind)
    return kind
