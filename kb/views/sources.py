"""Sources at the desk: how each is doing, its imports and failures, its schedule, its end."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from kb import refreshing
from kb.forms import ScheduleForm
from kb.health import health_of, imported, overview
from kb.models import ImportRun, Source
from people import audit
from people.roles import admin_required, signed_in
from runtime.errors import InputError
from runtime.templatetags.desk_text import number

PER_PAGE = 30
RUNS_SHOWN = 10
FAILURES_SHOWN = 10


@require_safe
@admin_required
def source_list(request: HttpRequest) -> HttpResponse:
    """`page_obj`: sources; `healths`: the same with how they are doing."""
    page = Paginator(imported(), PER_PAGE).get_page(request.GET.get("page"))
    context = {"page_obj": page, "healths": overview(list(page.object_list)), "may_edit": True}
    return render(request, "kb/source_list.html", context)


@require_safe
@admin_required
def source(request: HttpRequest, pk: int) -> HttpResponse:
    """`health` with the source and its last import, `runs`, `failed` of the last one, `schedule`:
    a form where it can be refreshed."""
    row = get_object_or_404(Source, pk=pk)
    health = health_of(row)
    may_refresh = refreshing.is_refreshable(row)
    context = {
        "source": row,
        "health": health,
        "runs": row.runs.select_related("started_by")[:RUNS_SHOWN],
        "run_count": row.runs.count(),
        "failed": (health.run.report.get("failed", []) if health.run else [])[:FAILURES_SHOWN],
        "schedule": ScheduleForm(hours=row.refresh_hours) if may_refresh else None,
        "may_refresh": may_refresh,
        "web_options": _options(row),
        "may_edit": True,
    }
    return render(request, "kb/source.html", context)


def _options(row: Source) -> list[tuple[str, str]]:
    """What was set about its reading, by the names that the form gives it."""
    from kb.forms import WebForm
    from kb.importing.web import WebOptions

    if row.kind not in (Source.Kind.PAGE, Source.Kind.SITEMAP, Source.Kind.CRAWL):
        return []
    default = WebOptions().as_json()
    shown = []
    for name in WebForm.ADVANCED:
        value = row.options.get(name, default[name])
        if value != default[name]:
            text = " ".join(value) if isinstance(value, list) else str(value)
            shown.append((str(WebForm.base_fields[name].label), text))
    return shown


@require_POST
@admin_required
def source_refresh(request: HttpRequest, pk: int) -> HttpResponse:
    """Import it again now; `archive_all` and `overwrite_edited` are for this one import."""
    row = get_object_or_404(Source, pk=pk)
    if not refreshing.is_refreshable(row):
        messages.error(request, _("An upload cannot be read again: upload the file anew."))
        return redirect("source", pk=pk)
    options = {name: True for name in ("archive_all", "overwrite_edited") if request.POST.get(name)}
    try:
        run = refreshing.queue_refresh(
            row,
            trigger=ImportRun.Trigger.DESK,
            user=signed_in(request.user),
            options=options,
        )
        audit.note(signed_in(request.user), "source.refreshed", f"source {row.pk} {row.name}")
    except InputError as error:
        messages.error(request, str(error))
        return redirect("source", pk=pk)
    return redirect("import-run", pk=run.pk)


@require_POST
@admin_required
def source_schedule(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Source, pk=pk)
    form = ScheduleForm(request.POST, hours=row.refresh_hours)
    if form.is_valid() and refreshing.is_refreshable(row) and row.archived_at is None:
        hours = form.cleaned_data["refresh_hours"]
        with transaction.atomic():
            refreshing.set_schedule(row, hours)
            by = signed_in(request.user)
            audit.note(by, "source.schedule-changed", f"source {row.pk} {row.name}", hours=hours)
        messages.success(request, _("The schedule is set."))
    else:
        messages.error(request, _("Choose how often the source is to be imported."))
    return redirect("source", pk=pk)


@require_POST
@admin_required
def source_archive(request: HttpRequest, pk: int) -> HttpResponse:
    """All its articles leave the search; they are kept and come back with the next import."""
    row = get_object_or_404(Source.objects.exclude(kind=Source.Kind.DESK), pk=pk)
    try:
        count = refreshing.archive_source(row)
    except InputError as error:
        messages.error(request, str(error))
        return redirect("source", pk=pk)
    by = signed_in(request.user)
    audit.note(by, "source.archived", f"source {row.pk} {row.name}", articles=count)
    said = ngettext(
        "The source is archived with %(number)s article.",
        "The source is archived with %(number)s articles.",
        count,
    )
    messages.success(request, said % {"number": number(count)})
    return redirect("source", pk=pk)
