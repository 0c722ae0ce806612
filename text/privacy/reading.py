"""A text prepared once for all detectors.

`Reading.of(text)` is cheap, and what costs is made when a detector first asks for it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar, Final

from text.persian import detection_form
from text.privacy.context import Context
from text.privacy.numbers import Run, Window, runs
from text.privacy.windows import windows

# Translating a text letter by letter costs more than all else; most texts need none of it, and
# nearly all others only digits and two letters.
_COMMON: Final = {
    **{digit: str(value) for value, digit in enumerate("۰۱۲۳۴۵۶۷۸۹")},
    **{digit: str(value) for value, digit in enumerate("٠١٢٣٤٥٦٧٨٩")},
    **{"ي": "ی", "ى": "ی", "ك": "ک", "–": "-", "—": "-", "٬": ",", "٫": ".", "\u00a0": " "},
}


def _folded(codes: Iterable[int]) -> str:
    """A class of the characters that the detection form changes, but for the common ones."""
    every = "".join(map(chr, codes))
    changed = [
        ord(given)
        for given, plain in zip(every, detection_form(every), strict=True)
        if given != plain and given not in _COMMON
    ]
    begins = [code for code in changed if code - 1 not in set(changed)]
    ends = [code for code in changed if code + 1 not in set(changed)]
    ranges = (f"\\U{begin:08x}-\\U{end:08x}" for begin, end in zip(begins, ends, strict=True))
    return "".join(ranges)


# Two expressions: a class with characters beyond the first plane is searched much more slowly.
_RARE = _folded([*range(0x80, 0xD800), *range(0xE000, 0x10000)])
_RARELY_FOLDED: Final = re.compile(f"[{_RARE}]")
_FOLDED: Final = re.compile(f"[{_RARE}{''.join(_COMMON)}]")
_BEYOND: Final = re.compile("[\U00010000-\U0010ffff]")
_FOLDED_BEYOND: Final = re.compile(f"[{_folded(range(0x10000, 0x1FC00))}]")


def quick_form(text: str) -> str:
    """`detection_form(text)`, sooner."""
    if text.isascii():
        return text
    # With signs beyond the first plane a text is longer so; a search for them takes longer.
    beyond = len(text.encode("utf-16-le", "surrogatepass")) > 2 * len(text)
    first = _FOLDED.search(text)
    if first is None and not beyond:
        return text
    begin = first.start() if first else len(text)
    if _RARELY_FOLDED.search(text, begin) or (
        beyond and _FOLDED_BEYOND.search("".join(_BEYOND.findall(text)))
    ):
        return detection_form(text)
    for given, plain in _COMMON.items():
        if given in text:
            text = text.replace(given, plain)
    return text


_DIGIT: Final = re.compile(r"[0-9]")
_NUMBER: Final = re.compile(
    r"[0-9](?:[ \-\u200c]?[0-9][ \-\u200c]?[0-9]|[0-9]?[./_][0-9][0-9]?[./_][0-9])"
)
_SCRIPTS: Final = (
    ("arabic", re.compile(r"[\u0621-\u06d3]")),
    ("hebrew", re.compile(r"[\u05d0-\u05ea]")),
    ("cyrillic", re.compile(r"[\u0400-\u04ff]")),
)
# A class at the very beginning: an expression is searched for by that, sooner.
_LATIN_WORD: Final = re.compile(r"[!-~][!-~][!-~]")
_KEYLIKE: Final = re.compile(r"[A-Za-z0-9_.+/=-][A-Za-z0-9_.+/=-]{14}")
_PRIVATE_KEY: Final = "-----BEGIN"
_BETWEEN: Final = re.compile(r"[\u0400-\u05ff]")
_RAREST: Final = "-0123456789qjxzwkvbfpgyhцщюґєжןץזג" + "ژظثضغصذطچآپگفخحعقج" + "فםכנט"
"""Letters that most texts lack, the rarest first."""

_BY_SCRIPT = dict[str, list[tuple[str, list[str]]]]


def _sign(stem: str) -> str:
    """The letter of a stem that the fewest texts have."""
    return min(stem.replace(" ", ""), key=lambda one: _RAREST.find(one) % len(_RAREST + " "))


def _has_between(small: str) -> bool:
    """Cyrillic or Hebrew letters: one byte is looked for much sooner than a class."""
    data = small.encode("utf-16-le", "surrogatepass")
    return (b"\x04" in data or b"\x05" in data) and _BETWEEN.search(small) is not None


class Anchored:
    """Expressions by the letters that they begin with: `Reading.matches` looks for those letters,
    which is much sooner than a search by an expression. Those of all detectors that need the same
    of a text (`needs`, see `Reading`) are looked for together, once."""

    stems: ClassVar[dict[str, _BY_SCRIPT]] = {}

    def __init__(
        self, expressions: Mapping[str, re.Pattern[str]], *, needs: str = "has_word"
    ) -> None:
        self.expressions = dict(expressions)
        self.needs = needs
        self.own = frozenset(expressions)
        scripts = self.stems.setdefault(needs, {"latin": [], "between": [], "arabic": []})
        for stem in expressions:
            script = "latin" if stem.isascii() else "arabic"
            groups = scripts["between" if _BETWEEN.search(stem) else script]
            known = next((stems for sign, stems in groups if sign == _sign(stem)), None)
            if known is None:
                groups.append((_sign(stem), [stem]))
            elif stem not in known:
                known.append(stem)


class Reading:
    """`form` has the text's length, so its offsets are the text's. `small` is it in small letters;
    `has_digit`; `has_number`: three digits stand together; `has_word`: three signs of ASCII do, or
    an @; `has_long`: as many as a key has, and a digit; `has_link`: what an address with a secret
    has. `latin` is `small` without what is not of ASCII: where a thing of ASCII does not stand in
    it, it does not stand in the text."""

    __slots__ = (
        "_ascii",
        "_between",
        "_context",
        "_present",
        "_runs",
        "_script",
        "form",
        "has_digit",
        "has_link",
        "has_long",
        "has_number",
        "has_word",
        "latin",
        "small",
    )

    def __init__(self, form: str) -> None:
        small = form.lower()
        if len(small) != len(form):
            small = form.replace("İ", "i").lower()
        self.form = form
        self.small = small
        digit = _DIGIT.search(form)
        self.has_digit = digit is not None
        self.has_number = digit is not None and _NUMBER.search(form, digit.start()) is not None
        self._ascii = form.isascii()
        self._between: bool | None = None
        self.has_word = self._ascii or _LATIN_WORD.search(form) is not None or "@" in form
        # What stands in `small` stands here too if it is of ASCII, and more that does not.
        self.latin = small
        if self.has_word and not self._ascii:
            self.latin = small.encode("ascii", "ignore").decode()
        self.has_link = self.has_word and ("=" in self.latin or "://" in self.latin)
        self.has_long = (
            self.has_word
            and (self.has_digit or "_" in form or "AKIA" in form or "ASIA" in form or "eyJ" in form)
            and (_KEYLIKE.search(self.latin) is not None or _PRIVATE_KEY in form)
        )
        self._present: dict[str, list[str]] = {}
        self._context: Context | None = None
        self._runs: list[Run] | None = None
        self._script: str | None = None

    @classmethod
    def of(cls, text: str) -> "Reading":
        return cls(quick_form(text))

    @property
    def has_name(self) -> bool:
        """Whether there is a word that names a secret (not one of digits)."""
        return self.has_word and bool(self.present("has_word"))

    @property
    def has_named_number(self) -> bool:
        return self.has_number and bool(self.present("has_number"))

    @property
    def runs(self) -> list[Run]:
        """Digits and what may part them, seven digits at least."""
        if self._runs is None:
            self._runs = runs(self.form) if self.has_number else []
        return self._runs

    def windows(self, found: list[Run]) -> Iterator[tuple[Window, str | None]]:
        """Numbers with what they are called."""
        return windows(self.form, found, self.context)

    @property
    def context(self) -> Context:
        if self._context is None:
            self._context = Context(self.form, self.small, self.runs)
        return self._context

    @property
    def script(self) -> str:
        """Whose letters decide how numbers are written here: "arabic" before "hebrew" and
        "cyrillic", "latin" where there are none of them."""
        if self._script is None:
            form = self.form
            scripts = () if self._ascii else _SCRIPTS
            present = (name for name, letters in scripts if letters.search(form))
            self._script = next(present, "latin")
        return self._script

    def matches(self, anchored: Anchored) -> Iterable[re.Match[str]]:
        """Matches in small letters, expression by expression."""
        present = self.present(anchored.needs)
        if not present or anchored.own.isdisjoint(present):
            return ()
        return self._matches(anchored, present)

    def _matches(self, anchored: Anchored, present: list[str]) -> Iterator[re.Match[str]]:
        small = self.small
        for stem in present:
            expression = anchored.expressions.get(stem)
            if expression is None:
                continue
            place = small.find(stem)
            while place >= 0:
                found = expression.match(small, place)
                if found is not None:
                    yield found
                place = small.find(stem, found.end() if found else place + 1)

    def present(self, needs: str) -> list[str]:
        """The beginnings of Anchored expressions that stand in the text."""
        present = self._present.get(needs)
        if present is None:
            present = self._present[needs] = self._stems(Anchored.stems[needs])
        return present

    def _stems(self, scripts: _BY_SCRIPT) -> list[str]:
        lettered = self.has_word and self.latin.islower()
        present = _standing(scripts["latin"], self.latin) if lettered else []
        if not self._ascii:
            present += _standing(scripts["arabic"], self.small)
            if self._between is None:
                self._between = _has_between(self.small)
            if self._between:
                present += _standing(scripts["between"], self.small)
        return present


def _standing(groups: list[tuple[str, list[str]]], text: str) -> list[str]:
    """One letter is looked for much sooner than some."""
    return [stem for sign, stems in groups if sign in text for stem in stems if stem in text]
