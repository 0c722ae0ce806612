"""What opens something in an address: a token among its parameters, a name and password before its
host, the code of a link that resets or invites. The rest of the address stays readable."""

import re
from collections.abc import Iterator

from text.privacy.naming import NO_PLACEHOLDER
from text.privacy.reading import Reading
from text.privacy.spans import URL_SECRET, Candidate

_SECRETS = (
    re.compile(
        r"[?&;#](?:[a-z]{1,20}[_-])?(?:token|key|apikey|secret|sig|signature|password|passwd"
        r"|pwd|auth|otp|ticket|session|sessionid|sid|jwt)"
        rf"=(?P<value>{NO_PLACEHOLDER}[^\s&#\"'<>\[\]]{{6,2000}})",
        re.IGNORECASE,
    ),
    re.compile(
        r"[a-z][a-z0-9+.-]{1,20}://(?P<value>[^\s/@:\[\]]{1,64}:[^\s/@\[\]]{1,128})@", re.IGNORECASE
    ),
    re.compile(
        r"https?://[^\s?]{3,200}/[^\s/?]{0,20}(?:reset|verify|confirm|magic|invite|activate"
        r"|unsubscribe)[^\s/?]{0,20}/"
        r"(?P<value>(?=[A-Za-z_-]{0,60}\d)[A-Za-z0-9_-]{20,400})",
        re.IGNORECASE,
    ),
)


def candidates(reading: Reading) -> Iterator[Candidate]:
    for pattern in _SECRETS:
        for found in pattern.finditer(reading.form):
            yield Candidate(*found.span("value"), URL_SECRET, 103)
