"""Imports of past tickets at the desk: a file in, what it would do, how far it is, its report."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from people.audit import note
from people.roles import admin_required, signed_in
from runtime import jobs, uploads
from runtime.errors import InputError
from runtime.upload_limits import SizeLimit
from tickets.forms import HistoryForm, first_error, too_large
from tickets.importing import runs
from tickets.models import TicketImportRun
from tickets.queueing import ask_for_ticket_import
from tickets.report_names import ReportShown, shown

PER_PAGE = 30


@csrf_exempt  # the check waits until the size is known, and stands on _upload
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@admin_required
def import_tickets(request: HttpRequest) -> HttpResponse:
    """POST `file` and how to read it. With `preview` nothing is written: template
    tickets/import.html (htmx: tickets/_import_preview.html) gets `preview`, what an import would
    do, `preview_name`, and `error`. Otherwise goes to the run's page."""
    limit = SizeLimit(request)
    request.upload_handlers.insert(0, limit)
    return _upload(request, limit)


@csrf_protect
def _upload(request: HttpRequest, limit: SizeLimit) -> HttpResponse:
    if request.method != "POST":
        return _page(request, HistoryForm())
    form = HistoryForm(request.POST, request.FILES)
    if limit.reached:
        form.errors["file"] = form.error_class([too_large()])
        return _page(request, form, status=413)
    if not form.is_valid():
        return _page(request, form, status=400)
    if "preview" in request.POST:
        return _preview(request, form)
    run = runs.start(
        form.cleaned_data["file"], user=signed_in(request.user), options=form.options()
    )
    note(signed_in(request.user), "import.started", f"ticket import {run.pk}")
    return redirect("ticket-import-run", pk=run.pk)


def _preview(request: HttpRequest, form: HistoryForm) -> HttpResponse:
    file = form.cleaned_data["file"]
    try:
        report = runs.preview(file, options=form.options())
    except InputError as error:
        form.add_error("file", str(error))
        return _page(request, form, status=400)
    return _page(request, form, preview=shown(report.as_dict()), name=file.name)


def _page(
    request: HttpRequest,
    form: HistoryForm,
    *,
    preview: ReportShown | None = None,
    name: str = "",
    status: int = 200,
) -> HttpResponse:
    """The whole page, or for htmx the preview alone: what is refused then is said in it."""
    context: dict[str, Any] = {
        "form": form,
        "most": settings.MAX_UPLOAD_BYTES // 1024**2,
        "preview": preview,
        "preview_name": name,
        "error": first_error(form),
    }
    if getattr(request, "htmx", False):
        return render(request, "tickets/_import_preview.html", context)
    return render(request, "tickets/import.html", context, status=status)


@require_safe
@admin_required
def import_list(request: HttpRequest) -> HttpResponse:
    """`page_obj`: all imports of past tickets, the last first."""
    rows = TicketImportRun.objects.select_related("started_by")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "tickets/import_list.html", {"page_obj": page})


@require_safe
@never_cache
@admin_required
def import_run(request: HttpRequest, pk: int) -> HttpResponse:
    """`run` with its progress, `report` as it is shown, `page_obj`: what could not be read. htmx
    gets the fragment alone."""
    run = get_object_or_404(TicketImportRun.objects.select_related("started_by"), pk=pk)
    report = shown(run.report)
    context = {
        "run": run,
        "is_open": run.state in jobs.OPEN,
        "report": report,
        "page_obj": Paginator(report.failed, PER_PAGE).get_page(request.GET.get("page")),
        "may_go_on": _may_go_on(run),
    }
    fragment = bool(getattr(request, "htmx", False))
    template = "tickets/_import_progress.html" if fragment else "tickets/import_run.html"
    return render(request, template, context)


def _may_go_on(run: TicketImportRun) -> bool:
    over = run.state in (TicketImportRun.State.STOPPED, TicketImportRun.State.FAILED)
    return over and uploads.has_file(run)


@require_POST
@admin_required
def import_stop(request: HttpRequest, pk: int) -> HttpResponse:
    run = get_object_or_404(TicketImportRun, pk=pk)
    runs.JOBS.ask_to_stop(run.pk)
    note(signed_in(request.user), "import.stopped", f"ticket import {run.pk}")
    return redirect("ticket-import-run", pk=run.pk)


@require_POST
@admin_required
def go_on(request: HttpRequest, pk: int) -> HttpResponse:
    """A stopped import goes on: what it has written already counts as there."""
    run = get_object_or_404(TicketImportRun, pk=pk)
    if not _may_go_on(run):
        messages.error(request, _("This import cannot go on: start a new one."))
    elif runs.JOBS.take_up_again(run.pk, user=signed_in(request.user)):
        ask_for_ticket_import(run.pk)
    return redirect("ticket-import-run", pk=run.pk)
