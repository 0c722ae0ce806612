"""One page of a web source: `Visitor(reading).visit(page)` fetches it and decides what it is.

An article, a list of posts, the same as another page, moved, gone, or a failure with a reason.
"""

import hashlib
from collections.abc import Generator, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bs4 import Tag
from django.utils.translation import gettext as _

from kb.importing.document import UnreadableDocument
from kb.importing.entries import Entry, Item, Unchanged, Unreadable
from kb.importing.web.addresses import external_id, key
from kb.importing.web.articles import LINKED, Place, items_of, next_page, suffix_of, text_of
from kb.importing.web.fetching import Fetched, FetchFailed, Gone, NotPermitted
from kb.importing.web.guard import BlockedAddress
from kb.importing.web.pages import Page, links_of, look
from kb.importing.web.robots import RobotsUnavailable
from kb.importing.web.selecting import NothingSelected
from kb.models import Article, Source, WebPage

if TYPE_CHECKING:
    from kb.importing.web.reading import WebRead

Kind = Source.Kind
State = WebPage.State
_SHORT = 200
"""Shorter texts are the same article only if their titles are the same too."""


class Visitor:
    def __init__(self, reading: "WebRead") -> None:
        self.reading = reading
        self.frontier, self.options = reading.frontier, reading.options
        self.lastmod: dict[str, datetime | None] = {}
        self._is_crawl = reading.source.kind == Kind.CRAWL
        self._own_text: set[str] = set()  # pages whose canonical address led back to them

    def visit(self, page: WebPage) -> Iterator[Item]:
        """Its items; afterwards `page.state` is final."""
        try:
            self._permit(page, page.url)
            answer = self._fetch(page)
        except RobotsUnavailable:
            raise
        except Gone as error:
            self.frontier.finish_page(page, State.GONE, error=str(error))
            if self._is_start(page):
                yield Unreadable(self.reading.start, str(error))
            return
        except NotPermitted as error:
            self._forget(page)
            self.frontier.finish_page(page, State.PASSED, error=str(error))
            if self._is_start(page):
                self.reading.incomplete()
                yield Unreadable(self.reading.start, str(error))
            return
        except (FetchFailed, BlockedAddress) as error:
            self._add_links(page)
            yield self._fail(page, str(error))
            return
        if answer is None or answer.unchanged:
            self.frontier.finish_page(page, State.READ)
            self._add_links(page)
            yield Unchanged(page.external_id)
        elif answer.moved_to:
            self._moved(page, answer.moved_to)
        else:
            yield from self._read(page, answer)

    def is_stored(self, page: WebPage) -> bool:
        """Whether the article is in the knowledge base just as this page gave it."""
        if not page.digest or page.read_with != self.reading.recipe:
            return False
        stored = Article.objects.filter(
            source=self.reading.source, external_id=page.external_id, content_hash=page.digest
        )
        return stored.exclude(state=Article.State.ARCHIVED).exclude(indexed_hash="").exists()

    def _permit(self, page: WebPage, url: str) -> None:
        self.reading.permit(url, anywhere=self._is_list(page) or self._is_start(page))

    def _fetch(self, page: WebPage) -> Fetched | None:
        """None: the sitemap says that nothing changed, and the page itself cannot say it."""
        etag, modified = page.etag, page.last_modified
        changed = self.lastmod.get(page.url_hash)
        if not self.is_stored(page):
            etag = modified = ""
        elif changed is not None and page.fetched_at is not None:
            if changed + timedelta(days=1) >= page.fetched_at:
                etag = modified = ""
            elif not etag and not modified:
                return None
        return self.reading.fetcher.fetch(
            page.url,
            etag=etag,
            last_modified=modified,
            permit=lambda url: self._permit(page, url),
            follow_permanent=False,
        )

    def _moved(self, page: WebPage, target: str) -> None:
        """The new address is the article's."""
        self._forget(page)
        page.links = [target]
        self.frontier.finish_page(page, State.PASSED, error=_("moved for good"))
        known = self.frontier.find(target)
        if known is not None and known.state == State.PASSED and page.url in known.links:
            self._own_text.add(known.url_hash)  # its canonical address leads back to it
            self.frontier.wait_again(known)
        else:
            self.frontier.add([target], page.depth)

    def _read(self, page: WebPage, answer: Fetched) -> Iterator[Item]:
        same = key(answer.url) == key(page.url)
        page.url = answer.url if same else page.url
        suffix = suffix_of(answer)
        if not suffix or (self._is_crawl and suffix not in LINKED):
            kind = answer.media_type or "?"
            yield from self._pass_over(page, _("%(kind)s is not read.") % {"kind": kind})
            return
        try:
            seen = None
            if suffix in (".html", ".htm", ".xhtml"):
                seen = look(text_of(answer), url=answer.url, robots=answer.robots)
            if seen is not None:
                passed = yield from self._passed(page, seen)
                if passed:
                    return
            elif "noindex" in answer.robots.lower():
                yield from self._pass_over(page, _("The page asks not to be indexed."))
                return
            if suffix == ".json" and not self._is_crawl:
                self.frontier.add(filter(None, [next_page(answer)]), page.depth)
            yield from self._article(page, answer, seen, same)
        except NothingSelected as error:
            if self.options.select_list or self.reading.source.kind == Kind.PAGE:
                yield self._fail(page, str(error))
            else:
                yield from self._pass_over(page, str(error))
        except UnreadableDocument as error:
            yield self._fail(page, str(error))

    def _passed(self, page: WebPage, seen: Page) -> Generator[Item, None, bool]:
        """Whether the page gives no article of its own; its links are taken either way."""
        if self._is_list(page):
            yield from self._list(page, seen)
            return True
        page.links = [url for url in seen.links if self.reading.scope.has(url)]
        self._add_links(page)
        if seen.noindex:
            yield from self._pass_over(page, _("The page asks not to be indexed."))
            return True
        if self._is_copy_of(page, seen.canonical):
            self._forget(page)
            page.links = [*page.links, seen.canonical]
            self.frontier.finish_page(page, State.PASSED, error=_("a copy, says the page"))
            self.frontier.add([seen.canonical], page.depth)
            return True
        if seen.canonical and key(seen.canonical) == key(page.url):
            page.url = seen.canonical
        return False

    def _is_copy_of(self, page: WebPage, canonical: str) -> bool:
        """The canonical address is another page of this reading. A site's root is not believed:
        some sites name it on every page."""
        if not canonical or key(canonical) == key(page.url) or page.url_hash in self._own_text:
            return False
        if urlsplit(canonical).path in ("", "/") or not self.reading.scope.host:
            return False
        try:
            self.reading.permit(canonical)
        except NotPermitted:
            return False
        known = self.frontier.find(canonical)
        moved_here = known is not None and page.url in known.links and known.state == State.PASSED
        return not moved_here

    def _list(self, page: WebPage, seen: Page) -> Iterator[Item]:
        """A page of a blog's list: its posts, and the next page."""
        posts = links_of(_anchors(seen, self.options.select_list), seen.base)
        scope = self.reading.scope
        self.frontier.add([url for url in posts if scope.has(url)], 1)
        if self.options.select_next:
            following = links_of(_anchors(seen, self.options.select_next), seen.base)
            self.frontier.add(self._counted(following[:5]), 0)
        self._forget(page)
        self.frontier.finish_page(page, State.PASSED)
        if not posts and self._is_start(page):
            self.reading.incomplete()
            yield Unreadable(self.reading.start, _("select_list matches no links on this page."))

    def _article(
        self, page: WebPage, answer: Fetched, seen: Page | None, same: bool
    ) -> Iterator[Item]:
        place = Place(external_id(page.url), page.url)
        recipe = self.reading.recipe
        items = items_of(answer, seen, place, self.options, recipe)
        if len(items) != 1 or not isinstance(items[0], Entry) or items[0].name != place.name:
            self._forget(page)
            page.read_with = recipe  # without a digest: it held many
            self.frontier.finish_page(page, State.READ)
            yield from items
            return
        document = items[0].read()
        title = document.title if len(document.text) < _SHORT else ""
        page.text_hash = hashlib.sha256(f"{title}\x00{document.text}".encode()).hexdigest()
        twin = self.frontier.twin(page)
        if twin is not None:
            self._forget(page)
            yield from self._pass_over(page, _("the same text as %(url)s") % {"url": twin.url})
            return
        page.external_id, page.digest, page.read_with = place.name, items[0].digest, recipe
        page.etag = answer.etag if same else ""
        page.last_modified = answer.last_modified if same else ""
        self.frontier.finish_page(page, State.READ)
        yield items[0]

    def _add_links(self, page: WebPage) -> None:
        """Those of a crawled page, also if it failed or has not changed since they were found."""
        if self._is_crawl and not self.options.select_list and page.depth < self.options.max_depth:
            scope = self.reading.scope
            links = [url for url in page.links if scope.has(url) and scope.is_page(url)]
            self.frontier.add(self._counted(links), page.depth + 1)

    def _counted(self, urls: list[str]) -> list[str]:
        """Without those that are one too many of their shape."""
        scope = self.reading.scope
        return [
            url
            for url in urls
            if not scope.shape(url) or self.frontier.find(url) is not None or scope.count(url)
        ]

    def _pass_over(self, page: WebPage, reason: str) -> Iterator[Item]:
        """No article, and no failure either, unless it is all that was asked for."""
        self._forget(page)
        self.frontier.finish_page(page, State.PASSED, error=reason)
        if self._is_start(page) and (self.reading.source.kind == Kind.PAGE or self._is_list(page)):
            yield Unreadable(self.reading.start, reason)

    def _fail(self, page: WebPage, reason: str) -> Unreadable:
        """The article that it gave before stays: its name says which. Which ones a file of many
        held, or a list of posts leads to, is not known."""
        name = page.external_id or external_id(page.url)
        held_many = bool(page.read_with) and not page.digest
        is_first = self._is_start(page) and not page.external_id
        if held_many or is_first or self._is_list(page):
            self.reading.incomplete()
        self.frontier.finish_page(page, State.FAILED, error=reason)
        return Unreadable(name, reason)

    def _forget(self, page: WebPage) -> None:
        page.external_id = page.digest = page.read_with = page.text_hash = ""
        page.etag = page.last_modified = ""

    def _is_list(self, page: WebPage) -> bool:
        return bool(self.options.select_list) and page.depth == 0

    def _is_start(self, page: WebPage) -> bool:
        return page.depth == 0 and not self._came_by_list(page)

    def _came_by_list(self, page: WebPage) -> bool:
        return self._is_list(page) and key(page.url) != key(self.reading.start)


def _anchors(seen: Page, selector: str) -> list[Tag]:
    """The links that a selector means: those it matches, or those inside what it matches."""
    found: list[Tag] = []
    for element in seen.soup.select(selector):
        found += [element] if element.name in ("a", "link") else element.find_all("a", href=True)
    return found
