"""Persian names that the words around them announce: titles, introductions, signatures.

Public entry: `introduced(words)`: first and last word of each. The tagger learned from tweets; this
is for what stands in every ticket, also with names that nobody has heard.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from text.privacy.names.features import last_name_like
from text.privacy.names.lexicon import Known, known
from text.privacy.names.trade import TRADE
from text.privacy.names.words import Word, listed, plain

_TITLES: Final = listed(
    """
    آقای اقای خانم خانوم مهندس دکتر جناب سرکار حاجآقا استاد سید
    """
)
_KIN: Final = listed(
    "مادرم پدرم برادرم خواهرم همسرم شوهرم خانمم پسرم دخترم دوستم همکارم شریکم مامانم بابام"
    " داداشم خواهرزادهم نامزدم همکارتون پشتیبانتون کارشناستون"
)
_NEAR: Final = frozenset({"جان", "جون", "عزیز", "خان", "گرامی"})
_SIGNS: Final = frozenset(".،,\n!؛:-–—()")
_LABELS: Final = (
    ("نام", "و", "نام", "خانوادگی"), ("نام", "خانوادگی"), ("نام", "گیرنده"), ("نام", "مشترک"),
    ("نام", "صاحب", "حساب"), ("گیرنده",), ("به", "نام"), ("به", "اسم"), ("اسمم",), ("اسم", "من"),
    ("نام", "من"), ("نام",), ("اینجانب",), ("فرستنده",), ("خریدار",), ("نام", "مشتری"),
    ("بنام",), ("نماینده",), ("تحویلگیرنده",), ("تحویل", "گیرنده"), ("صاحب", "حساب"),
)  # fmt: skip
_CLOSINGS: Final = (
    ("با", "تشکر"), ("با", "احترام"), ("باتشکر",), ("با", "سپاس"), ("ارادتمند",), ("ممنون",),
    ("مرسی",), ("سپاس",), ("سپاسگزارم",), ("متشکرم",), ("ممنونم",), ("با", "احترام", "فراوان"),
)  # fmt: skip
_AM: Final = frozenset({"هستم", "هسم", "ام", "هستیم"})
_LONGEST: Final = 4
_COMMON: Final = 6
_FREQUENT: Final = 3
_RATHER_WORDS: Final = listed("ایران اسلام دولت کشور بهار سلطان علیه ولی قمر ماه جهان ملت")
"""Beside what looks like a last name these are still no first names ("ایران اسلامی")."""
_LAST_ENDINGS: Final = ("ی", "پور", "زاده", "نژاد", "یان", "فر", "نیا", "وند", "لو")
_LETTERS: Final = re.compile(r"[\u0620-\u06d3]+\Z")


def introduced(words: Sequence[Word]) -> Iterator[tuple[int, int]]:
    bare = [plain(word.text) for word in words]
    for place, word in enumerate(bare):
        if word in _TITLES and not _after_own(bare, place):
            yield from _names_at(bare, place + 1, sure=True)
        elif word in _KIN:
            yield from _names_at(bare, place + 1, sure=False)
        elif word in _AM and place:
            yield from _before_am(bare, place)
        elif word in _NEAR and place and _is_name(bare[place - 1]):
            yield place - 1, place - 1
        elif word in _STARTS:
            yield from _labelled(bare, place)
        elif known(word).first >= _FREQUENT and _last_behind(bare, place):
            yield place, place + 1


def _last_behind(bare: Sequence[str], place: int) -> bool:
    """A last name by its ending right behind a first name that is a word too ("ایمان قربانی")."""
    if place + 1 == len(bare) or bare[place] in TRADE or bare[place] in _RATHER_WORDS:
        return False
    word = bare[place + 1]
    if len(word) < 4 or not word.endswith(_LAST_ENDINGS):
        return False
    if _is_name(word):
        return True
    # The dictionary gives last names no sort of word.
    unknown = known(word).sort == "0" and _part(word, sure=True)
    return unknown and bare[place] not in _WORDS and known(bare[place]).common in "-012345"


def _after_own(bare: Sequence[str], place: int) -> bool:
    """ "خانم آقای …": only the last title has the name behind it."""
    return place + 1 < len(bare) and bare[place + 1] in _TITLES


def _labelled(bare: Sequence[str], place: int) -> Iterator[tuple[int, int]]:
    for label in _STARTS[bare[place]]:
        end = place + len(label)
        if tuple(bare[place:end]) != label:
            continue
        signed = label in _CLOSINGS
        marked = end < len(bare) and bare[end] in _SIGNS
        at = end
        while at < len(bare) and bare[at] in _SIGNS and at < end + 3:
            at += 1
        for first, last in _names_at(bare, at, sure=marked and not signed):
            if marked and not signed:
                last = _to_the_sign(bare, last)
            ends = last + 1 == len(bare) or bare[last + 1] in _SIGNS
            if not signed or ends:
                yield first, last
        return


def _names_at(bare: Sequence[str], place: int, *, sure: bool) -> Iterator[tuple[int, int]]:
    """The name that begins here: up to three words that can be one. The first must be known for a
    name, or be no word at all where the place is `sure`."""
    last = place - 1
    while last + 1 < len(bare) and last + 1 < place + _LONGEST and _part(bare[last + 1], sure):
        last += 1
    if last >= place and (sure or any(_is_name(word) for word in bare[place : last + 1])):
        yield place, last


def _to_the_sign(bare: Sequence[str], last: int) -> int:
    """One more word, where the line or the phrase ends behind it ("نام: حمید کلانتر")."""
    after = last + 1
    if after < len(bare) and bare[after].isalpha() and bare[after] not in _WORDS:
        return after if after + 1 == len(bare) or bare[after + 1] in _SIGNS else last
    return last


def _part(word: str, sure: bool) -> bool:
    if _is_name(word):
        return True
    if not sure or word in _WORDS or word in TRADE or len(word) < 3 or not _LETTERS.match(word):
        return False
    facts = known(word)
    if facts.sort in "apx":
        return False
    # The dictionary gives last names no sort of word.
    return facts.common == "-" or int(facts.common) < _COMMON + (facts.sort == "0")


def _is_name(word: str) -> bool:
    """A frequent first name, or a last name by list or ending; words of every day are neither."""
    facts = known(word)
    if word in _WORDS or word in TRADE:
        return False
    return (
        facts.first >= 3 or (facts.first == 2 and _rare(facts)) or last_name_like(word, facts) >= 2
    )


def _rare(facts: Known) -> bool:
    return facts.common == "-" or int(facts.common) < 7


_WORDS: Final = listed(
    """
    عزیز گرامی محترم جان پیام امید شادی رضایت آرزو بهار نظر صدا ساعت ماه مهر آذر نور سرور
    همراه پشتیبان پشتیبانی کاربر مشتری شما من ما اون این مدیر فروش دوست خدا کاربری کاربری
    شرکت فوری بسیار فراوان همکار سلام وقت خوب بابت تیم واحد بخش زیبا پاک دقیق مرکزی اصلی
    جدید قدیمی آبی ایرانی تهرانی ملی پارسیان فارسی انگلیسی عالی قوی سریع کلی جزیی مهم راحت
    ناراحت راضی منتظر دی همت ثبت تایید کامل ابراز بالا پایین کلیه حتما سپهر گوهر عادی فنی
    مالی اداری انسانی دولتی قربان
    """
)


def _before_am(bare: Sequence[str], place: int) -> Iterator[tuple[int, int]]:
    """ "(من) … هستم": the names right before it."""
    first = place
    while first and place - first < _LONGEST and _is_name(bare[first - 1]):
        first -= 1
    whole = first == 0 or bare[first - 1] in _SIGNS or bare[first - 1] in _BEFORE_NAMES
    if first < place and (whole or place - first > 1):
        yield first, place - 1


_BEFORE_NAMES: Final = listed(
    """
    من سلام اینجانب بخیر بنده درود نباشید سید
    """
)
_STARTS: Final[dict[str, list[tuple[str, ...]]]] = {}
for _label in sorted((*_LABELS, *_CLOSINGS), key=len, reverse=True):
    _STARTS.setdefault(_label[0], []).append(_label)
