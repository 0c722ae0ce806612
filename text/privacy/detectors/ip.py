"""A person's address on the net: a public one that is called the writer's own. A server's, which
a support ticket is about, stays."""

import ipaddress
import re
from collections.abc import Iterator

from text.privacy.reading import Reading
from text.privacy.spans import IP, Candidate

_OWN = re.compile(
    r"(?:(?:آی[\s\u200c]?پی|(?<![A-Za-z])ip)[\s\u200c]?(?:آدرس|address)?[\s\u200c]?(?:من|م|ام"
    r"|خودم|خونه|خانه|man|khodam)(?!\w)"
    r"|(?<![A-Za-z])(?:my|home) (?:public |home )?ip(?: address)?)(?:[\s\u200c]{0,2}(?:هست|است"
    r"|is|hast|:|=)){0,2}[\s\u200c]{0,2}"
    r"(?P<value>(?:\d{1,3}\.){3}\d{1,3}(?![\d.]*\d)|[0-9a-f]{1,4}:[0-9a-f:]{4,40}[0-9a-f])",
    re.IGNORECASE,
)


def candidates(reading: Reading) -> Iterator[Candidate]:
    for found in _OWN.finditer(reading.form):
        if _is_public(found["value"]):
            yield Candidate(*found.span("value"), IP, 84)


def _is_public(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False
