"""Pieces of text as they were painted on a PDF page, as lines in reading order: `lines_of(pieces)`.

Right-to-left text is painted from the left, so its words come last first; pypdf turns each run of
Arabic letters around, digits among them, and leaves the order of the runs. Here runs are put in
order by where they stand, digits and mirrored brackets are turned back, and the shapes of letters
become letters. What pypdf cannot tell is lost: a half-space, and where exactly a space stood beside
punctuation between two scripts.
"""

import re
import unicodedata
from dataclasses import dataclass

_RTL = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_RTL_LETTER = re.compile("[\u05d0-\u05ea\u0620-\u064a\u066e-\u06d3\u06fa-\u06ff\ufb1d-\ufefc]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f0-9]")
_LATIN_LETTER = re.compile("[A-Za-z\u00c0-\u024f]")
_SHAPES = re.compile("[\ufb50-\ufdff\ufe70-\ufefc]+")
_DIGITS = re.compile("[۰-۹٠-٩](?:[۰-۹٠-٩٫٬.,/:٪-]*[۰-۹٠-٩])?")
_PAIRS = (("(", ")"), ("[", "]"), ("{", "}"), ("«", "»"))
_COMMON_WORDS = """از به در که را این است با برای می یا و تا هم بر شود شما آن
من في على إلى هذا التي של את על"""
_COMMON = frozenset(_COMMON_WORDS.split())


@dataclass(frozen=True)
class Piece:
    """`size`: of its letters, in the page's units."""

    text: str
    x: float
    y: float
    size: float


@dataclass(frozen=True)
class Line:
    text: str
    x: float
    y: float
    size: float


def lines_of(pieces: list[Piece]) -> list[Line]:
    grouped = _grouped(pieces)
    turned = _is_stored_in_reading_order(grouped)
    return [line for group in grouped if (line := _line(group, turned=turned)).text]


def _grouped(pieces: list[Piece]) -> list[list[Piece]]:
    """Pieces painted one after the other at one height."""
    groups: list[list[Piece]] = []
    ended = True
    for piece in pieces:
        parts = piece.text.split("\n")
        same = groups and not ended and abs(piece.y - groups[-1][-1].y) <= 0.5 * piece.size
        if same:
            groups[-1].append(piece)
        else:
            groups.append([piece])
        ended = len(parts) > 1 and not parts[-1].strip()
    return groups


def _line(group: list[Piece], *, turned: bool) -> Line:
    first = min(group, key=lambda piece: piece.x)
    size = max(group, key=lambda piece: len(piece.text)).size
    text = "".join(piece.text for piece in group)
    if _RTL.search(text) and len(_LATIN_LETTER.findall(text)) >= len(_RTL_LETTER.findall(text)):
        text = " ".join(_letters(piece.text) for piece in group)
    elif _RTL.search(text):
        text = _right_to_left(group, turned=turned)
    return Line(" ".join(text.replace("\xad", "-").split()), first.x, group[0].y, size)


def _right_to_left(group: list[Piece], *, turned: bool) -> str:
    if turned:
        return "".join(_letters(piece.text[::-1]) for piece in group)
    ordered = sorted(group, key=lambda piece: piece.x)  # stable: as painted where x is the same
    runs: list[list[str]] = []
    was_latin = False
    for number, piece in enumerate(ordered):
        is_latin = _is_latin(ordered, number)
        text = piece.text.replace("\n", "")
        text = text if is_latin or _RTL.search(text) else text[::-1]
        if is_latin and was_latin:
            runs[-1].append(text)
        else:
            runs.append([text])
        was_latin = is_latin
    joined = [_latin(run) if _LATIN.search("".join(run)) else run[0] for run in reversed(runs)]
    return _tidy(_paired(_letters(" ".join(joined) if len(joined) > 1 else joined[0])))


def _is_latin(pieces: list[Piece], number: int) -> bool:
    """A Latin run, or punctuation between two."""
    text = pieces[number].text
    if _RTL.search(text):
        return False
    if _LATIN.search(text):
        return True
    around = pieces[max(number - 1, 0) : number] + pieces[number + 1 : number + 2]
    return len(around) == 2 and all(
        _LATIN.search(piece.text) and not _RTL.search(piece.text) for piece in around
    )


def _latin(run: list[str]) -> str:
    """An address that changes of font tore to pieces is one word again."""
    text = "".join(run)
    return re.sub(r"(?<=[A-Za-z0-9]) ?([:./@]+) ?(?=[A-Za-z0-9/])", r"\1", text).replace(
        ": //", "://"
    )


def _letters(text: str) -> str:
    """Shapes of letters become letters, numbers read from the left again."""
    return _DIGITS.sub(lambda number: number[0][::-1], _plain(text))


def _plain(text: str) -> str:
    return _SHAPES.sub(lambda shapes: unicodedata.normalize("NFKC", shapes[0]), text)


def _paired(text: str) -> str:
    """Brackets as one reads them: a mirrored glyph may stand for either."""
    for opening, closing in _PAIRS:
        marks = [letter for letter in text if letter in (opening, closing)]
        if len(marks) > 1 and marks[0] == closing and marks[-1] == opening:
            text = text.translate({ord(opening): closing, ord(closing): opening})
    return text


def _tidy(text: str) -> str:
    text = re.sub(r"\s+([.،؛؟!:)»\]](?:\s|$))", r"\1", f"{text} ")
    text = re.sub(r"([(«\[])\s+", r"\1", text)
    text = re.sub(r"\s+([»)\]])", r"\1", text)
    return re.sub(r"(?<=\S)([(«])", r" \1", text)


def _is_stored_in_reading_order(groups: list[list[Piece]]) -> bool:
    """Some programs store words as one reads them (text behind a scan); pypdf turns those around.
    The commonest words tell."""
    forward = backward = 0
    for group in groups:
        for piece in group:
            for word in _plain(piece.text).split():
                forward += word in _COMMON
                backward += word[::-1] in _COMMON
    return backward > 2 * forward + 2
