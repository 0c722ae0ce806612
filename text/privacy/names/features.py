"""What the tagger sees of a word: itself, its letters, its shape, and what the lexicon knows.

Public entry: `features(word)`. The same in training and at run time; the weights belong to exactly
these features (`VERSION`).
"""

from typing import Final

from text.privacy.names.lexicon import Known, has, known
from text.privacy.names.words import plain

VERSION: Final = 1
_LAST_ENDINGS: Final = (
    "زاده",
    "پور",
    "نژاد",
    "نیا",
    "فر",
    "یان",
    "وند",
    "لو",
    "راد",
    "منش",
    "خواه",
    "دوست",
    "چی",
    "ایی",
    "ئی",
    "وی",
    "انی",
    "یی",
    "ی",
)
_SURE_ENDINGS: Final = _LAST_ENDINGS[:10]
_CLITICS: Final = (
    "هایم",
    "های",
    "ها",
    "هامون",
    "مون",
    "تون",
    "شون",
    "ام",
    "ات",
    "اش",
    "م",
    "ت",
    "ش",
    "و",
    "ه",
    "رو",
    "ی",
    "یه",
    "ست",
    "س",
    "ا",
    "ان",
)


def features(word: str) -> list[str]:
    bare = plain(word)
    form = shape(word)
    facts = known(bare)
    last = last_name_like(bare, facts)
    out = ["b", f"w={bare}", f"s={form}", f"k={_class(form, facts, last)}"]
    out.append(f"len={min(len(bare), 10)}")
    if not word[0].isalpha():
        return out
    if "\u200c" in word:
        pieces = word.split("\u200c")
        out += ["zw", f"zp={pieces[0]}", f"zs={pieces[-1]}"]
    out += _letters(bare)
    out += [f"pos={facts.sort}", f"fr={facts.common}", f"f={facts.first}", f"su={last}"]
    out += [f"fl={facts.first}{int(facts.last)}{facts.sort}{facts.common}", f"pl={facts.place:d}"]
    if facts.sort == "-" and facts.common == "-" and not facts.first:
        out.append("unk" + ("ال" if bare.startswith("ال") else ""))
        out += _inflected(bare)
    return out


def shape(word: str) -> str:
    first = word[0]
    if first.isdigit():
        return "0"
    if not first.isalpha():
        return first
    if "\u0600" <= first <= "\u06ff":
        return "f"
    if not first.isascii():
        return "l"
    if not first.isupper():
        return "a"
    return "A" if word.isupper() and len(word) > 1 else "C"


def last_name_like(bare: str, facts: Known) -> int:
    """3 a listed last name, 2 a first name or a place with a last name's ending, 1 the ending."""
    if facts.last:
        return 3
    for ending in _LAST_ENDINGS:
        if len(bare) > len(ending) + 2 and bare.endswith(ending):
            stem = known(bare[: -len(ending)])
            if stem.first >= 2 or stem.place:
                return 2
    return int(any(len(bare) > len(end) + 2 and bare.endswith(end) for end in _SURE_ENDINGS))


def _class(form: str, facts: Known, last: int) -> str:
    if form != "f":
        return form
    common = "-" if facts.common == "-" else min(int(facts.common) // 2, 4)
    return f"{facts.first}{last}{facts.sort}{common}"


def _letters(bare: str) -> list[str]:
    out = []
    for size in range(1, min(4, len(bare)) + 1):
        out += [f"p{size}={bare[:size]}", f"s{size}={bare[-size:]}"]
    edged = f"^{bare}$"
    for size in (2, 3, 4):
        begin = 1 if size == 2 else 0
        out += [f"g{size}={edged[at : at + size]}" for at in range(begin, len(edged) - size + 1)]
    return out


def _inflected(bare: str) -> list[str]:
    """An unknown word that is a known one with an ending ("علیو", "گوشیمون")."""
    for clitic in _CLITICS:
        stem = bare[: -len(clitic)]
        if len(stem) > 2 and bare.endswith(clitic) and has(stem):
            facts = known(stem)
            return [
                f"cl={clitic}",
                f"clb={facts.first}{facts.sort}{facts.common}",
                f"stem={stem}",
            ]
    return ["cl=None"]
