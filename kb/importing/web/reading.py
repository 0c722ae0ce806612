"""A web source from its first address to its last: `WebRead`, which gives its articles.

One page at a time, the nearest first; the rows of WebPage hold what was done and what waits, so a
reading that is stopped or killed goes on where it was. `kb.importing.web.visiting` looks at a page.
"""

import time
from collections.abc import Callable, Generator, Iterator
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from kb.importing import formats
from kb.importing.entries import Item, Unchanged, Unreadable
from kb.importing.web.addresses import Scope, hash_of, host_of, normalise
from kb.importing.web.fetching import Fetcher, FetchFailed, NotPermitted, Stopped
from kb.importing.web.frontier import Frontier
from kb.importing.web.guard import BlockedAddress
from kb.importing.web.options import WebOptions
from kb.importing.web.robots import Robots, RobotsUnavailable
from kb.importing.web.sitemaps import Sitemap, read_sitemap
from kb.importing.web.visiting import Visitor
from kb.models import Source, WebPage

Kind = Source.Kind
KNOWN_PER_PAGE = 20
"""A visit knows at most so many times the pages that it may look at …"""
MOST_KNOWN = 50_000
"""… and never more than this."""
FAILURES_IN_A_ROW = 10


class WebRead:
    """Iterating gives Items; afterwards `whole` says whether everything was looked at, so that what
    was not seen has vanished."""

    def __init__(
        self,
        source: Source,
        options: WebOptions,
        *,
        salt: str,
        stop: Callable[[], bool],
        progress: Callable[[int, int], None] | None,
        remember: bool,
    ) -> None:
        self.whole = False
        self.source, self.options = source, options
        self.start = normalise(source.location)
        self._stop, self._progress, self._remember = stop, progress, remember
        self._asked: dict[str, float] = {}
        self._complete = True
        self.fetcher = Fetcher(wait=self._wait, between=self._keep_rate)
        self.robots = Robots(self.fetcher, obey=options.obey_robots)
        host = "" if source.kind == Kind.PAGE else host_of(self.start)
        self.scope = Scope(host, options.include, options.exclude, options.max_variants)
        self.recipe = options.recipe(f"{formats.VERSION}\x00{salt}")

    def __iter__(self) -> Iterator[Item]:
        most = min(MOST_KNOWN, KNOWN_PER_PAGE * self.options.max_pages + 1000)
        self.frontier = Frontier(self.source, remember=self._remember, most=most)
        self.visitor = Visitor(self)
        given = False
        try:
            for item in self._all():
                given = True
                yield item
        except Stopped:
            return
        except RobotsUnavailable as error:
            yield Unreadable(self.start, str(error))
            return
        if not given:
            yield Unreadable(self.start, _("No page that was looked at gives an article."))

    def _all(self) -> Iterator[Item]:
        ended = yield from self._begin()
        if not ended:
            ended = yield from self._go_on()
        if ended:
            return
        if self.frontier.is_full:
            self.incomplete()
            yield Unreadable(self.start, _("The site has more pages than can be kept in mind."))
        self.whole = self._complete
        self.frontier.close(whole=self.whole)

    def incomplete(self) -> None:
        """Something was not seen, so nothing may be taken for vanished."""
        self._complete = False

    def _begin(self) -> Generator[Item, None, bool]:
        """What is known at the outset. Returns whether the reading is over already."""
        for url in self.frontier.urls():
            self.scope.count(url)
        for page in self.frontier.read_already():
            if self.visitor.is_stored(page):
                yield Unchanged(page.external_id)
            else:
                self.frontier.wait_again(page)
        if self.source.kind == Kind.SITEMAP:
            return (yield from self._begin_sitemap())
        self.frontier.add([self.start], 0)
        if self.source.kind == Kind.CRAWL and not self.options.select_list:
            self._add_announced()
        return False

    def _begin_sitemap(self) -> Generator[Item, None, bool]:
        try:
            found = read_sitemap(
                self.start, self.fetcher, permit=self._same_site, most=self.frontier.most
            )
        except (FetchFailed, NotPermitted, BlockedAddress) as error:
            yield Unreadable(self.start, str(error))
            return True
        for address, reason in found.failures:
            self.incomplete()
            yield Unreadable(address, reason)
        if found.is_cut:
            self.incomplete()
            yield Unreadable(self.start, _("The sitemap lists more than is read of one."))
        if not self._add_listed(found):
            self.incomplete()
            yield Unreadable(self.start, _("The sitemap lists no page of this site."))
        return False

    def _add_listed(self, found: Sitemap) -> bool:
        pages = [url for url in found.pages if self.scope.has(url) and self.scope.is_page(url)]
        self.visitor.lastmod = {hash_of(url): found.pages[url] for url in pages}
        self.frontier.add(pages, 1)
        return bool(pages)

    def _add_announced(self) -> None:
        """Pages of the sitemaps that robots.txt names: help for a crawl, and no harm if they
        fail."""
        if self.options.max_depth == 0:
            return
        for address in self.robots.sitemaps(self.start):
            try:
                found = read_sitemap(
                    address, self.fetcher, permit=self._same_site, most=self.options.max_pages
                )
            except (FetchFailed, NotPermitted, BlockedAddress):
                continue
            self._add_listed(found)

    def _go_on(self) -> Generator[Item, None, bool]:
        """Page after page. Returns whether the visit stays open, to be gone on with."""
        failures, looked_behind = 0, self.source.kind != Kind.CRAWL
        while True:
            if self._stop():
                raise Stopped
            page = self.frontier.next()
            if page is None:
                if looked_behind or not self._look_behind():
                    break
                looked_behind = True
                continue
            if self.frontier.done >= self.options.max_pages:
                self.incomplete()
                yield Unreadable(self.start, self._limit())
                break
            yield from self.visitor.visit(page)
            failures = failures + 1 if page.state == WebPage.State.FAILED else 0
            self._tell()
            if failures >= FAILURES_IN_A_ROW:
                yield Unreadable(
                    self.start,
                    _("%(count)s pages in a row failed; the rest waits for the next time.")
                    % {"count": failures},
                )
                return True
        return False

    def _look_behind(self) -> bool:
        """Pages of earlier visits that no link leads to any more: they are asked whether they are
        still there, for a page that fails may be all that hides them."""
        left = [url for url in self.frontier.left_behind() if self.scope.has(url)]
        return self.frontier.add(left, max(1, self.options.max_depth)) > 0

    def _limit(self) -> str:
        return _("The limit of %(most)s pages is reached; raise max_pages to read the rest.") % {
            "most": self.options.max_pages
        }

    def _tell(self) -> None:
        if self._progress is not None:
            total = max(self.frontier.done, min(self.frontier.known, self.options.max_pages))
            self._progress(self.frontier.done, total)

    def permit(self, url: str, *, anywhere: bool = False) -> None:
        """NotPermitted unless the page belongs to this reading; `anywhere`: its path does not
        matter."""
        self._same_site(url)
        if not anywhere and self.scope.host and not self.scope.has(url):
            raise NotPermitted(_("The address is left out by include or exclude."))
        if not self.robots.allows(url):
            raise NotPermitted(
                _("robots.txt of the site forbids it; on your own site, set obey_robots to false.")
            )

    def _same_site(self, url: str) -> None:
        if self.scope.host and host_of(url) != self.scope.host:
            raise NotPermitted(
                _("It leads to another site, %(host)s: import that one instead.")
                % {"host": host_of(url)[:200]}
            )

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self._stop():
                raise Stopped
            time.sleep(min(left, 0.2))

    def _keep_rate(self, url: str) -> None:
        """Before every request: whether to stop, and how long to wait."""
        if self._stop():
            raise Stopped
        host = urlsplit(url).netloc
        pause = max(self.options.seconds_between, self.robots.seconds_between(url))
        if pause and host in self._asked:
            self._wait(self._asked[host] + pause - time.monotonic())
        self._asked[host] = time.monotonic()
