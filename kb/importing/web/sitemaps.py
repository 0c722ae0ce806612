"""Sitemaps: `read_sitemap(url, fetcher, …)` gives the pages that a sitemap and those it names list.

XML (an index or a list), the same packed with gzip, or a plain list of addresses. No entity is
resolved, nothing is loaded, and files, entries and nesting have limits. Alternates in other
languages are not followed from here: a sitemap lists them as pages of their own.
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO

from django.utils.translation import gettext as _
from lxml import etree  # type: ignore[import-untyped]

from kb.importing.web.addresses import BadAddress, normalise
from kb.importing.web.fetching import MAX_BYTES, Fetcher, FetchFailed, Permit

MAX_FILES = 100
MAX_NESTING = 3
MAX_ENTRIES = 50_000


class NotASitemap(FetchFailed):
    """The answer lists no pages."""


@dataclass
class Sitemap:
    """`pages`: address → lastmod (None: not said). `failures`: (address, reason) of the files that
    could not be read; with one of them, or `is_cut`, more pages may be meant than are listed."""

    pages: dict[str, datetime | None] = field(default_factory=dict)
    failures: list[tuple[str, str]] = field(default_factory=list)
    is_cut: bool = False


def read_sitemap(
    url: str, fetcher: Fetcher, *, permit: Permit = lambda url: None, most: int = MAX_ENTRIES
) -> Sitemap:
    """FetchFailed if this very file cannot be read; what fails below it is in `failures`."""
    found = Sitemap()
    waiting = [(normalise(url), 0)]
    known = {waiting[0][0]}
    while waiting:
        address, nesting = waiting.pop(0)
        try:
            permit(address)
            answer = fetcher.fetch(address)
            for is_file, listed, at in _entries(answer.data):
                if len(found.pages) >= most:
                    found.is_cut = True
                    return found
                _take(found, waiting, known, (is_file, listed, at), (answer.url, nesting))
        except FetchFailed as error:
            if nesting == 0:
                raise
            found.failures.append((address, str(error)))
        except BadAddress as error:
            found.failures.append((address, str(error)))
    return found


def _take(
    found: Sitemap,
    waiting: list[tuple[str, int]],
    known: set[str],
    entry: tuple[bool, str, datetime | None],
    place: tuple[str, int],
) -> None:
    is_file, listed, at = entry
    base, nesting = place
    try:
        address = normalise(listed, base)
    except BadAddress:
        return
    if not is_file:
        found.pages.setdefault(address, at)
    elif nesting >= MAX_NESTING or len(known) >= MAX_FILES:
        found.is_cut = True
    elif address not in known:
        known.add(address)
        waiting.append((address, nesting + 1))


def _entries(data: bytes) -> Iterator[tuple[bool, str, datetime | None]]:
    """(is a sitemap, address, lastmod)."""
    if data.startswith(b"\x1f\x8b"):
        data = _unpacked(data)
    if not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        yield from _lines(data)
        return
    if re.search(rb"<!(?:DOCTYPE|ENTITY)", data, re.I):
        raise NotASitemap(_("It is no sitemap: it declares a document type."))
    found = False
    try:
        events = etree.iterparse(
            BytesIO(data),
            events=("end",),
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
        )
        for _event, element in events:
            name = etree.QName(element).localname if isinstance(element.tag, str) else ""
            if name not in ("url", "sitemap"):
                continue
            parts = {etree.QName(child).localname: child for child in _own(element)}
            if "loc" in parts and parts["loc"].text:
                found = True
                lastmod = parts["lastmod"].text if "lastmod" in parts else ""
                yield name == "sitemap", parts["loc"].text.strip(), _time(lastmod or "")
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
    except etree.XMLSyntaxError as error:
        raise NotASitemap(_("It is no sitemap: it is not well-formed XML.")) from error
    if not found:
        raise NotASitemap(_("It is no sitemap: it lists no pages."))


def _own(element: etree._Element) -> list[etree._Element]:
    """Children of the sitemap's own vocabulary, not those of images or alternates."""
    space = etree.QName(element).namespace
    return [
        child
        for child in element
        if isinstance(child.tag, str) and etree.QName(child).namespace == space
    ]


def _lines(data: bytes) -> Iterator[tuple[bool, str, datetime | None]]:
    try:
        lines = data.decode("utf-8-sig").split()
    except UnicodeDecodeError as error:
        raise NotASitemap(_("It is no sitemap: it lists no pages.")) from error
    if not lines or not all(re.match("https?://", line, re.I) for line in lines):
        raise NotASitemap(_("It is no sitemap: it lists no pages."))
    for line in lines:
        yield False, line, None


def _unpacked(data: bytes) -> bytes:
    state = zlib.decompressobj(wbits=31)
    try:
        found = state.decompress(data, MAX_BYTES + 1)
    except zlib.error as error:
        raise NotASitemap(_("The packed sitemap is broken.")) from error
    if len(found) > MAX_BYTES:
        raise NotASitemap(
            _("The sitemap has more than %(most)s bytes.") % {"most": f"{MAX_BYTES:,}"}
        )
    return found


def _time(text: str) -> datetime | None:
    """A W3C date or time; None for anything else."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
