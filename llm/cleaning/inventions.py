"""Links and personal data that an answer has and its sources have not."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from llm.cleaning.spacing import HOLE, close
from llm.cleaning.supporting import SourceText
from text.persian import detection_form
from text.privacy import find, normal_value
from text.privacy.spans import EMAIL, LANDLINE, PHONE, STRUCTURED, USERNAME

_TLDS: Final = """
com net org info biz name pro mobi app dev io co me tv cc ai xyz top site online shop store club
live link click page web work cloud tech space website host press news blog wiki email support help
example test invalid local internal onion zip mov
ir uk us eu de fr nl it es pl cz ru ua il tr iq ae sa af tj az am cn jp kr in br ca au ch at se no
fi dk be pt gr ro hu bg rs ge kz uz tk ml ga cf gq su to ly gl gd ws pw edu gov mil int
ایران укр рф
"""
_TLD: Final = "|".join(sorted(_TLDS.split(), key=len, reverse=True))
_LABEL: Final = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_REST: Final = r"(?::\d{2,5})?(?:[/?#][^\s<>\"'«»“”()،؛\uFFFC]*)?"
_LINK: Final = re.compile(
    # with a scheme, of whatever kind; addresses of mail and telephones are left to `find`
    r"(?P<scheme>\b(?:[a-z][a-z0-9+.-]{1,20})"
    r"://[^\s<>\"'«»“”()،؛\uFFFC]+)"
    r"|(?P<code>\b(?:javascript|data|vbscript|file|blob):[^\s<>«»“”\uFFFC]+)"
    r"|(?P<www>\bwww\d?\.[^\s<>\"'«»“”()،؛\uFFFC]+)"
    rf"|(?<![\w@.-])(?P<bare>(?:{_LABEL}\.){{1,6}}(?:{_TLD})(?![\w-])(?!\.\w)(?!@){_REST})"
    rf"|(?<![\w@.-])(?P<path>(?:{_LABEL}\.){{1,6}}[a-z]{{2,24}}(?::\d{{2,5}})?/[^\s<>\"'«»“”()،؛\uFFFC]*)",
    re.IGNORECASE,
)
_SHOWN_SCHEME: Final = re.compile(r"\b(?:mailto|tel|sms|callto):(?=\S)", re.IGNORECASE)
_TAIL: Final = ".,;:!?؟،؛…*_'\"])}>"
_SCHEME: Final = re.compile(r"^(?:https?://)?(?:www\.)?", re.IGNORECASE)
_CHECKED: Final = STRUCTURED | {USERNAME}


def without_links(
    text: str, sources: Sequence[SourceText], *, public: Collection[str] = ()
) -> tuple[str, int]:
    """(the text with links of the sources only, how many others there were). The first page of a
    site that a source links to counts as linked."""
    known = _linked(sources, public)
    count = 0

    def keep(found: re.Match[str]) -> str:
        nonlocal count
        link = _without_tail(found.group())
        if not found["code"] and _key(link) in known:
            return found.group()
        count += 1
        return HOLE + found.group()[len(link) :]

    return close(_LINK.sub(keep, _SHOWN_SCHEME.sub("", text))), count


def without_contacts(
    text: str, sources: Sequence[SourceText], *, public: Collection[str] = ()
) -> tuple[str, dict[str, int]]:
    """(the text without values that are not in the sources, how many of which type)."""
    spans = [one for one in find(text, names=False) if one.type in _CHECKED]
    if not spans:
        return text, {}
    known = _values(one.text for one in sources) | _values(public)
    known |= {normal_value(kind, one) for one in public for kind in (EMAIL, PHONE, LANDLINE)}
    written = detection_form("\n".join(one.text for one in sources)).casefold()
    pieces, done = [], 0
    removed: Counter[str] = Counter()
    for span in spans:
        value = text[span.start : span.end]
        stands = _stands(detection_form(value).casefold(), written)
        if stands or normal_value(span.type, value) in known:
            continue
        removed[span.type] += 1
        pieces += [text[done : span.start], HOLE]
        done = span.end
    return close("".join([*pieces, text[done:]])), dict(removed)


def _linked(sources: Sequence[SourceText], public: Collection[str]) -> set[str]:
    texts = [*(one.text for one in sources), *(one.url for one in sources), *public]
    keys = {_key(found.group()) for one in texts for found in _LINK.finditer(one)}
    return keys | {key.split("/", 1)[0] for key in keys}


def _without_tail(link: str) -> str:
    """Without the marks of the sentence behind it; a bracket that it opened itself stays."""
    while link and link[-1] in _TAIL:
        if link[-1] == ")" and link.count("(") >= link.count(")"):
            break
        link = link[:-1]
    return link


def _key(link: str) -> str:
    """What two spellings of one address share: scheme http or https, www and a last slash say
    nothing; other schemes do."""
    bare = _SCHEME.sub("", _without_tail(link))
    host, slash, rest = bare.partition("/")
    return f"{host.casefold()}{slash}{rest}".rstrip("/")


def _values(texts: Iterable[str]) -> set[str]:
    """Whatever the type: in its sentence a number may be taken for another kind."""
    return {
        normal_value(one.type, text[one.start : one.end])
        for text in texts
        for one in find(text, names=False)
    }


def _stands(value: str, written: str) -> bool:
    """`value` as whole words of what the sources say."""
    return bool(value) and re.search(rf"(?<!\w){re.escape(value)}(?!\w)", written) is not None
