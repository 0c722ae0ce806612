"""E-mail addresses: grown from the @ to both sides.

A Latin address stuck to Persian words ("ایمیلمali@x.ir") ends where the script changes; an
address in another script is taken whole.
"""

import re
from collections.abc import Iterator

from text.privacy.numbers import INVISIBLE
from text.privacy.reading import Reading
from text.privacy.spans import EMAIL, Candidate

_AT = re.compile(r"@|%40|&#64;|[\[({]\s?at\s?[\])}]", re.IGNORECASE)
_PLAIN_AT = re.compile("@")
_BRACKETS = ("[at", "(at", "{at", "[ at", "( at", "{ at")
_LOCAL = re.compile(rf"[A-Za-z0-9._%+'{INVISIBLE}-]{{1,80}}$")
_LOCAL_OTHER = re.compile(rf"[\w.%+{INVISIBLE}-]{{1,80}}$")
_DOMAIN = re.compile(
    rf"[{INVISIBLE}]{{0,2}}(?:[A-Za-z0-9-]{{1,63}}[{INVISIBLE}]{{0,2}}\.[{INVISIBLE}]{{0,2}}){{1,6}}[A-Za-z]{{2,24}}"
    r"(?![A-Za-z0-9])"
)
_DOMAIN_OTHER = re.compile(r"(?:[\w-]{1,63}\.){1,6}[^\W\d_]{2,24}(?!\w)")
# With spaces around the @ only where the domain leaves no doubt.
_SPACED = re.compile(
    r"\s{1,2}(?:gmail|yahoo|ymail|hotmail|outlook|live|icloud|proton|protonmail|chmail|mail|ukr"
    r"|walla)\.(?:com|ir|net|me|ru|co\.il)\b",
    re.IGNORECASE,
)
# Others where what stands before is no mere word.
_SPACED_OTHER = re.compile(
    r"\s{1,2}(?:[A-Za-z0-9-]{1,63}\.){1,4}(?:com|net|org|info|ir|ua|il|uk|de|ru|me|io|co|tr"
    r"|ae|us|eu)(?![\w-])"
)
_NO_WORD = re.compile(r"[\d._-]")
_REACH = 80
# "ali at gmail dot com", "ali [at] site [dot] ir".
_SPOKEN = re.compile(
    r"(?<![\w.@])(?:[A-Za-z0-9][A-Za-z0-9._%+-]{0,60})\s?(?:[\[({]\s?at\s?[\])}]|\s(?:at|ات"
    r"|@)\s)\s?"
    r"[A-Za-z0-9-]{2,40}(?:\s?[\[({]\s?(?:dot|نقطه)\s?[\])}]\s?|\s(?:dot|دات|نقطه)\s)"
    r"(?:com|ir|net|org|info|me|io|co|ua|il|ru|example|test)(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_SLIP = re.compile(
    r"(?:gmail|yahoo|hotmail|outlook|icloud)(?:\s?[.,]\s?|\s)com(?!\w)", re.IGNORECASE
)
"""A known host written with a comma or a space."""
# Files, services and decorated names with an at-sign in them.
_NO_HOST = re.compile(
    r"(?:.*\.)?(?:png|jpe?g|gif|svg|webp|css|jsx?|tsx?|json|tgz|service|socket|timer|target"
    r"|mount|git)",
    re.IGNORECASE,
)
_SHELL = re.compile(r"\b(?:ssh|scp|sftp|rsync|ssh-copy-id)\s(?:[^\n@]{0,60}\s)?$", re.IGNORECASE)


def candidates(reading: Reading) -> Iterator[Candidate]:
    form = reading.form
    small = reading.small
    latin = reading.latin
    plain = "@" in latin or "%40" in latin or "&#64;" in latin
    bracketed = ("[" in latin or "(" in latin or "{" in latin) and any(
        sign in small for sign in _BRACKETS
    )
    around = bracketed or plain or " at " in latin or " ات " in small
    if around and ("dot" in latin or "نقطه" in small or "دات" in small):
        for spoken in _SPOKEN.finditer(form):
            yield Candidate(spoken.start(), spoken.end(), EMAIL, 101)
    if not (plain or bracketed):
        return
    coded = bracketed or "%40" in latin or "&#64;" in latin
    for at in (_AT if coded else _PLAIN_AT).finditer(form):
        before = form[max(0, at.start() - _REACH) : at.start()]
        found = _spaced(form, at, before) or _joined(form, at, before)
        if found is not None and not _is_no_address(form, found, at):
            yield Candidate(*found, EMAIL, 100)


def _joined(form: str, at: re.Match[str], before: str) -> tuple[int, int] | None:
    local = _LOCAL.search(before) or _LOCAL_OTHER.search(before)
    domain = (
        _SLIP.match(form, at.end())
        or _DOMAIN.match(form, at.end())
        or _DOMAIN_OTHER.match(form, at.end())
    )
    if local is None or domain is None:
        return None
    start = at.start() - len(before) + local.start()
    while form[start] in "'.-_" and start < at.start() - 1:
        start += 1
    return start, domain.end()


def _is_no_address(form: str, found: tuple[int, int], at: re.Match[str]) -> bool:
    start, end = found
    if _NO_HOST.fullmatch(form[at.end() : end]):
        return True
    if form[start : at.start()] == "git" and form[end : end + 1] in (":", "/"):
        return True
    return _SHELL.search(form[max(0, start - 70) : start]) is not None


def _spaced(form: str, at: re.Match[str], before: str) -> tuple[int, int] | None:
    bare = before.rstrip()
    local = _LOCAL.search(bare)
    domain = _SPACED.match(form, at.end())
    if domain is None and local is not None and _NO_WORD.search(local.group()):
        domain = _SPACED_OTHER.match(form, at.end())
    if domain is None:
        return None
    if local is None or len(before) - len(bare) > 2:
        return None
    return at.start() - len(before) + local.start(), domain.end()
