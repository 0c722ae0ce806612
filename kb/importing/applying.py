"""One source on its way in: `SourceImport` takes items and keeps the source's articles in step.

Articles are written in batches, each with its passages, terms, vectors and history in one
transaction: an import that is killed leaves whole articles only.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from kb import indexing
from kb.faq import refresh_faq
from kb.importing.document import Document, UnreadableCollection, UnreadableDocument
from kb.importing.entries import Entry, Item, Unchanged, Unreadable
from kb.importing.report import ImportReport
from kb.importing.storing import (
    Read,
    archive,
    as_read,
    changed_meanwhile,
    document_of,
    rows_of,
    save,
)
from kb.models import Article, Source, WebPage
from runtime.batches import batches

BATCH = 64
FEW = 5
"""So few may vanish at once, however small the source is."""
State = Article.State


@dataclass(frozen=True)
class How:
    """`models`: a neural embedder may be loaded in this process. `archive_all`: archive what
    vanished even if it is most of the source. `overwrite_edited`: the source's text in place of
    what was written at the desk."""

    lang: str = ""
    dry_run: bool = False
    models: bool = True
    archive_all: bool = False
    overwrite_edited: bool = False


class SourceImport:
    """Takes the items of one source, then `finish`. `source` is not saved in a dry run."""

    def __init__(self, source: Source, how: How) -> None:
        self.source, self.how, self.report = source, how, ImportReport()
        self.stored: set[str] = set()
        self.edited: set[str] = set()
        self.unchanged: dict[str, str] = {}
        if source.pk is not None:
            self._look_at_stored()
        self.seen: set[str] = set()
        self.unread: set[str] = set()
        self.knows_what_vanished = True
        self.batch: list[tuple[Entry, Document]] = []

    def _look_at_stored(self) -> None:
        current = Article.objects.filter(Q(is_edited=True) | ~Q(state=State.ARCHIVED))
        rows = current.filter(source=self.source)
        names = ("external_id", "content_hash", "indexed_hash", "is_edited", "state")
        for external_id, digest, indexed, edited, state in rows.values_list(*names):
            if edited:
                self.edited.add(external_id)
            if state != State.ARCHIVED:
                self.stored.add(external_id)
            if indexed or edited:
                self.unchanged[digest] = external_id

    def take(self, item: Item) -> None:
        match item:
            case Unreadable():
                self._failed(item.name, item.error, holds_many=item.holds_many)
            case Unchanged():
                self._unchanged(item.external_id)
            case Entry():
                self._entry(item)

    def _unchanged(self, external_id: str) -> None:
        """The source says so; an article that was archived meanwhile comes back as it was."""
        if external_id in self.stored:
            if external_id not in self.seen:
                self._pass_over(external_id)
            return
        row = Article.objects.filter(source=self.source, external_id=external_id).first()
        if row is not None:
            self._take(as_read(row), document_of(row))

    def _pass_over(self, external_id: str) -> None:
        self.seen.add(external_id)
        self.report.unchanged += 1

    def _entry(self, entry: Entry) -> None:
        external_id = self.unchanged.get(entry.digest)
        wanted = self.how.overwrite_edited and external_id in self.edited
        if external_id is not None and external_id not in self.seen and not wanted:
            self._pass_over(external_id)
            return
        try:
            document = entry.read()
            if document.external_id in self.seen:
                raise UnreadableDocument(
                    _("Another article of this source has the same external id.")
                )
        except UnreadableDocument as error:
            many = isinstance(error, UnreadableCollection)
            self._failed(entry.name, str(error), holds_many=many)
            return
        self._take(entry, document)

    def _take(self, entry: Entry, document: Document) -> None:
        self.seen.add(document.external_id)
        self.batch.append((entry.without_source(), document))
        if len(self.batch) >= BATCH:
            self._flush()

    def _failed(self, name: str, error: str, *, holds_many: bool) -> None:
        """What cannot be read has not vanished; which articles a broken table or archive held is
        unknown."""
        self.report.failed.append({"source": name, "error": error})
        self.unread.add(name)
        self.knows_what_vanished = self.knows_what_vanished and not holds_many

    def finish(self, *, whole: bool, files: Iterable[str] = ()) -> None:
        """Write the rest and archive what is no longer there; `whole`: everything was looked at."""
        self._flush()
        gone = self._gone() if whole else set()
        for external_id in sorted(gone & self.edited):
            self._keep(external_id, _("It is no longer in the source, and was edited at the desk."))
        gone -= self.edited
        if gone and not self._may_archive(gone):
            self.report.held += len(gone)
            gone = set()
        elsewhere = Article.objects.filter(source__location__in=files).exclude(
            Q(source=self.source if self.source.pk else None) | Q(state=State.ARCHIVED)
        )
        self.report.removed += len(gone) + elsewhere.count()
        if self.how.dry_run:
            return
        for part in batches(sorted(gone), 500):
            archive(Article.objects.filter(source=self.source, external_id__in=part))
        archive(elsewhere)  # imported as single files before their folder was
        alone = Source.objects.filter(location__in=files, archived_at=None)
        alone.exclude(pk=self.source.pk).update(archived_at=timezone.now(), next_refresh_at=None)

    def _gone(self) -> set[str]:
        gone = self.stored - self.seen - self.unread
        if self.source.pk is not None:
            broken = WebPage.objects.filter(source=self.source, state=WebPage.State.FAILED)
            gone -= set(broken.values_list("external_id", flat=True))
        return gone

    def _may_archive(self, gone: set[str]) -> bool:
        """A broken export or an empty sitemap must not empty the search."""
        if self.how.archive_all:
            return True
        if not self.knows_what_vanished or not self.seen:
            return False
        return len(gone) < FEW or len(gone) * 2 <= len(self.stored)

    def _keep(self, external_id: str, reason: str) -> None:
        self.report.kept.append({"source": external_id, "reason": reason})

    def _flush(self) -> None:
        batch, self.batch = self.batch, []
        if not batch:
            return
        while (read := self._write(batch)) is None:
            pass  # somebody edited one of them between reading and writing: read again
        if not self.how.dry_run:
            refresh_faq(read.stale, models=self.how.models)
        self._count(read, len(read.stale))

    def _write(self, batch: list[tuple[Entry, Document]]) -> Read | None:
        """None if nothing was written, for what was read is not what is stored any more."""
        read = rows_of(self.source, batch, self.how.lang, overwrite=self.how.overwrite_edited)
        prepared = indexing.prepare(
            read.stale, models=self.how.models, vectors=not self.how.dry_run
        )
        if self.how.dry_run:
            self.report.chunks += sum(len(item.chunks) for item in prepared)
            return read
        with transaction.atomic():
            Source.objects.select_for_update().get(pk=self.source.pk)
            if changed_meanwhile(read):
                return None
            save(read)
            self.report.chunks += indexing.write(prepared)
        return read

    def _count(self, read: Read, changed: int) -> None:
        self.report.created += len(read.created)
        self.report.taken_out += read.taken_out
        self.report.updated += changed - len(read.created)
        self.report.unchanged += len(read.rows) - changed + len(read.kept)
        for article in read.kept:
            self._keep(
                article.external_id,
                _("It was edited at the desk; the source's new text was not taken."),
            )
