"""Imports at the desk: files and web addresses in, how far an import is, all imports."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kb import refreshing, runs, uploads
from kb.forms import UploadForm, WebForm, too_large
from kb.importing.recognising import READ
from kb.importing.resolving import name_of
from kb.models import ImportRun, Source
from people import audit
from people.roles import admin_required, signed_in
from runtime.errors import InputError
from runtime.jobs import OPEN
from runtime.upload_limits import SizeLimit
from runtime.uploads import has_file

PER_PAGE = 30


@csrf_exempt  # the check waits until the size is known, and stands on _upload
@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def import_articles(request: HttpRequest) -> HttpResponse:
    """`form`: files and language; `web`: an address. Files that are too large are refused before
    their bytes are read."""
    limit = SizeLimit(request)
    request.upload_handlers.insert(0, limit)
    return _upload(request, limit)


@csrf_protect
def _upload(request: HttpRequest, limit: SizeLimit) -> HttpResponse:
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if limit.reached:
        form.errors["file"] = form.error_class([too_large()])
        return _page(request, form=form, status=413)
    if request.method == "POST" and form.is_valid():
        started = _start_all(request, form.cleaned_data["file"], form.cleaned_data["lang"])
        if len(started) == 1:
            return redirect("import-run", pk=started[0].pk)
        if started:
            return redirect("imports")
        return redirect("import")
    return _page(request, form=form, status=400 if request.method == "POST" else 200)


def _start_all(request: HttpRequest, files: list[UploadedFile], lang: str) -> list[ImportRun]:
    """A file whose source is being imported is said and left out; the others go in."""
    started = []
    for file in files:
        try:
            run = uploads.start_import(file, user=signed_in(request.user), lang=lang)
            audit.note(signed_in(request.user), "import.started", f"article import {run.pk}")
            started.append(run)
        except runs.SourceBusy as error:
            messages.error(request, str(error))
    return started


def _page(
    request: HttpRequest,
    *,
    form: UploadForm | None = None,
    web: WebForm | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form or UploadForm(),
        "web": web or WebForm(auto_id="web_%s"),
        "types": " ".join(READ),
        "most": settings.MAX_UPLOAD_BYTES // 1024**2,
    }
    return render(request, "kb/import.html", context, status=status)


@require_POST
@admin_required
def import_web(request: HttpRequest) -> HttpResponse:
    """A source of the address, read at once and as often as was chosen."""
    form = WebForm(request.POST, auto_id="web_%s")
    if not form.is_valid():
        return _page(request, web=form, status=400)
    given = form.cleaned_data
    try:
        run = _start_web(request, given)
    except runs.SourceBusy as error:
        form.add_error(None, str(error))
        return _page(request, web=form, status=409)
    return redirect("import-run", pk=run.pk)


@transaction.atomic
def _start_web(request: HttpRequest, given: dict[str, Any]) -> ImportRun:
    source, created = Source.objects.get_or_create(
        location=given["url"],
        defaults={
            "name": name_of(given["url"]),
            "kind": given["kind"],
            "options": given["options"],
        },
    )
    run = refreshing.queue_refresh(
        source, trigger=ImportRun.Trigger.DESK, user=signed_in(request.user)
    )
    audit.note(signed_in(request.user), "import.started", f"article import {run.pk}")
    if not created:
        source.kind, source.options = given["kind"], source.options | given["options"]
        source.save(update_fields=["kind", "options"])
    refreshing.set_schedule(source, given["refresh_hours"] or 0)
    return run


@require_safe
@admin_required
def import_list(request: HttpRequest) -> HttpResponse:
    """`page_obj`: all imports, the last first, with source and person."""
    rows = ImportRun.objects.select_related("source", "started_by")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "kb/import_list.html", {"page_obj": page, "may_edit": True})


@require_safe
@admin_required
def import_run(request: HttpRequest, pk: int) -> HttpResponse:
    """`run`: the import with its progress and report; `page_obj`: its failures. htmx gets the
    fragment alone."""
    run = get_object_or_404(ImportRun.objects.select_related("source", "started_by"), pk=pk)
    failed = run.report.get("failed", [])
    context = {
        "run": run,
        "is_open": run.state in OPEN,
        "page_obj": Paginator(failed, PER_PAGE).get_page(request.GET.get("page")),
        "failed_count": run.report.get("failed_count", len(failed)),
        "kept_count": run.report.get("kept_count", len(run.report.get("kept", []))),
        "may_go_on": _may_go_on(run),
        "may_refresh": run.source is not None and refreshing.is_refreshable(run.source),
    }
    fragment = bool(getattr(request, "htmx", False))
    template = "kb/_import_progress.html" if fragment else "kb/import_run.html"
    return render(request, template, context)


def _may_go_on(run: ImportRun) -> bool:
    if run.state not in (ImportRun.State.STOPPED, ImportRun.State.FAILED) or run.source is None:
        return False
    return has_file(run) if run.path else refreshing.is_refreshable(run.source)


@require_POST
@admin_required
def import_stop(request: HttpRequest, pk: int) -> HttpResponse:
    run = get_object_or_404(ImportRun, pk=pk)
    runs.JOBS.ask_to_stop(run.pk)
    return redirect("import-run", pk=run.pk)


@require_POST
@admin_required
def import_continue(request: HttpRequest, pk: int) -> HttpResponse:
    """A stopped import goes on: what it has done already is passed over."""
    run = get_object_or_404(ImportRun.objects.select_related("source"), pk=pk)
    if not _may_go_on(run):
        messages.error(request, _("This import cannot go on: start a new one."))
        return redirect("import-run", pk=run.pk)
    try:
        if runs.take_up_again(run, user=signed_in(request.user)):
            refreshing.ask_for_import(run.pk)
    except InputError as error:
        messages.error(request, str(error))
    return redirect("import-run", pk=run.pk)
