"""Which pages a reading knows of and has still to look at: `Frontier(source, …)`.

The rows of WebPage are the frontier, so a reading that is killed goes on where it was: a visit is
finished when none of its pages waits. With `remember=False` nothing is written; what earlier visits
knew is read all the same. How many pages a visit may know is bounded.
"""

import heapq
from collections.abc import Iterable, Iterator
from datetime import timedelta

from django.db.models import Max, QuerySet
from django.utils import timezone

from kb.importing.web.addresses import hash_of
from kb.models import Source, WebPage
from runtime.batches import batches

State = WebPage.State
PER_QUERY = 500
KEPT_VISITS = 5
RESUMED_WITHIN = timedelta(days=1)
"""An older visit is not gone on with: what it read is too old."""


class Frontier:
    """`is_full`: a page was turned away because the visit knows too many."""

    def __init__(self, source: Source, *, remember: bool, most: int) -> None:
        self.source, self.most = source, most
        self.remember = remember and source.pk is not None
        self.is_full = False
        self._memory: dict[str, WebPage] = {}
        self._heap: list[tuple[int, int, str]] = []
        self._texts: dict[str, WebPage] = {}
        last = self._rows().aggregate(last=Max("visit"))["last"] or 0
        self.visit = last + 1
        self.is_resumed = self.remember and self._goes_on(last)
        if self.is_resumed:
            self.visit = last
        elif self.remember:
            self._let_go(last)
        here = self._rows().filter(visit=self.visit)
        self.known = here.count() if self.remember else 0
        self.done = self.known - here.filter(state=State.WAITING).count() if self.remember else 0

    def _goes_on(self, visit: int) -> bool:
        rows = self._rows().filter(visit=visit)
        at = rows.aggregate(at=Max("fetched_at"))["at"]
        is_recent = at is not None and at > timezone.now() - RESUMED_WITHIN
        return is_recent and rows.filter(state=State.WAITING).exists()

    def _let_go(self, visit: int) -> None:
        """What still waits in a visit that ends early: known articles stay known, for the next."""
        rows = self._rows().filter(visit=visit, state=State.WAITING)
        rows.exclude(external_id="").update(state=State.READ, visit=visit - 1)
        rows.filter(external_id="").update(state=State.PASSED)

    def _rows(self) -> QuerySet[WebPage]:
        if self.source.pk is None:
            return WebPage.objects.none()
        return WebPage.objects.filter(source=self.source)

    def add(self, urls: Iterable[str], depth: int) -> int:
        """Pages to look at; those that this visit knows already are passed over. How many are
        new to it."""
        wanted = {hash_of(url): url for url in reversed(list(urls))}
        wanted = dict(reversed(wanted.items()))  # the first spelling of each, in their order
        added = 0
        for part in batches(wanted, PER_QUERY):
            added += self._add({key: wanted[key] for key in part}, depth)
        return added

    def _add(self, wanted: dict[str, str], depth: int) -> int:
        stored = {row.url_hash: row for row in self._rows().filter(url_hash__in=wanted)}
        stored |= {key: self._memory[key] for key in wanted if key in self._memory}
        fresh = [key for key in wanted if key not in stored or stored[key].visit != self.visit]
        if self.known + len(fresh) > self.most:
            self.is_full = True
            fresh = fresh[: max(0, self.most - self.known)]
        self.known += len(fresh)
        rows = [self._to_wait(stored.get(key), key, wanted[key], depth) for key in fresh]
        if self.remember:
            new = [row for row in rows if row.pk is None]
            WebPage.objects.bulk_create(new, ignore_conflicts=True)
            fields = ["url", "depth", "state", "visit", "error"]
            WebPage.objects.bulk_update([row for row in rows if row.pk], fields)
        else:
            self._memory.update({row.url_hash: row for row in rows})
            for row in rows:
                heapq.heappush(self._heap, (row.depth, len(self._memory), row.url_hash))
        return len(fresh)

    def _to_wait(self, row: WebPage | None, key: str, url: str, depth: int) -> WebPage:
        row = row or WebPage(source=self.source, url_hash=key)
        row.url, row.depth, row.visit = url, depth, self.visit
        row.state, row.error = State.WAITING, ""
        return row

    def next(self) -> WebPage | None:
        """The nearest to the start that waits."""
        if self.remember:
            rows = self._rows().filter(visit=self.visit, state=State.WAITING)
            return rows.order_by("depth", "pk").first()
        while self._heap:
            row = self._memory[heapq.heappop(self._heap)[2]]
            if row.state == State.WAITING:
                return row
        return None

    def find(self, url: str) -> WebPage | None:
        """As this visit knows it."""
        key = hash_of(url)
        if self.remember:
            return self._rows().filter(url_hash=key, visit=self.visit).first()
        return self._memory.get(key)

    def finish_page(self, page: WebPage, state: str, *, error: str = "") -> None:
        page.state, page.error, page.fetched_at = state, error[:500], timezone.now()
        self.done += 1
        if self.remember:
            page.save()
        elif state == State.READ and page.text_hash:
            self._texts.setdefault(page.text_hash, page)

    def wait_again(self, page: WebPage) -> None:
        """It is to be looked at once more in this visit."""
        page.state = State.WAITING
        self.done -= 1
        if self.remember:
            page.save(update_fields=["state"])
        else:
            heapq.heappush(self._heap, (page.depth, len(self._memory), page.url_hash))

    def twin(self, page: WebPage) -> WebPage | None:
        """Another page that gave the same text in this visit."""
        if not self.remember:
            found = self._texts.get(page.text_hash)
            return None if found is page else found
        rows = self._rows().filter(visit=self.visit, state=State.READ, text_hash=page.text_hash)
        return rows.exclude(pk=page.pk).order_by("pk").first()

    def read_already(self) -> list[WebPage]:
        """What a visit that goes on has behind it (without their links)."""
        rows = self._rows().filter(visit=self.visit, state=State.READ)
        return list(rows.order_by("pk").defer("links")) if self.is_resumed else []

    def urls(self) -> Iterator[str]:
        """All that this visit knows."""
        if self.is_resumed:
            rows = self._rows().filter(visit=self.visit).values_list("url", flat=True)
            yield from rows.iterator(PER_QUERY)

    def left_behind(self) -> list[str]:
        """Pages that gave an article in the last visits and that this one has not come by."""
        states = (State.READ, State.FAILED)
        rows = self._rows().filter(visit__lt=self.visit, state__in=states)
        rows = rows.exclude(external_id="")
        found = rows.order_by("pk").values_list("url", flat=True)[: self.most]
        return [url for url in found if self.remember or hash_of(url) not in self._memory]

    def waiting(self) -> int:
        return max(0, self.known - self.done)

    def close(self, *, whole: bool) -> None:
        """Ends the visit: what still waits waits no more; what it did not come by is gone, if it
        saw everything."""
        if not self.remember:
            return
        self._let_go(self.visit)
        if whole:
            old = self._rows().filter(visit__lt=self.visit)
            old.exclude(state=State.GONE).update(state=State.GONE)
            old.filter(visit__lt=self.visit - KEPT_VISITS).delete()
