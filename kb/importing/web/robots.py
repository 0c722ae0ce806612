"""What a site's robots.txt allows us: `Robots(fetcher)`; read by Protego.

As RFC 9309 says: no such file (4xx) allows everything, a server that fails (5xx, 429, no answer)
forbids everything for now, and that is a failure that people see.
"""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from protego import Protego

from kb.importing.web.fetching import AGENT, Fetcher, FetchFailed
from kb.importing.web.guard import BlockedAddress

LONGEST_DELAY = 30.0
MAX_BYTES = 512 * 1024
_MOST_HOSTS = 50


class RobotsUnavailable(FetchFailed):
    """We do not know what is allowed, so nothing is."""


@dataclass
class Robots:
    fetcher: Fetcher
    obey: bool = True
    _read: dict[str, Protego] = field(default_factory=dict)

    def allows(self, url: str) -> bool:
        return not self.obey or self._of(url).can_fetch(url, AGENT)

    def seconds_between(self, url: str) -> float:
        """What the site asks for, within reason; 0 where it asks for nothing or was not asked."""
        rules = self._read.get(_origin(url))
        if rules is None:
            return 0.0
        rate = rules.request_rate(AGENT)
        asked = rate.seconds / rate.requests if rate and rate.requests else 0.0
        return min(max(rules.crawl_delay(AGENT) or 0.0, asked, 0.0), LONGEST_DELAY)

    def sitemaps(self, url: str) -> list[str]:
        return list(self._of(url).sitemaps)[:20] if self.obey else []

    def _of(self, url: str) -> Protego:
        origin = _origin(url)
        if origin not in self._read:
            if len(self._read) >= _MOST_HOSTS:
                self._read.clear()
            self._read[origin] = self._fetch(origin)
        return self._read[origin]

    def _fetch(self, origin: str) -> Protego:
        try:
            answer = self.fetcher.fetch(f"{origin}/robots.txt", cut=MAX_BYTES)
        except BlockedAddress:
            raise
        except FetchFailed as error:
            if 400 <= error.status < 500 and error.status != 429:
                return Protego.parse("")
            raise RobotsUnavailable(
                _("robots.txt cannot be read, so nothing is read for now: %(reason)s")
                % {"reason": error},
                status=error.status,
            ) from error
        return Protego.parse(answer.data.decode("utf-8-sig", "replace"))


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
