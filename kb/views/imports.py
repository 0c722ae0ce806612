"""Imports at the desk: upload, and how far an import is."""

from typing import IO, Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from kb import uploads
from kb.forms import UploadForm, too_large
from kb.models import ImportRun
from runtime.people import admin_required

FORM_BYTES = 64 * 1024
"""What a form may have besides its file."""


@csrf_exempt  # the check waits until the size is known, and stands on _upload
@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def import_articles(request: HttpRequest) -> HttpResponse:
    """`form`: file and language. A file that is too large is refused before its bytes are read."""
    limit = _SizeLimit(request)
    request.upload_handlers.insert(0, limit)
    return _upload(request, limit)


@csrf_protect
def _upload(request: HttpRequest, limit: "_SizeLimit") -> HttpResponse:
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if limit.reached:
        form.errors["file"] = form.error_class([too_large()])
        return render(request, "kb/import.html", {"form": form}, status=413)
    if request.method == "POST" and form.is_valid():
        assert isinstance(request.user, User)
        run = uploads.start_import(
            form.cleaned_data["file"], user=request.user, lang=form.cleaned_data["lang"]
        )
        return redirect("import-run", pk=run.pk)
    status = 400 if request.method == "POST" else 200
    return render(request, "kb/import.html", {"form": form}, status=status)


class _SizeLimit(FileUploadHandler):
    """Stops an upload whose announced or real length is above the limit."""

    received = 0
    reached = False

    def handle_raw_input(
        self,
        input_data: IO[bytes],
        META: dict[str, Any],  # noqa: N803 - Django's name
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        self.reached = content_length > settings.MAX_UPLOAD_BYTES + FORM_BYTES

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.received += len(raw_data)
        self.reached = self.reached or self.received > settings.MAX_UPLOAD_BYTES
        if self.reached:
            raise StopUpload(connection_reset=True)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


@require_safe
@admin_required
def import_run(request: HttpRequest, pk: int) -> HttpResponse:
    """`run`: the import with its progress and report. htmx gets the fragment alone."""
    run = get_object_or_404(ImportRun, pk=pk)
    fragment = bool(getattr(request, "htmx", False))
    template = "kb/_import_progress.html" if fragment else "kb/import_run.html"
    return render(request, template, {"run": run})
