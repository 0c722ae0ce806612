r"""What is read as a placeholder, however a model has spelled it.

- Brackets: square ones in every width and of every look, escaped (`\[ \]`), as HTML entities
  (`&#91;`) or as in an address (`%5B`).
- Between them a type and a number: letters of every case, width and look, digits of every script,
  invisible marks anywhere, white space and signs such as `\ _ - *` around the words.
- A type of the engine's own may have lost its underscore (`[phone 1]`, `[PHONE-1]`); with it, its
  brackets may be of any kind, quotes too. Any other word needs both: `[RFC-2616]` and `{item_3}`
  are no placeholders, `[ORDER_3]` may be one of a type that the company has added.

A second number, a word or a sign more (`[PHONE_1-2]`, `[PHONE_1?]`) make it something else.
"""

import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from text.persian import detection_form
from text.privacy.spans import TYPES

MAX_INSIDE: Final = 80
"""Characters between the brackets, marks and entities included."""
_MAX_OPENING: Final = 30

_OPEN_SQUARE: Final = "[［【〔〖〘〚⟦⁅❲⦋⦍⦏⟬﹝﹇︻︹"
_CLOSE_SQUARE: Final = "]］】〕〗〙〛⟧⁆❳⦌⦎⦐⟭﹞﹈︼︺"
_OPEN_OTHER: Final = "(（﹙❨⦅⟮⸨{｛﹛❴<＜﹤⟨〈《⟪❬❰«「『｢⌈⌊⎡⦗"
_CLOSE_OTHER: Final = ")）﹚❩⦆⟯⸩}｝﹜❵>＞﹥⟩〉》⟫❭❱»」』｣⌉⌋⎤⦘"
_OPEN_SIGNS = re.escape(_OPEN_SQUARE + _OPEN_OTHER)
_CLOSE_SIGNS = re.escape(_CLOSE_SQUARE + _CLOSE_OTHER)
_AMP = "&(?:amp;){0,3}"
_OPEN = (
    rf"(?:[{_OPEN_SIGNS}]|{_AMP}(?:#0*(?:91|123|60)|#x0*(?:5b|7b|3c)|lsqb|lbrack|lcub|lbrace|lt);"
    r"|%(?:25){0,3}(?:5b|7b|3c))"
)
_CLOSE = (
    rf"(?:[{_CLOSE_SIGNS}]|{_AMP}(?:#0*(?:93|125|62)|#x0*(?:5d|7d|3e)|rsqb|rbrack|rcub|rbrace|gt);"
    r"|%(?:25){0,3}(?:5d|7d|3e))"
)
_INSIDE = rf"(?:(?!{_OPEN})[^{_OPEN_SIGNS}{_CLOSE_SIGNS}])"

_SPOT: Final = re.compile(rf"[{_OPEN_SIGNS}&%]")
_BRACKETED: Final = re.compile(
    rf"(?P<open>{_OPEN})(?P<inside>{_INSIDE}{{2,{MAX_INSIDE}}}?)(?P<close>{_CLOSE})", re.IGNORECASE
)
_BEGUN: Final = re.compile(rf"{_OPEN}(?P<inside>{_INSIDE}{{0,{MAX_INSIDE}}})\Z", re.IGNORECASE)
_PART_OF_SIGN: Final = re.compile(
    r"(?:\\{1,3}|&(?:amp;){0,3}[#a-z0-9]{0,12}|%(?:25){0,3}[2-7]?)\Z", re.IGNORECASE
)

_BETWEEN: Final = re.compile(r"[\s_\\\-‐‑‒–—―−⁃.:·•*`~#'\"‘’“”/|‗\u2800\u3164\u115f\u1160]+")
_IN_ADDRESS: Final = re.compile(r"%(?:25){0,3}(?:(5f)|20|2d|5c)", re.IGNORECASE)
_LOOSE: Final = re.compile(r"([A-Z]+(?:[-_][A-Z]+)*)[-_]?([0-9]{1,6})")
_STRICT: Final = re.compile(r"([A-Z]{2,20}(?:_[A-Z]{2,20}){0,3})_([0-9]{1,6})")
_BEGINNING: Final = re.compile(r"([A-Z]*(?:[-_][A-Z]+)*)(?:[-_]?([0-9]{1,6}))?")
_STRICT_BEGINNING: Final = re.compile(r"(?:[A-Z]{2,20}_){0,3}[A-Z]{0,20}(?:_[0-9]*)?")
_LOOK_ALIKES: Final = str.maketrans(
    "АВЕКМНОРСТУХІЈЅԌΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEKMHOPCTYXIJSGABEZHIKMNOPTYX"
)
_MARKS: Final = frozenset({"Cf", "Mn", "Me", "Cc"})
_TATWEEL: Final = "ـ"
_COMPACT: Final = {type_.replace("_", ""): type_ for type_ in TYPES}


@dataclass(frozen=True)
class Spelled:
    """One placeholder and where it stands."""

    start: int
    end: int
    type: str
    number: int


def spelled_in(text: str) -> Iterator[Spelled]:
    """In order, never overlapping."""
    done = 0
    for spot in _SPOT.finditer(text):
        if spot.start() < done:
            continue
        found = _BRACKETED.match(text, spot.start())
        if found is None:
            continue
        inside = found["inside"]
        read = _read(inside, square=_is_square(found["open"]) and _is_square(found["close"]))
        if read is None:
            continue
        escapes = min(_backslashes(inside), _backslashes(text[done : found.start()]))
        done = found.end()
        yield Spelled(found.start() - escapes, done, *read)


def unfinished_at(text: str) -> int:
    """Where a placeholder begins in which `text` breaks off; its length where none does."""
    first = max(0, len(text) - MAX_INSIDE - _MAX_OPENING)
    start = len(text)
    for spot in _SPOT.finditer(text, first):
        begun = _BEGUN.match(text, spot.start())
        if begun is not None and _may_become_one(begun["inside"]):
            start = spot.start()
            break
    else:
        part = _PART_OF_SIGN.search(text, first)
        start = part.start() if part else start
    return start - min(3, _backslashes(text[first:start]))


def _is_square(bracket: str) -> bool:
    if bracket[0] == "%":
        return bracket[-2] == "5"
    while len(bracket) > 1:
        bracket = html.unescape(bracket)
    return bracket in _OPEN_SQUARE or bracket in _CLOSE_SQUARE


def _backslashes(text: str) -> int:
    return len(text) - len(text.rstrip("\\"))


def _read(inside: str, *, square: bool) -> tuple[str, int] | None:
    form = _form(inside)
    found = _LOOSE.fullmatch(form)
    if found is None:
        return None
    type_ = _COMPACT.get(found[1].replace("-", "").replace("_", ""))
    strict = _STRICT.fullmatch(form)
    if type_ is None or not square:
        if strict is None or (type_ is None and not square):
            return None
        type_ = type_ or strict[1]
    return type_, int(found[2])


def _form(inside: str) -> str:
    """Capitals, ASCII digits, and between the words `_` where one stood, else `-`."""
    if "%" in inside:
        inside = _IN_ADDRESS.sub(lambda found: "_" if found[1] else " ", inside)
    for _ in range(2):
        if "&" in inside:
            inside = html.unescape(inside)
    if not inside.isascii():
        inside = detection_form(unicodedata.normalize("NFKC", inside))
        inside = "".join(sign for sign in inside if not _is_mark(sign))
    inside = inside.upper().translate(_LOOK_ALIKES)
    form = _BETWEEN.sub(lambda found: "_" if "_" in found.group() else "-", inside)
    return form.strip("-_")


def _is_mark(sign: str) -> bool:
    """Something that nobody sees; white space is no mark."""
    return sign == _TATWEEL or (unicodedata.category(sign) in _MARKS and not sign.isspace())


def _may_become_one(inside: str) -> bool:
    """Whether what follows can make a placeholder of it."""
    form = _form(_PART_OF_SIGN.sub("", inside))
    found = _BEGINNING.fullmatch(form)
    if found is None:
        return False
    letters = found[1].replace("-", "").replace("_", "")
    if found[2]:
        known = letters in _COMPACT
    else:
        known = any(type_.startswith(letters) for type_ in _COMPACT)
    return known or _STRICT_BEGINNING.fullmatch(form) is not None
