"""Words to what their forms share: `stem(word)`; and `STOP_WORDS`, which carry no subject.

Light on purpose: one stem for "حساب‌هایم", "حسابمو" and "حساب", for "installing", "installed" and
"installation", and a word that no rule is sure about stays as it is. A wrong stem does little harm,
since questions and articles get the same one. Persian and English have rules; Ukrainian, Hebrew and
every other script come out as they went in. Words are those of `text.persian.words`: small letters,
آ as ا, no ZWNJ. `text.persian.VERSION` holds `VERSION`: raise it with every change of a rule.
"""

import re
from functools import lru_cache

VERSION = 1
_CACHED = 65_536
_ROUNDS = 3

_PERSIAN = re.compile(r"[\u0621-\u063a\u0641-\u064a\u067e\u0686\u0698\u06a9\u06af\u06cc]+")
_ENGLISH = re.compile(r"[a-z]+(?:'[a-z]+)?")
_VOWEL = re.compile("[aeiouy]")


@lru_cache(maxsize=_CACHED)
def stem(word: str) -> str:
    """The stem; never empty."""
    if _PERSIAN.fullmatch(word):
        return _persian(word)
    if _ENGLISH.fullmatch(word):
        return _english(word)
    return word


# (ending, letters that must be left), the longest first. Colloquial forms stand beside written
# ones: گوشیمو, حسابتون, پولش رو.
_PERSIAN_ENDINGS: tuple[tuple[str, int], ...] = (
    *((f"ها{tail}", 2) for tail in ("یشان", "یتان", "یمان", "شون", "تون", "مون", "یشو", "یمو")),
    *((f"ها{tail}", 2) for tail in ("ست", "یش", "یت", "یم", "یی", "شو", "تو", "مو")),
    *((f"ها{tail}", 2) for tail in ("ی", "ش", "ت", "م", "")),
    *((tail, 4) for tail in ("ترین", "شان", "تان", "مان", "تری", "تر", "گان")),
    *((tail, 3) for tail in ("اشون", "اتون", "امون", "شون", "تون", "مون", "شو", "تو", "مو")),
    *((tail, 3) for tail in ("ات", "یم", "ید", "ند", "ای")),
    *((tail, 4) for tail in ("ان", "ین")),
    *((tail, 3) for tail in ("دن", "تن")),
    *((tail, 3) for tail in ("م", "ی")),
    *((tail, 4) for tail in ("ش", "ت", "ه", "و")),
)
_KEPT_WHOLE = """
    میدان میزان میلاد میلادی میراث میلیون میلیارد میهمان میکروفون میکروفن کارتون ساختمان سازمان
    فارسی سیستم ایمیل
"""
_PERSIAN_WHOLE = frozenset(_KEPT_WHOLE.split())
_VERB_ENDS = ("م", "ی", "د", "ن", "ه", "ت")


def _persian(word: str) -> str:
    if word in _PERSIAN_WHOLE:
        return word
    for prefix in ("نمی", "می"):
        rest = word[len(prefix) :]
        if word.startswith(prefix) and len(rest) >= 3 and rest.endswith(_VERB_ENDS):
            word = rest
            break
    for _ in range(_ROUNDS):
        shorter = _without_persian_ending(word)
        if shorter == word:
            break
        word = shorter
    return word


def _without_persian_ending(word: str) -> str:
    if word in _PERSIAN_WHOLE:
        return word
    for ending, left in _PERSIAN_ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= left:
            return word[: -1 if ending in ("دن", "تن") else -len(ending)]
    return word


def _english(word: str) -> str:
    word = word.removesuffix("'s")
    if len(word) <= 3 or "'" in word or word in _ENGLISH_WHOLE:
        return word
    word = _without_ending(_singular(word))
    if word.endswith("y") and len(word) > 3 and word[-2] not in "aeiou":
        return word[:-1] + "i"
    if word.endswith("e") and len(word) > 3:
        return word[:-1]
    return word


def _singular(word: str) -> str:
    if word.endswith("ies"):
        return word[:-3] + "y" if len(word) > 4 else word[:-1]
    if word.endswith(("sses", "ches", "shes", "xes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


_ENGLISH_WHOLE = frozenset({"news", "always", "does"})
_ENGLISH_ENDINGS: tuple[tuple[str, int], ...] = (
    ("ations", 4),
    ("ation", 4),
    ("ments", 3),
    ("ment", 3),
    ("ness", 4),
    ("ingly", 4),
    ("ing", 3),
    ("edly", 4),
    ("ed", 3),
    ("ally", 4),
    ("ly", 3),
    ("ate", 4),
    ("ers", 4),
    ("er", 4),
    ("or", 5),
)


def _without_ending(word: str) -> str:
    if word.endswith(("tion", "sion")) and not word.endswith("ation") and len(word) > 6:
        return word[:-3]
    for ending, left in _ENGLISH_ENDINGS:
        rest = word[: -len(ending)]
        if word.endswith(ending) and len(rest) >= left and _VOWEL.search(rest):
            if rest[-1] == rest[-2] and rest[-1] not in "aeiouls":
                return rest[:-1]
            return rest[:-2] if rest.endswith("at") and len(rest) > 5 else rest
    return word


_ENGLISH_STOPS = """
    a about after all also am an and any are aren't as at be because been before being below between
    both but by can can't cannot could did didn't do does doesn't doing don't down during each few
    for from had has hasn't have haven't having he her here hers him his how i if i'd i'll i'm i've
    in into is isn't it it's its itself just let me more most my myself no nor not now of off on
    once only or other our ours out over own please s same she should so some such t than that
    that's the their them then there these they this those through to too under until up us very
    was wasn't we were what what's when where which while who whom why will with won't would you
    you're you've your yours
"""
_PERSIAN_STOPS = """
    از است اش اگر اما ام ان اند انها او ای ایا این اینکه با باید بر برای بعد بعضی بود بودم
    بودن بوده بودند به بی بین پس پیش تا تر ترین تو توی تون جهت چرا چطور چگونه چه چون چی چیست
    چیه حتی خود خودم خودتان خواهد خیلی دارد داره دارم دارند دارید داریم داشت داشتن داشته در دو
    دیگر دیگه را رو روی سپس شد شدم شدن شده شدند شما شود شون شوند شوید شه طور طی علیه فقط کدام
    کرد کردم کردن کرده کردند که کن کند کنم کنه کنند کنید کنی کنیم کجا کی ما ماند مانند مثل مگر
    من مون می میشه میشود میکنم میکنه میکند نباید نه نمی نیز نیست هر هستم هستند هستید هستیم هست
    هم همان همه همین هنوز هیچ ها های هایش هایم هایی هایت وقتی و ولی وی یا یک یکی یه
"""
_UKRAINIAN_STOPS = """
    або але без би був була було бути в вам вас ви від він вона вони все всі де для до є ж за з і із
    й його її їх коли ми мене мені мій моя на над не ні ну о ось по при про ця це цей чи чому що щоб
    я як яка який які та так такий там те ти тільки то того тому у
"""
_HEBREW_STOPS = """
    אבל או אז אותו אותי אי איך אין אך אל אם אנחנו אני אנו את אתה אתם גם הוא היא היה היו הם הן זאת זה
    זו יש כדי כי כל כמו לא לו לי לך מאוד מה מי מתי על עם רק של שלו שלי שלך
"""
STOP_WORDS = frozenset(
    " ".join((_ENGLISH_STOPS, _PERSIAN_STOPS, _UKRAINIAN_STOPS, _HEBREW_STOPS)).split()
)
