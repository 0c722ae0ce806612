"""Forms of a text for matching: canonical, search and detection form. People see none of them.

- `canonical(text)`: one spelling for what looks the same. NFC, Persian ي/ك/digits, no tashkeel,
  tatweel or bidi controls, one ZWNJ where one is needed.
- `search_form(text)`: canonical, small letters, ZWNJ as a space, variants of a letter folded.
- `words(text)`: the words and numbers of the search form.
- `terms(text)`: what the inverted index keeps of them: stems, without words that say nothing.
- `detection_form(text)`: the same length as the text, so that offsets found in it hold in the text.

All are idempotent. URLs, e-mail addresses, placeholders like [PHONE_1], Hebrew and Ukrainian come
out of `canonical` as they went in; so a table and `str.translate` do the work, and the few regular
expressions run only where their trigger is in the text. Derived rows keep `VERSION`: it must change
with every form.
"""

import re
import unicodedata
from collections.abc import Iterable

from text import stems

VERSION = 1 + stems.VERSION
MAX_TERM = 64

ZWNJ = "\u200c"
_ARABIC_INDIC = "٠١٢٣٤٥٦٧٨٩"
_PERSIAN_DIGITS = "۰۱۲۳۴۵۶۷۸۹"
_TASHKEEL = [*range(0x0610, 0x061B), *range(0x064B, 0x0653), 0x0670, *range(0x06D6, 0x06DD)]
_TASHKEEL += [*range(0x06DF, 0x06E5), 0x06E7, 0x06E8, *range(0x06EA, 0x06EE)]
_BIDI = [0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
_NOISE = [0x0640, 0x00AD, 0x200B, 0xFEFF, *range(0xD800, 0xE000)]
_CONTROLS = [code for code in range(0x20) if chr(code) not in "\t\n\r"] + [0x7F]


def _canonical_table() -> dict[int, str | None]:
    table: dict[int, str | None] = {}
    for code in [*range(0xFB50, 0xFE00), *range(0xFE70, 0xFF00)]:  # presentation forms, from PDFs
        plain = unicodedata.normalize("NFKC", chr(code))
        if plain != chr(code):
            table[code] = plain
    table |= dict.fromkeys([*_TASHKEEL, *_BIDI, *_NOISE, *_CONTROLS])
    table |= {ord("ي"): "ی", ord("ى"): "ی", ord("ك"): "ک", 0x06C0: "ه\u0654", 0x06D5: "ه"}
    table |= {ord("٫"): ".", ord("٬"): ",", ord("٪"): "%", 0x00A0: " ", 0x202F: " "}
    for digits in (_ARABIC_INDIC, _PERSIAN_DIGITS):
        table |= {ord(digit): str(value) for value, digit in enumerate(digits)}
    return {code: _closed(text, table) for code, text in table.items()}


def _closed(text: str | None, table: dict[int, str | None]) -> str | None:
    """A presentation form may stand for letters that the table maps again."""
    return text if text is None else text.translate(table)


_CANONICAL = _canonical_table()
_HEBREW = "\u0590-\u05ff\ufb1d-\ufb4f"
# NFC takes Hebrew presentation forms apart and puts points into another order.
_NOT_HEBREW = re.compile(f"[^{_HEBREW}]+")
# An address runs to the next white space, so that a second pass finds at least the same addresses.
_PROTECTED = re.compile(r"(?:[a-zA-Z][a-zA-Z+.-]*://|[wW]{3}\.)\S+")
_ZWNJ_RUN = re.compile(f"{ZWNJ}{{2,}}")
_ZWNJ_AT_EDGE = re.compile(rf"(?:^|(?<=\s)){ZWNJ}|{ZWNJ}(?=\s|$)")


def canonical(text: str) -> str:
    """One spelling for what looks the same; addresses, Hebrew and Ukrainian unchanged."""
    if "://" not in text and "www." not in text.lower():
        return _canonical_part(text)
    parts = []
    end = 0
    for match in _PROTECTED.finditer(text):
        parts += [_canonical_part(text[end : match.start()]), match.group()]
        end = match.end()
    parts.append(_canonical_part(text[end:]))
    return "".join(parts)


def _canonical_part(text: str) -> str:
    text = text.translate(_CANONICAL)
    while not unicodedata.is_normalized("NFC", text):
        composed = _NOT_HEBREW.sub(lambda run: unicodedata.normalize("NFC", run.group()), text)
        composed = composed.translate(_CANONICAL)
        if composed == text:
            break
        text = composed
    if ZWNJ in text:
        text = _ZWNJ_AT_EDGE.sub("", _ZWNJ_RUN.sub(ZWNJ, text))
    return text


_SEARCH = str.maketrans(
    {
        ZWNJ: " ",
        "\u200d": None,
        "\u0653": None,
        "\u0654": None,
        "\u0655": None,
        "آ": "ا",
        "أ": "ا",
        "إ": "ا",
        "ٱ": "ا",
        "ؤ": "و",
        "ئ": "ی",
        "ة": "ه",
        "ۀ": "ه",
        "’": "'",
        "ʼ": "'",
    }
)
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_WORD = re.compile(r"\d+(?:\.\d+)+|[^\W_]+(?:'[^\W_]+)*")


def search_form(text: str) -> str:
    """What two spellings of the same words have in common; for the eyes of the index only."""
    folded = canonical(text).lower().translate(_SEARCH)
    return canonical(folded) if not unicodedata.is_normalized("NFC", folded) else folded


def words(text: str) -> list[str]:
    """Words and numbers in order, each cut to MAX_TERM letters. "۲۰۰٬۰۰۰" is one word, and so are
    "2.4" and "192.168.10.1"; a suffix behind a ZWNJ is a word of its own."""
    return form_words(search_form(text))


def form_words(form: str) -> list[str]:
    """Of a text's search form."""
    if "," in form:
        form = _THOUSANDS.sub("", form)
    return [word[:MAX_TERM] for word in _WORD.findall(form)]


def terms(text: str) -> list[str]:
    """Stems in order, without stop words: none, for a text of nothing else."""
    return terms_of(words(text))


def terms_of(found: Iterable[str]) -> list[str]:
    """Of `words(text)`."""
    return [stems.stem(word) for word in found if word not in stems.STOP_WORDS]


def _detection_table() -> dict[int, str]:
    table = {ord("ي"): "ی", ord("ى"): "ی", ord("ك"): "ک", ord("٫"): ".", ord("٬"): ","}
    table |= dict.fromkeys(map(ord, "‐‑‒–—―−﹣－"), "-")
    for code in range(0x80, 0x1FBFA):
        category = unicodedata.category(chr(code))
        if category == "Nd":
            table[code] = str(unicodedata.digit(chr(code)))
        elif category == "Zs":
            table[code] = " "
        elif 0xFF01 <= code <= 0xFF5E:  # full-width forms of ASCII
            table[code] = chr(code - 0xFEE0)
    return table


_DETECTION = _detection_table()


def detection_form(text: str) -> str:
    """Letter for letter as long as `text`: digits of every script, ي/ك, dashes, spaces and
    full-width signs as their plain selves."""
    return text.translate(_DETECTION)
