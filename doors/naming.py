"""Sources of doors: what `Ticket.source` says of what comes in through one."""

from doors.models import Door
from runtime.errors import InputError
from tickets.models import Ticket

MAX_DOORS = 200


class TooManyDoors(InputError):
    """More doors than a desk may have."""


def free_source(start: str) -> str:
    """`start`, `start-2`, …: one that no door and no ticket has. A name that a person chose would
    be shown with every ticket, and may tell more than they think."""
    taken = set(Door.objects.values_list("source", flat=True))
    for number in range(1, MAX_DOORS + 1):
        source = start if number == 1 else f"{start}-{number}"
        if source not in taken and not Ticket.objects.filter(source=source).exists():
            return source
    raise TooManyDoors("There are too many doors.")
