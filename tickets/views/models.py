"""The model page: what serves, what is wrong with it, what its drafts cost, where it comes from.

For agents and admins; which version wrote which draft of a ticket is not said here. What admins
change here is done by `llm.views`.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from llm.forms import SHARES
from llm.models import ModelVersion, SlotEvent
from llm.reports import VersionRow, lineage_of, server_rows, slot_rows, version_rows
from llm.troubles import trouble_of
from people.roles import agent_required, is_admin
from tickets.costs import last_failures, version_costs

EVENTS: Final = 30
PERIODS: Final = (7, 30, 90)
DEFAULT_DAYS: Final = 30
State = ModelVersion.State


@require_safe
@never_cache
@agent_required
def models_page(request: HttpRequest) -> HttpResponse:
    """`?days=7|30|90|all`. Template llm/models.html:

    - `slots`: for each of A to C `row` (llm.reports.SlotRow), `failure` (LastFailure or None) and
      `failure_said`, its line in the reader's language
    - `servers`: ServerRows; `versions`: VersionRows, newest first; `costs`: VersionCosts by name
    - `days`: of the costs, None for all; `periods` to choose from
    - `events`: the last SlotEvents; `promotable`, `triable`: versions that an admin may choose;
      `shares` of tickets for a canary, in per cent
    """
    days = _days(request.GET.get("days", ""))
    versions = version_rows()
    context: dict[str, Any] = {
        "slots": _slots(),
        "servers": server_rows(),
        "versions": versions,
        "costs": version_costs(since=_since(days)),
        "days": days,
        "periods": PERIODS,
        "events": _events()[:EVENTS],
        "promotable": _in_state(versions, State.CANDIDATE, State.CANARY),
        "triable": _in_state(versions, State.CANDIDATE, State.CANARY, State.RETIRED),
        "shares": SHARES,
    }
    return render(request, "llm/models.html", context)


@require_safe
@never_cache
@agent_required
def version_page(request: HttpRequest, name: str) -> HttpResponse:
    """Template llm/version.html: `version`, `lineage` (from the version to its base), `trouble`
    (VersionTrouble or None), `cost` (of all time, or None), `events`."""
    rows = ModelVersion.objects.select_related("base", "server")
    version = get_object_or_404(rows, name=name)
    costs = {cost.version: cost for cost in version_costs()}
    whole = lineage_of(version)
    context = {
        "version": version,
        "lineage": [whole, *([whole["base"]] if whole["base"] else [])],
        "trouble": trouble_of(version),
        "cost": costs.get(version.name),
        "events": _events().filter(version=version)[:EVENTS],
        "may_change": is_admin(request.user),
    }
    return render(request, "llm/version.html", context)


def _slots() -> list[dict[str, Any]]:
    """A failure of a version that left the slot is history, and one that says no more than what is
    known to be wrong needs no line of its own."""
    rows, failures = slot_rows(), last_failures()
    found = []
    for row in rows:
        last = failures.get(row.slot)
        said = gettext(last.error) if last is not None and last.error else ""
        concerns = last is not None and last.version in (row.version, row.canary)
        shown = concerns and (not said or said not in (row.trouble, row.canary_trouble))
        found.append({"row": row, "failure": last if shown else None, "failure_said": said})
    return found


def _events() -> Any:
    return SlotEvent.objects.select_related("version", "previous", "by")


def _in_state(versions: list[VersionRow], *states: str) -> list[str]:
    return [version.name for version in versions if version.state in states]


def _days(given: str) -> int | None:
    if given == "all":
        return None
    return int(given) if given in map(str, PERIODS) else DEFAULT_DAYS


def _since(days: int | None) -> datetime | None:
    return None if days is None else timezone.now() - timedelta(days=days)
