"""Help centres on the web: one page, a sitemap, a site, a blog: `read_source(source, options, …)`.

`recognise(url)` says which of them an address is; a crawl must be asked for. Nothing but the public
internet is ever reached (see `guard`), robots.txt is obeyed, and pages that say that they have not
changed are not read again.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

from kb.importing.web.addresses import BadAddress, normalise
from kb.importing.web.options import BadOption, WebOptions
from kb.importing.web.reading import WebRead
from kb.models import Source

__all__ = ["BadAddress", "BadOption", "WebOptions", "WebRead", "read_source", "recognise"]


def recognise(url: str) -> Source.Kind:
    """A sitemap by its name, else one page. BadAddress for what is no address of a page."""
    last = urlsplit(normalise(url)).path.rpartition("/")[2].lower()
    is_sitemap = "sitemap" in last and last.endswith((".xml", ".xml.gz"))
    return Source.Kind.SITEMAP if is_sitemap else Source.Kind.PAGE


def read_source(
    source: Source,
    options: WebOptions,
    *,
    salt: str = "",
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[int, int], None] | None = None,
    remember: bool = True,
) -> WebRead:
    """Nothing is fetched before the first item is asked for. `salt`: what else decides the text of
    an article. `stop` is asked between pages and while waiting; `remember=False` writes nothing
    (so does a source that is not saved yet)."""
    return WebRead(source, options, salt=salt, stop=stop, progress=progress, remember=remember)
