"""The same question in other words: how customers type, for rows that training makes more of.

Public entry: `reword`. Words left out, doubled or swapped, typing errors of Persian and Latin
keyboards, half-spaces lost or turned to spaces, Arabic ي and ك, digits in either script. Pure, and
all chance comes from the generator that the caller seeds. Placeholders stay whole.
"""

import random
from typing import Final

from training.recipes import Wording

ZWNJ: Final = "\u200c"
# Letters that Persian writers take for each other, because they sound alike.
_ALIKE: Final = {
    letter: group.replace(letter, "")
    for group in ("قغ", "زذضظ", "سصث", "طت", "حه", "اع")
    for letter in group
}
_ARABIC_LETTERS: Final = str.maketrans("یک", "يك")
_ASCII_DIGITS: Final = str.maketrans("۰۱۲۳۴۵۶۷۸۹", "0123456789")
_DOUBLED: Final = 0.02
_SWAPPED: Final = 0.2
_OTHER_SCRIPT: Final = 0.1
_LOST_HALF_SPACE: Final = 0.3


def reword(text: str, wording: Wording, *, chance: random.Random) -> str:
    """The text as another customer could have typed it; never empty where `text` is not."""
    kept: list[str] = []
    for word in text.split():
        plain = word.startswith("[") or len(word) < 4
        if not plain and chance.random() < wording.dropped_words:
            continue
        typed = word if plain else _typed(word, wording, chance)
        kept += [typed, typed] if chance.random() < _DOUBLED else [typed]
    if len(kept) > 2 and chance.random() < _SWAPPED:
        place = chance.randrange(len(kept) - 1)
        kept[place], kept[place + 1] = kept[place + 1], kept[place]
    changed = " ".join(kept)
    if not changed.strip():
        changed = text
    if chance.random() < _OTHER_SCRIPT:
        changed = changed.translate(_ARABIC_LETTERS)
    if chance.random() < _OTHER_SCRIPT:
        changed = changed.translate(_ASCII_DIGITS)
    return changed


def _typed(word: str, wording: Wording, chance: random.Random) -> str:
    if ZWNJ in word and chance.random() < _LOST_HALF_SPACE:
        word = word.replace(ZWNJ, chance.choice(["", " "]))
    if chance.random() >= wording.typing_errors or len(word) < 2:
        return word
    place = chance.randrange(len(word) - 1)
    before, letter, after = word[:place], word[place], word[place + 1 :]
    kind = chance.randrange(4)
    if kind == 0:
        return before + after
    if kind == 1:
        return before + after[0] + letter + after[1:]
    if kind == 2:
        return before + letter + letter + after
    return before + chance.choice(_ALIKE.get(letter, letter)) + after
