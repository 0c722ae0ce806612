"""What opens something in an address: a token among its parameters, a name and password before its
host, the code of a link that resets or invites. The rest of the address stays readable."""

import re
from collections.abc import Iterator

from text.privacy.naming import NO_PLACEHOLDER
from text.privacy.reading import Reading
from text.privacy.spans import URL_SECRET, Candidate

WEIGHT = 105

_NAMED = re.compile(
    r"[?&;#](?:amp;)?(?:[a-z0-9]{1,20}[_.-]){0,2}(?:[a-z]{0,12}token|[a-z]{0,8}key|[a-z]{0,8}secret|sig"
    r"|signature|hash|hmac|[a-z]{0,8}pass(?:word|wd|code)?|pwd|auth|authority|otp|pin|code|ticket|session"
    r"|sessionid|session_id|phpsessid|jsessionid|sid|jwt|credentials?|nonce|state|invite|invitation"
    r"|verification|verify|confirm|confirmation|reset|activation|magic|user|username|login|uid|userid"
    r"|user_id|account|card|acct|access|saml\w{0,10}|refid|trackid)(?:\[\])?="
    rf"(?P<value>{NO_PLACEHOLDER}[^\s&#\"'<>\[\]،«»]{{4,2000}})"
)
_OPAQUE = re.compile(
    r"[?&;#](?:amp;)?(?!utm_|v=|h=|rev=|commit=|build|etag|cache|fbclid|gclid)[a-z0-9_.-]{1,30}="
    rf"(?P<value>{NO_PLACEHOLDER}(?=[a-z_%-]{{0,60}}[0-9])(?=[0-9_%-]{{0,60}}[a-z])[a-z0-9_%~+/=.-]{{16,2000}})"
)
_USERINFO = re.compile(
    r"://(?P<value>[^\s/@:\[\]?#]{0,64}:[^\s/@\[\]]{1,128}|[^\s/@:\[\]?#]{3,64})@(?=[\w\[])"
)
_OF_LINK = re.compile(
    r"/[^\s/?]{0,20}(?:reset|verify|verification|confirm|magic|invite|activate|activation|unsubscribe|auth"
    r"|login|token)[^\s/?]{0,20}/(?P<value>(?=[a-z_-]{0,60}\d)[a-z0-9_-]{16,400})"
)
_OF_PURPOSE = re.compile(
    r"://[^\s?]{1,200}(?:reset|verify|verification|confirm|magic|invite|activate|activation|otp)[^\s?]{0,60}\?(?:[a-z_]{1,12}=[^\s&]{0,60}&){0,4}"
    rf"[a-z_]{{1,12}}=(?P<value>{NO_PLACEHOLDER}(?=[a-z_-]{{0,40}}\d)[a-z0-9_-]{{4,400}})"
)
"""The address of a link that does something once: any parameter of it with digits."""
_TOO_PLAIN = re.compile(
    r"\d{1,5}|true|false|null|none|[a-z]{4,8}(?=\W?$)|\W+|\$?\{.*|<.*|%s|x{3,}|\*+|\.{3}.*|your\W?\w+"
)
_TAIL = re.compile(r"[.,;:!?)»”]+$")
_STRONG = re.compile(r"token|key|secret|pass|pwd|otp|pin|auth|sid|session|code|sig")


def candidates(reading: Reading) -> Iterator[Candidate]:
    small = reading.small
    if not reading.has_word:
        return
    if "=" in small and ("?" in small or "&" in small or "#" in small or ";" in small):
        for found in _NAMED.finditer(small):
            start, end = found.span("value")
            end -= len(found["value"]) - len(_TAIL.sub("", found["value"]))
            value = small[start:end]
            name = small[found.start() : start]
            plain = _TOO_PLAIN.fullmatch(value)
            if end > start and not (
                plain and not (_STRONG.search(name) and re.search(r"\d{4}", value))
            ):
                yield Candidate(start, end, URL_SECRET, WEIGHT, ("keyword",))
        for found in _OPAQUE.finditer(small):
            yield Candidate(*found.span("value"), URL_SECRET, 90, ("shape",))
    if "://" not in small:
        return
    for found in _OF_PURPOSE.finditer(small) if "?" in small else ():
        yield Candidate(*found.span("value"), URL_SECRET, 90, ("shape",))
    if "@" in small:
        for found in _USERINFO.finditer(small):
            if found["value"] not in ("git", "user:pass", "user:password", "username:password"):
                yield Candidate(*found.span("value"), URL_SECRET, WEIGHT, ("shape",))
    for found in _OF_LINK.finditer(small):
        yield Candidate(*found.span("value"), URL_SECRET, WEIGHT, ("shape",))
