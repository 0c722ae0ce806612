"""Imports in processes of their own: `launch` starts one, `run` is what it does."""

from contextlib import suppress
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from kb import refreshing, runs
from kb.embedding import building
from kb.importing.applying import How
from kb.importing.files import Found
from kb.importing.resolving import Kind, Reading, Steps, reading_of_files, resolve_source
from kb.importing.sync import import_reading
from kb.models import Article, ImportRun, Source
from kb.recording import recorded
from runtime import processes, uploads
from runtime.errors import InputError

State = ImportRun.State


class NothingToGoOnWith(InputError):
    """The file of an upload is gone, or the source cannot be read again."""


def launch(run_id: int) -> bool:
    return processes.launch(runs.JOBS, "run_import", run_id)


def run_now(source: Source) -> ImportRun:
    """A source's turn in this process, as its schedule asks for it; the row when it is over."""
    row = runs.begin(source, trigger=ImportRun.Trigger.SCHEDULE)
    if source.refresh_hours:
        refreshing.set_schedule(source, source.refresh_hours)  # also if nothing can be read
    _do(row)
    row.refresh_from_db()
    return row


def run(run_id: int, *, now: datetime | None = None) -> bool:
    """Do the import in this process; False if another has it or it is done. What goes wrong
    stands in the row."""
    row = runs.JOBS.claim(run_id, now=now)
    if row is None:
        return False
    if row.stop_asked:
        runs.JOBS.finish(row.pk, State.STOPPED)
        return True
    _do(row)
    return True


def _do(row: ImportRun) -> None:
    with suppress(InputError), recorded(row) as recording:
        reading, source = _what(row)
        how = How(
            lang=row.lang,
            archive_all=bool(row.options.get("archive_all")),
            overwrite_edited=bool(row.options.get("overwrite_edited")),
        )
        recording.report = import_reading(
            reading, source, how, steps=Steps(recording.progress), stop=recording.is_stopped
        )
        if not recording.report.stopped:
            building.keep_fitted()
    row.refresh_from_db()
    if row.state in (State.DONE, State.FAILED):
        _clean_up(row)


def _what(row: ImportRun) -> tuple[Reading, Source]:
    """What is read, and the source that it belongs to."""
    source = row.source
    if source is None:
        raise NothingToGoOnWith(_("The source of this import is gone."))
    if not row.path:
        return resolve_source(source), source
    path = Path(settings.MEDIA_ROOT) / row.path
    if not path.is_file():
        raise NothingToGoOnWith(_("The uploaded file is gone: upload it again."))
    found = Found(source.location, source.name, ((row.file_name, path),))
    return reading_of_files(found, row.lang, kind=Kind.UPLOAD), source


def _clean_up(row: ImportRun) -> None:
    """An upload's file is needed no more; a source that gave no article is none."""
    if not row.path:
        return
    uploads.forget_file(row)
    source = row.source
    if source is not None and not Article.objects.filter(source=source).exists():
        ImportRun.objects.filter(source=source).update(source=None)
        source.delete()
