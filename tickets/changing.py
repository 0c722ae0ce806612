"""One change to one ticket or to many, as pages ask for it: `change`, `change_many`.

Each row goes under its own lock and its own access rule: what may not be seen, and what somebody
else changed meanwhile, stays as it is and is counted, and the others are changed all the same.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from runtime.errors import InputError
from tickets import states
from tickets.access import tickets_of
from tickets.assigning import UNASKED, assign
from tickets.merging import merge
from tickets.models import Ticket

MOST: Final = 200
"""Tickets in one go."""
ACTIONS: Final = (
    *("assign", "team", "priority", "close", "reopen", "spam", "not-spam"),
    "merge",
)
BULK: Final = ("assign", "team", "priority", "close", "reopen", "spam", "not-spam")


class BadAction(InputError):
    """Nothing that can be done to a ticket, or not with this value."""


@dataclass(frozen=True)
class Changed:
    """`refused`: why, each reason once."""

    changed: int
    unchanged: int
    refused: int
    reasons: Sequence[str] = ()


def change(
    ticket_id: int,
    action: str,
    value: str,
    *,
    actor: User,
    seen: str = "",
    instead_of: int | None = UNASKED,
) -> bool:
    """False where it was so already. The caller has checked that `actor` sees the ticket. Raises
    an InputError, and has then changed nothing."""
    if action == "assign":
        return assign(ticket_id, _person(value, actor), actor=actor, instead_of=instead_of)
    if action == "team":
        team = None if value in ("", "none") else _number(value)
        return states.move_to_team(ticket_id, team, actor=actor)
    if action == "priority":
        return states.set_priority(ticket_id, _number(value), actor=actor)
    if action == "merge":
        return merge(ticket_id, into=_number(value.strip().removeprefix("#")), actor=actor)
    simple: dict[str, Callable[..., bool]] = {
        "close": states.close,
        "reopen": states.reopen,
        "spam": states.mark_spam,
        "not-spam": states.not_spam,
    }
    if action not in simple:
        raise BadAction(_("There is no such change."))
    return simple[action](ticket_id, actor=actor, seen=seen)


def change_many(
    pks: Sequence[int],
    action: str,
    value: str,
    *,
    actor: User,
    had: Mapping[int, int | None] | None = None,
) -> Changed:
    """`had`: who had each ticket when it was shown; what a colleague took since stays as it is.
    Raises BadAction before anything is changed."""
    if action not in BULK:
        raise BadAction(_("There is no such change."))
    if not pks:
        raise BadAction(_("Choose tickets first."))
    if len(pks) > MOST:
        raise BadAction(_("At most %(most)d tickets in one go.") % {"most": MOST})
    seen = set(tickets_of(actor).filter(pk__in=pks).values_list("pk", flat=True))
    changed = unchanged = 0
    reasons: dict[str, int] = {}
    for pk in sorted(set(pks)):
        try:
            if pk not in seen:
                raise BadAction(_("There is no ticket with this number."))
            instead_of = (had or {}).get(pk, UNASKED)
            if change(pk, action, value, actor=actor, instead_of=instead_of):
                changed += 1
            else:
                unchanged += 1
        except InputError as error:
            reasons[str(error)] = reasons.get(str(error), 0) + 1
        except Ticket.DoesNotExist:  # erased since it was looked for
            unchanged += 1
    return Changed(changed, unchanged, sum(reasons.values()), tuple(reasons))


def _person(value: str, actor: User) -> User | None:
    if value in ("", "nobody"):
        return None
    if value == "me":
        return actor
    person = User.objects.filter(pk=_number(value)).first()
    if person is None:
        raise BadAction(_("There is no such person."))
    return person


def _number(value: str) -> int:
    digits = value.strip()
    try:
        number = int(digits) if len(digits) <= 18 else -1
    except ValueError:
        number = -1
    if number < 0:
        raise BadAction(_("Give a number."))
    return number
