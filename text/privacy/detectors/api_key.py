"""Keys of services: known by how they begin, or beside a word for key or token."""

import re
from collections.abc import Iterator

from text.privacy.naming import LINK, NO_PLACEHOLDER, OWN
from text.privacy.reading import Reading
from text.privacy.spans import API_KEY, Candidate

_KNOWN = re.compile(
    r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----"
    r"[A-Za-z0-9+/=\s:,-]{16,8000}?-----END [A-Z ]{0,20}PRIVATE KEY-----"
    r"|(?<![A-Za-z0-9_-])(?:"
    r"sk-[A-Za-z0-9_-]{20,200}|[sr]k_(?:live|test)_[A-Za-z0-9]{16,120}"
    r"|gh[pousr]_[A-Za-z0-9]{30,255}"
    r"|github_pat_[A-Za-z0-9_]{30,255}|glpat-[A-Za-z0-9_-]{20,64}|(?:AKIA|ASIA)[A-Z0-9]{16}"
    r"|AIza[A-Za-z0-9_-]{35}|xox[abprs]-[A-Za-z0-9-]{10,120}"
    r"|SG\.[A-Za-z0-9_-]{16,40}\.[A-Za-z0-9_-]{20,80}"
    r"|hf_[A-Za-z0-9]{30,60}|npm_[A-Za-z0-9]{30,60}|\d{8,10}:[A-Za-z0-9_-]{35}"
    r"|eyJ[A-Za-z0-9_-]{8,2000}\.eyJ[A-Za-z0-9_-]{4,4000}\.[A-Za-z0-9_-]{8,1000}"
    r")(?![A-Za-z0-9_-])"
)
_NAMED = re.compile(
    r"(?:(?<![A-Za-z0-9])(?:api[\s_-]?key|api[\s_-]?token|access[\s_-]?token|auth[\s_-]?token"
    r"|secret[\s_-]?key|client[\s_-]?secret|bearer|bot token)"
    rf"|کلید[\s\u200c]?(?:api|ای[\s\u200c]?پی[\s\u200c]?آی)|توکن(?:[\s\u200c](?:ربات"
    rf"|api))?){OWN}[\"']?{LINK}"
    rf"{NO_PLACEHOLDER}(?P<value>(?=[A-Za-z_-]{{0,80}}\d)(?=[\d_-]{{0,80}}[A-Za-z])[A-Za-z0-9_+/=-]{{16,200}})",
    re.IGNORECASE,
)


def candidates(reading: Reading) -> Iterator[Candidate]:
    for found in _KNOWN.finditer(reading.form):
        yield Candidate(found.start(), found.end(), API_KEY, 104)
    for found in _NAMED.finditer(reading.form):
        yield Candidate(*found.span("value"), API_KEY, 98)
