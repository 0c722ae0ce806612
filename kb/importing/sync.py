"""Files into articles: `import_sources(paths)`.

A source is a file or a folder, known by its place: importing it again changes what changed,
archives what vanished and passes over the rest without parsing it. Articles are written in batches,
each with its passages, terms and vectors in one transaction: an import that is killed leaves whole
articles only, and the next one goes on from there. What cannot be read is reported and harms
nothing else; if nothing at all can be read, that is an InputError.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from kb import indexing
from kb.embedding import building
from kb.importing.document import Document, UnreadableDocument, language_tag
from kb.importing.entries import Entry
from kb.importing.files import Found, NothingToImport, find, read_bytes
from kb.importing.formats import JSON_LINES, entries
from kb.importing.storing import archive, rows_of, save
from kb.models import Article, Source
from runtime.errors import InputError

BATCH = 64
State = Article.State
Progress = Callable[[int, int], None]


class NotALanguage(InputError):
    """`lang` is no language tag."""


@dataclass
class ImportReport:
    """`failed`: {source, error} for each file or line that gave no article."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    chunks: int = 0
    failed: list[dict[str, str]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def read(self) -> int:
        return self.created + self.updated + self.unchanged


def import_sources(
    paths: Sequence[Path | str],
    *,
    lang: str = "",
    progress: Progress | None = None,
    dry_run: bool = False,
    models: bool = True,
    location: str = "",
) -> ImportReport:
    """When this returns, everything imported can be searched. `lang` overrides what documents say.
    `location` names the one source when it is not its path (an upload). `models`: a neural
    embedder may be loaded in this process."""
    if lang and not language_tag(lang):
        raise NotALanguage(
            _("%(lang)s is no language: use a tag like fa or en.") % {"lang": lang[:40]}
        )
    started = time.monotonic()
    found = [_within_known(find(Path(path))) for path in paths]
    report = ImportReport()
    steps = _Steps(sum(len(source.files) for source in found), progress)
    for source in found:
        run = _SourceImport(
            location or source.location, source.name, language_tag(lang), dry_run, models, report
        )
        for name, path in source.files:
            run.read_file(name, path, steps)
        run.finish(whole=source.whole, files=[str(path) for _, path in source.files])
    if report.failed and not report.read:
        raise NothingToImport(_nothing_read(report))
    if not dry_run:
        building.keep_fitted()
    report.seconds = round(time.monotonic() - started, 3)
    return report


def _within_known(found: Found) -> Found:
    """A file of a folder that was imported belongs to that folder, not to a source of its own."""
    if Path(found.location).is_dir():
        return found
    path = Path(found.location)
    folders = {str(folder): folder for folder in path.parents}
    known = Source.objects.filter(location__in=folders).values_list("location", flat=True)
    if not known:
        return found
    nearest = folders[max(known, key=len)]
    return Found(
        str(nearest), nearest.name, ((path.relative_to(nearest).as_posix(), path),), whole=False
    )


class _Steps:
    """How far an import is: files, and the lines of files that hold an article a line."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self.done, self.total, self.progress = 0, total, progress

    def add(self, entries: int) -> None:
        self.total += max(entries - 1, 0)

    def step(self) -> None:
        self.done += 1
        if self.progress is not None:
            self.progress(self.done, self.total)


def _nothing_read(report: ImportReport) -> str:
    first = report.failed[0]
    if len(report.failed) == 1:
        return f"{first['source']}: {first['error']}"
    count = _("None of %(count)s could be read.") % {"count": len(report.failed)}
    return f"{count} {first['source']}: {first['error']}"


class _SourceImport:
    """One source on its way in. Nothing is written before the first article is read."""

    def __init__(
        self, location: str, name: str, lang: str, dry_run: bool, models: bool, report: ImportReport
    ) -> None:
        self.location, self.name, self.lang = location, name, lang
        self.dry_run, self.models, self.report = dry_run, models, report
        self.source = Source.objects.filter(location=location).first()
        current = Article.objects.filter(source=self.source).exclude(state=State.ARCHIVED)
        rows = current.values_list("external_id", "content_hash", "indexed_hash")
        self.stored = {external_id for external_id, _, _ in rows}
        self.unchanged = {digest: external_id for external_id, digest, done in rows if done}
        self.seen: set[str] = set()
        self.unread: set[str] = set()
        self.may_archive = True
        self.batch: list[tuple[Entry, Document]] = []

    def read_file(self, name: str, path: Path, steps: _Steps) -> None:
        try:
            found = list(entries(read_bytes(path), name, salt=self.lang))
        except UnreadableDocument as error:
            self._failed(name, error)
            steps.step()
            return
        steps.add(len(found))
        for entry in found:
            self._read_entry(entry)
            steps.step()

    def _read_entry(self, entry: Entry) -> None:
        external_id = self.unchanged.get(entry.digest)
        if external_id is not None and external_id not in self.seen:
            self.seen.add(external_id)
            self.report.unchanged += 1
            return
        try:
            document = entry.read()
            if document.external_id in self.seen:
                raise UnreadableDocument(
                    _("Another article of this source has the same external id.")
                )
        except UnreadableDocument as error:
            self._failed(entry.name, error)
            return
        self.seen.add(document.external_id)
        self.batch.append((entry, document))
        if len(self.batch) >= BATCH:
            self._flush()

    def _failed(self, name: str, error: UnreadableDocument) -> None:
        """What cannot be read has not vanished; which articles a file of lines held is unknown."""
        self.report.failed.append({"source": name, "error": str(error)})
        self.unread.add(name)
        if Path(name.rpartition(":")[0] or name).suffix.lower() in JSON_LINES:
            self.may_archive = False

    def finish(self, *, whole: bool, files: Sequence[str]) -> None:
        """Write the rest and archive what is no longer there; `whole`: everything was looked at."""
        self._flush()
        if self.source is None:
            return
        gone: set[str] = set()
        if whole and self.may_archive and self.seen:
            gone = self.stored - self.seen - self.unread
        elsewhere = Article.objects.filter(source__location__in=files).exclude(
            Q(source=self.source) | Q(state=State.ARCHIVED)
        )
        self.report.removed += len(gone) + elsewhere.count()
        if self.dry_run:
            return
        for part in _parts(sorted(gone), 500):
            archive(Article.objects.filter(source=self.source, external_id__in=part))
        archive(elsewhere)  # imported as single files before their folder was
        self.source.last_import_at = timezone.now()
        self.source.save(update_fields=["last_import_at"])

    def _flush(self) -> None:
        batch, self.batch = self.batch, []
        if not batch:
            return
        if self.dry_run:
            self._count(batch)
            return
        if self.source is None:
            self.source, _created = Source.objects.get_or_create(
                location=self.location, defaults={"name": self.name[:200]}
            )
        articles, created = rows_of(self.source, batch, self.lang)
        changed = [article for article, same in articles if not same]
        prepared = indexing.prepare(changed, models=self.models)
        with transaction.atomic():
            Source.objects.select_for_update().get(pk=self.source.pk)
            save(articles)
            self.report.chunks += indexing.write(prepared)
        self._add(len(created), len(changed) - len(created), len(articles) - len(changed))

    def _count(self, batch: list[tuple[Entry, Document]]) -> None:
        """A dry run's numbers, from the same comparison."""
        articles, created = rows_of(self.source, batch, self.lang)
        changed = [article for article, same in articles if not same]
        prepared = indexing.prepare(changed, vectors=False)
        self.report.chunks += sum(len(item.chunks) for item in prepared)
        self._add(len(created), len(changed) - len(created), len(articles) - len(changed))

    def _add(self, created: int, updated: int, unchanged: int) -> None:
        self.report.created += created
        self.report.updated += updated
        self.report.unchanged += unchanged


def _parts(items: list[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
