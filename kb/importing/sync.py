"""Help centres into articles, and in step ever after: `import_sources(sources)`.

A source is a file, a folder or a web address, known by its place: importing it again changes what
changed, archives what vanished and passes over the rest without parsing it. What cannot be read is
reported and harms nothing else; if nothing at all can be read, that is an InputError. Each source
leaves an ImportRun row with its report.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _

from kb import recording, runs
from kb.embedding import building
from kb.importing.applying import How, SourceImport
from kb.importing.document import language_tag
from kb.importing.files import Found, NothingToImport, find
from kb.importing.report import ImportReport
from kb.importing.resolving import (
    Progress,
    Reading,
    Steps,
    Stop,
    reading_of_files,
    resolve,
)
from kb.models import Article, Source
from runtime.errors import InputError
from runtime.jobs import Trigger

if TYPE_CHECKING:
    from kb.importing.web import WebOptions


class NotALanguage(InputError):
    """`lang` is no language tag."""


def import_sources(
    sources: Sequence[Path | str],
    *,
    lang: str = "",
    progress: Progress | None = None,
    dry_run: bool = False,
    models: bool = True,
    location: str = "",
    stop: Stop | None = None,
    options: "WebOptions | Mapping[str, Any] | None" = None,
    kind: Source.Kind | None = None,
    archive_all: bool = False,
    overwrite_edited: bool = False,
    trigger: Trigger = Trigger.COMMAND,
) -> ImportReport:
    """When this returns, everything imported can be searched. `lang` overrides what documents say.
    `location` names the one source when it is not its path (an upload). `options`: how websites are
    read, whole or only what is to differ from what the source remembers; `kind`: what they are."""
    if lang and not language_tag(lang):
        raise NotALanguage(
            _("%(lang)s is no language: use a tag like fa or en.") % {"lang": lang[:40]}
        )
    started = time.monotonic()
    how = How(language_tag(lang), dry_run, models, archive_all, overwrite_edited)
    given = _given(options)
    readings = [_reading(one, how.lang, location, kind, given) for one in sources]
    report, steps = ImportReport(), Steps(progress)
    for number, reading in enumerate(readings, start=1):
        if report.stopped:
            break
        report.add(_import_one(reading, how, steps, stop, trigger, fit=number == len(readings)))
    if report.failed and not report.read and not report.stopped:
        raise NothingToImport(recording.nothing_read(report))
    report.seconds = round(time.monotonic() - started, 3)
    return report


def _given(options: "WebOptions | Mapping[str, Any] | None") -> Mapping[str, Any]:
    if options is None or isinstance(options, Mapping):
        return options or {}
    return options.as_json()


def _reading(
    source: Path | str,
    lang: str,
    location: str,
    kind: Source.Kind | None,
    options: Mapping[str, Any],
) -> Reading:
    if not location:
        return resolve(source, lang=lang, kind=kind, options=options)
    found = find(Path(source))
    return reading_of_files(
        Found(location, location.partition(":")[2] or location, found.files), lang
    )


def _import_one(
    reading: Reading, how: How, steps: Steps, stop: Stop | None, trigger: Trigger, *, fit: bool
) -> ImportReport:
    """A source by itself, with its row; `fit`: the embedder too, which is enough after the last."""
    if how.dry_run:
        source = Source.objects.filter(location=reading.location).first() or Source(
            location=reading.location, name=reading.name, kind=reading.kind
        )
        return import_reading(reading, source, how, steps=steps, stop=stop or _never)
    with source_row(reading) as source:
        run = runs.begin(source, trigger=trigger, lang=how.lang)
        with recording.recorded(run, stop=stop) as row:
            told = steps.progress
            steps.progress = _both(told, row.progress)
            try:
                report = import_reading(reading, source, how, steps=steps, stop=row.is_stopped)
                if fit and not report.stopped:
                    building.keep_fitted()
            finally:
                steps.progress = told
            row.report = report
    return report


@contextmanager
def source_row(reading: Reading) -> Iterator[Source]:
    """The source's row, made if need be; gone again if nothing came of it."""
    source, created = Source.objects.get_or_create(
        location=reading.location,
        defaults={"name": reading.name[:200], "kind": reading.kind, "options": reading.options},
    )
    try:
        yield source
    finally:
        if created and not Article.objects.filter(source=source).exists():
            source.delete()


def import_reading(
    reading: Reading, source: Source, how: How, *, steps: Steps, stop: Stop
) -> ImportReport:
    """The work itself, without a row of its own; `source` is remembered as `reading` says."""
    started = time.monotonic()
    how = replace(how, lang=reading.options.get("lang", "") or how.lang)
    if not how.dry_run:
        _remember(source, reading)
    importing = SourceImport(source, how)
    report = importing.report
    whole = False
    try:
        items = reading.items(source, steps, stop, not how.dry_run)
        for item in items:
            importing.take(item)
            if stop():
                report.stopped = True
                break
        else:
            report.stopped = stop()
            whole = items.whole and not report.stopped
    except InputError as error:  # the whole source cannot be read: its articles stay
        report.failed.append({"source": reading.name, "error": str(error)})
    importing.finish(whole=whole, files=reading.files)
    if not how.dry_run and report.read:
        now = timezone.now()
        Source.objects.filter(pk=source.pk).update(last_import_at=now, archived_at=None)
    report.seconds = round(time.monotonic() - started, 3)
    return report


def _remember(source: Source, reading: Reading) -> None:
    """How it is read, beside what the reader keeps there itself; and when it is due again."""
    source.refresh_from_db(fields=["options", "refresh_hours"])
    source.kind, source.options = reading.kind, source.options | reading.options
    if source.refresh_hours:
        source.next_refresh_at = timezone.now() + timedelta(hours=source.refresh_hours)
    source.save(update_fields=["kind", "options", "next_refresh_at"])


def _never() -> bool:
    return False


def _both(first: Progress | None, second: Progress) -> Progress:
    def tell(done: int, total: int) -> None:
        if first is not None:
            first(done, total)
        second(done, total)

    return tell
