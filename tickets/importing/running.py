"""Imports of past tickets in processes of their own: `launch` starts one, `run` is what it does."""

from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from runtime import processes, uploads
from runtime.errors import InputError
from runtime.jobs import State
from runtime.recording import recorded
from text.privacy import mask
from tickets.importing import TicketImportReport, import_tickets
from tickets.importing.runs import JOBS, reading_options
from tickets.models import TicketImportRun
from tickets.second_opinion.along import reading_along

MAX_LISTED = 100
"""Failures kept in the row; the number of the others is kept too."""


class NothingToGoOnWith(InputError):
    """The uploaded file is gone."""


def launch(run_id: int) -> bool:
    return processes.launch(JOBS, "run_ticket_import", run_id)


def run(run_id: int) -> bool:
    """Do the import in this process; False if another has it or it is done. What goes wrong
    stands in the row."""
    row = JOBS.claim(run_id)
    if row is None:
        return False
    if row.stop_asked:
        JOBS.finish(row.pk, State.STOPPED)
        return True
    _do(row)
    return True


def _do(row: TicketImportRun) -> None:
    work = recorded(JOBS, row, TicketImportReport(), keep=as_kept, outcome=_outcome)
    with suppress(InputError), work as recording, reading_along():
        path = Path(settings.MEDIA_ROOT) / row.path
        if not path.is_file():
            raise NothingToGoOnWith(_("The uploaded file is gone: upload it again."))
        recording.report = import_tickets(
            [path],
            options=reading_options({**row.options, "lang": row.lang}),
            format_=row.options.get("format") or None,
            progress=recording.progress,
            stop=recording.is_stopped,
        )
    row.refresh_from_db()
    if row.state in (State.DONE, State.FAILED):
        uploads.forget_file(row)


def _outcome(report: TicketImportReport) -> tuple[State, str]:
    if report.stopped:
        return State.STOPPED, ""
    if report.failed and not (report.created or report.duplicates or report.unanswered):
        return State.FAILED, _("Nothing of the file could be read: see the lines below.")
    return State.DONE, ""


def as_kept(report: TicketImportReport) -> dict[str, Any]:
    """The report as a row keeps it: what is listed within a limit, with the number of all. The
    path below the uploads says nothing to anybody, so the failures keep their lines alone. Chats in
    an archive, and those who answer in them, may be called after a telephone number."""
    kept = report.as_dict()
    kept["guessed_agents"] = [_masked(name) for name in report.guessed_agents]
    kept["folds"] = [
        {name: _masked(value) if isinstance(value, str) else value for name, value in one.items()}
        for one in report.folds
    ]
    kept["failed"] = [
        {"line": one["line"], "error": one["error"]} for one in report.failed[:MAX_LISTED]
    ]
    kept["failed_count"] = len(report.failed) + report.failed_more
    return kept


def _masked(name: str) -> str:
    return mask(name, escape=False, names=False).text
