"""Is a line a question? `is_question(text)`: by its mark, or by the word that it begins with.

Persian, English, Ukrainian and Hebrew. Headings of help centres ask without a mark ("How to move a
domain"), so the first word decides there.
"""

import re

from text.persian import canonical

MARKS = "?؟？"
_CLOSING = " \t\"'»”’)]*_:.!…"
_LEADING = re.compile(r"^[\s#*_>\-–—•«\"“(\[]*(?:[0-9۰-۹٠-٩]+\s*[.):\-–]\s*)?")
_FIRST_WORDS = """
how what why when where who whom whose which can could do does did is are am was were will would
should shall may must has have
چگونه چطور چطوری چجوری چه چرا کجا کی کدام کدوم آیا چند چقدر چیست کیست مگر مگه
як що чому навіщо де куди звідки коли хто чи який яка яке які скільки чий
איך מה למה מדוע מתי איפה היכן לאן מי האם כמה איזה איזו אילו כיצד
"""
_FIRST = frozenset(_FIRST_WORDS.split())
_FIRST_TWO = frozenset(
    {"به چه", "در چه", "از چه", "با چه", "برای چه", "از کجا", "در کدام", "تا کی"}
)
# A Persian question may have its word in the middle: "پرداخت قسطی چگونه است".
_ANYWHERE_WORDS = "چگونه چطور چطوری چجوری چرا آیا چقدر"
_ANYWHERE = frozenset(_ANYWHERE_WORDS.split())
_LONGEST_LINE = 20  # words
_LAST_WORDS = "چیست کیست کجاست چیه کیه کجاس چطوره چقدره چنده"
_LAST = frozenset(_LAST_WORDS.split())


def is_question(text: str) -> bool:
    """True for "How to pay" and "پرداخت چگونه است؟"; False for "Payment"."""
    line = " ".join(text.split()).rstrip(_CLOSING)
    if line.endswith(tuple(MARKS)):
        return True
    words = canonical(_LEADING.sub("", line)).lower().split()
    if len(words) < 2 or words[1] == "not":  # "Could not connect" is a message
        return False
    first_two = " ".join(words[:2])
    if words[0] in _FIRST or first_two in _FIRST_TWO or words[-1] in _LAST:
        return True
    return len(words) <= _LONGEST_LINE and not _ANYWHERE.isdisjoint(words)
