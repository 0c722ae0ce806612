"""Imports of past tickets that are asked for at the desk: `start`, `preview`, and `JOBS`."""

import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile

from runtime import uploads
from runtime.jobs import Jobs, State, Trigger
from tickets.importing import TicketImportReport, import_tickets
from tickets.importing.records import ReadingOptions
from tickets.models import TicketImportRun
from tickets.queueing import ask_for_ticket_import

JOBS = Jobs(TicketImportRun, topic="ticket-import")
FOLDER = "ticket-imports"
PREVIEW_SECONDS = 5.0


def start(file: UploadedFile, *, user: User, options: dict[str, Any]) -> TicketImportRun:
    """Keep the file and ask a worker. `options`: {"format", "agents", "silence_minutes"}, each may
    be missing; "lang" goes into the row's own field. The form has checked the file's size."""
    name = uploads.upload_name(file)
    run = TicketImportRun.objects.create(
        state=State.QUEUED,
        trigger=Trigger.DESK,
        started_by=user,
        file_name=name,
        path=uploads.new_path(name, folder=FOLDER),
        lang=options.pop("lang", ""),
        options=options,
    )
    uploads.keep(file, run.path)
    ask_for_ticket_import(run.pk)
    return run


def preview(file: UploadedFile, *, options: dict[str, Any]) -> TicketImportReport:
    """What an import of this file would do, from as much of it as can be read in a few seconds:
    `stopped` says that it was not all. Raises BadHistoryFile."""
    until = time.monotonic() + PREVIEW_SECONDS
    with tempfile.TemporaryDirectory(prefix="pasokh-preview-") as folder:
        path = Path(folder) / uploads.safe_name(uploads.upload_name(file))
        with path.open("wb") as kept:
            for part in file.chunks():
                kept.write(part)
        return import_tickets(
            [path],
            options=reading_options(options),
            format_=options.get("format") or None,
            dry_run=True,
            stop=lambda: time.monotonic() > until,
        )


def reading_options(options: dict[str, Any]) -> ReadingOptions:
    """As the row keeps them, as the readers take them."""
    agents = tuple(options.get("agents", ()))
    lang = options.get("lang", "")
    minutes = options.get("silence_minutes")
    if minutes is None:
        return ReadingOptions(agents=agents, lang=lang)
    return ReadingOptions(agents=agents, lang=lang, silence=timedelta(minutes=minutes))
