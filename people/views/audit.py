"""The audit trail: who changed what, and a file of it."""

import csv
import json
from collections.abc import Iterator
from typing import Any

from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from people.actions import action_name
from people.forms import AuditFilter
from people.models import AuditEntry
from people.roles import admin_required
from runtime.days import end_of, start_of
from runtime.spreadsheets import disarmed
from runtime.templatetags.desk_charts import typed_day

PER_PAGE = 50
MOST_ROWS = 100_000  # of a file
COMMANDS = "commands"
HEADER = ("at", "person", "action", "target", "details")


@require_safe
@never_cache
@admin_required
def audit(request: HttpRequest) -> HttpResponse:
    """`?action=&person=ID|commands&since=&until=&page=N`. Template people/audit.html: `page_obj` of
    AuditEntries, the last first; `form`; `actions`: [(code, name)] and `people` to choose from;
    `is_filtered`; `query` for the file."""
    form = AuditFilter(request.GET)
    rows = _filtered(form)
    known = AuditEntry.objects.order_by("action").values_list("action", flat=True).distinct()
    actors = AuditEntry.objects.order_by().exclude(actor=None).values("actor").distinct()
    given = {key: value for key, value in request.GET.items() if value and key != "page"}
    context: dict[str, Any] = {
        "page_obj": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "form": form,
        "actions": sorted(((code, action_name(code)) for code in known), key=lambda one: one[1]),
        "people": User.objects.filter(pk__in=actors).order_by("username"),
        "given": given,
        "example": typed_day(timezone.localdate()),
        "is_filtered": bool(given),
    }
    return render(request, "people/audit.html", context)


@require_safe
@never_cache
@admin_required
def audit_csv(request: HttpRequest) -> StreamingHttpResponse:
    """The same rows as a file, with the codes as they are kept; cells that a spreadsheet would run
    are disarmed."""
    rows = _filtered(AuditFilter(request.GET))[:MOST_ROWS]
    answer = StreamingHttpResponse(_lines(rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="audit.csv"'
    return answer


class _Echo:
    """What csv.writer writes into, and gives back at once."""

    def write(self, line: str) -> str:
        return line


def _lines(rows: QuerySet[AuditEntry]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff"  # for spreadsheets that take a file without it for another encoding
    yield writer.writerow(HEADER)
    for row in rows.iterator(chunk_size=2_000):
        details = json.dumps(row.details, ensure_ascii=False) if row.details else ""
        person = row.actor.get_username() if row.actor else ""
        cells = (row.at.isoformat(timespec="seconds"), person, row.action, row.target, details)
        yield writer.writerow([disarmed(cell) for cell in cells])


def _filtered(form: AuditFilter) -> QuerySet[AuditEntry]:
    form.is_valid()  # what is not understood is left out of cleaned_data
    given = form.cleaned_data
    rows = AuditEntry.objects.select_related("actor")
    if given.get("action"):
        rows = rows.filter(action=given["action"])
    if given.get("person") == COMMANDS:
        rows = rows.filter(actor=None)
    elif given.get("person"):
        person = given["person"]
        rows = rows.filter(actor=int(person) if person.isdecimal() and len(person) < 10 else 0)
    if given.get("since"):
        rows = rows.filter(at__gte=start_of(given["since"]))
    if given.get("until"):
        rows = rows.filter(at__lt=end_of(given["until"]))
    return rows
