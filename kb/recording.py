"""An import of articles in its row: `recorded(run)` stands around the work."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from django.utils.translation import gettext as _

from kb.importing.report import ImportReport
from kb.models import ImportRun
from kb.runs import JOBS
from runtime import recording
from runtime.jobs import State

MAX_LISTED = 100
"""Failures kept in the row; the number of the others is kept too."""


def recorded(
    run: ImportRun, *, stop: Callable[[], bool] | None = None
) -> AbstractContextManager[recording.Recording[ImportReport]]:
    return recording.recorded(JOBS, run, ImportReport(), keep=as_kept, outcome=_outcome, stop=stop)


def _outcome(report: ImportReport) -> tuple[State, str]:
    if report.stopped:
        return State.STOPPED, ""
    if report.failed and not report.read:
        return State.FAILED, nothing_read(report)
    return State.DONE, ""


def nothing_read(report: ImportReport) -> str:
    first = report.failed[0]
    if len(report.failed) == 1:
        return f"{first['source']}: {first['error']}"
    return _("None of %(count)s could be read. %(first)s") % {
        "count": len(report.failed),
        "first": f"{first['source']}: {first['error']}",
    }


def as_kept(report: ImportReport) -> dict[str, Any]:
    """The report as a row keeps it: what is listed within a limit, with the number of all."""
    kept = report.as_json()
    kept["failed"] = report.failed[:MAX_LISTED]
    kept["failed_count"] = len(report.failed)
    if report.kept:
        kept["kept"] = report.kept[:MAX_LISTED]
        kept["kept_count"] = len(report.kept)
    return kept
