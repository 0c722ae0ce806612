"""Places in an ordered list of tickets, and how they stand in an address: `cursor`, `read`.

A place is what a ticket is ordered by, so that a list goes on from there whatever became of the
ticket: no row is counted or skipped, and the thousandth page costs what the first does. The
indexes behind each order are in `tickets.models.Ticket`.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db.models import Q

from tickets.models import Ticket

ORDERS: Final[dict[str, tuple[str, ...]]] = {
    "waiting": ("waiting_since", "pk"),
    "priority": ("-priority", "waiting_since", "pk"),
    "newest": ("-created_at", "-pk"),
}
_SINCE_1970: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST: Final = 60


def turned(key: str) -> str:
    return key[1:] if key.startswith("-") else f"-{key}"


def beyond(keys: Sequence[str], place: Sequence[Any]) -> Q:
    """Rows that come after the place. The first key's bound alone is said too: it is what the
    index is entered by."""
    condition, equal = Q(), Q()
    for key, value in zip(keys, place, strict=True):
        name, side = key.lstrip("-"), "lt" if key.startswith("-") else "gt"
        condition |= equal & Q(**{f"{name}__{side}": value})
        equal &= Q(**{name: value})
    name, side = keys[0].lstrip("-"), "lte" if keys[0].startswith("-") else "gte"
    return Q(**{f"{name}__{side}": place[0]}) & condition


def cursor(ticket: Ticket, keys: Sequence[str]) -> str:
    """ "" for a ticket that has no place in this order: nobody waits there any more."""
    values = [getattr(ticket, key.lstrip("-")) for key in keys]
    return "" if None in values else ".".join(map(_written, values))


def read(text: str, keys: Sequence[str]) -> list[Any] | None:
    """None for no cursor, and for one that is none."""
    parts = text.split(".")
    if len(parts) != len(keys) or not all(
        part.isascii() and part.isdigit() and len(part) <= 18 for part in parts
    ):
        return None
    try:
        return [_read[key.lstrip("-")](int(part)) for key, part in zip(keys, parts, strict=True)]
    except OverflowError:
        return None


def page_of(values: Mapping[str, Any]) -> str:
    """Of a page's address: "after=…" or "before=…"; read again, so that it holds nothing else."""
    for side in ("before", "after"):
        value = values.get(side, "")
        if value and len(value) <= _LONGEST and value.isascii() and _is_number(value):
            return f"{side}={value}"
    return ""


def _is_number(value: str) -> bool:
    return value.replace(".", "").isdigit()


def _written(value: datetime | int) -> str:
    if isinstance(value, datetime):
        return str((value - _SINCE_1970) // timedelta(microseconds=1))
    return str(value)


def _moment(microseconds: int) -> datetime:
    return _SINCE_1970 + timedelta(microseconds=microseconds)


_read: Final[dict[str, Callable[[int], Any]]] = {
    "waiting_since": _moment,
    "created_at": _moment,
    "priority": lambda number: min(number, 9),
    "pk": int,
}
