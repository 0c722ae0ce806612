"""Whether a word near a value's name is the value: "رمز مودم ما X بود", "X is my password".

Public entries: `after(form, small, cue, limit)` and `before(form, small, cue, floor)`. The words
near
the name are read one by one. Each has a shape (see `shapes`): how little it looks like a word of
running text. What stands between it and the name decides how much of that is enough: words that may
stand there (`plain_words.FILLERS`), a copula, a colon or quotes.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from text.privacy.naming import UNIT_OF_SECRET
from text.privacy.plain_words import (
    COPULAS,
    DEFAULT_PASSWORDS,
    FILLERS,
    NOT_A_USER,
    NOT_TOLD,
    is_common,
    is_typical_password,
    listed,
)
from text.privacy.shapes import (
    CAMEL,
    CODE,
    FOREIGN,
    NUMBER,
    PLAIN,
    STRONG,
    VERSIONED,
    shape,
)
from text.privacy.spans import PASSWORD, USERNAME


class Cue(NamedTuple):
    """A name of something. `sure`: it names nothing else ("username", not "user")."""

    start: int
    end: int
    type: str
    sure: bool


class Told(NamedTuple):
    start: int
    end: int
    old: bool
    """Said to be an old one ("from X"), so that a new one follows."""


class Token(NamedTuple):
    start: int
    end: int
    text: str
    mark: bool
    """A colon, a quote, a bracket or the like stands right before it."""
    ends: bool
    """The sentence ends behind it."""
    quoted: bool


class Link(NamedTuple):
    """What stands between a name and a word."""

    words: list[str]
    unknown: int
    mark: bool
    copula: bool
    old: bool


REACH: Final = 90
REACH_BEFORE: Final = 48
MOST_WORDS: Final = 7
_OTHER: Final = r"\x00-\x7f\s،؛«»“”„\u200e\u200f"
_WORD: Final = re.compile(rf"[^{_OTHER}]{{2,}}\d{{2,}}[^\s،؛«»“”„]*|[!-~]+|[^{_OTHER}]+")
"""Signs of ASCII are apart from the letters of another script that touch them: "پنل(Ab12)رو"."""
_LEAD: Final = re.compile(r"(?:->|=>|[\"'`‘’(\[{<=:>|,;/→-](?!\d{1,3}$))*")
_TAIL: Final = re.compile(r"[.,;:)\]}>\"'`’|…-]+$")
_LOUD: Final = re.compile(r"[?!؟]+$")
_SENTENCE: Final = re.compile(r"[.!?؟…]+[\"'»”)\]]*$")
_OPENED: Final = re.compile(r"[:=«|→>]\s?$|[“„\"'`‘(\[{]$|(?:^|\s)[—–-]\s?$")
_MARK_IN: Final = re.compile(r"[:=→«“\"'`(\[]|->")
_QUOTES: Final = re.compile(r"[«“„\"'`‘]$")
_BREAK: Final = re.compile(r"\r\n|[\n\r]")
_EDGES: Final = " .,;:!?()[]{}<>\"'`«»“”=—–-،؛؟/|_#…\u200c\u200f\u200e"
_ADDRESS: Final = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+|[a-z]{2,10}://\S+", re.IGNORECASE)
_ACCOUNT: Final = re.compile(r"@?[A-Za-z0-9_][A-Za-z0-9_.-]{1,63}|[^\W\d_]+\d+")
_WORDLIKE: Final = re.compile(r"[A-Za-z'’-]+[?!]+")
_SIGNS: Final = re.compile(r"[!-~][!-~][!-~]")
_BEFORE_SIGNS: Final = re.compile(
    r"\d[!-~]|[!-~]\d|[!-~]{3}[^\x00-\x7f]|[!-~]{3}\s[^\x00-\x7f]|[\"'«“`=—(@]|\s(?:is|was|as)\s"
)
_PLACEHOLDER: Final = re.compile(r"[A-Za-z]{2,}(?:[_-][A-Za-z]+)*[_-]\d+")
_OTHER_SCRIPT: Final = re.compile(r"[\u0370-\u1fff]")
_YEAR: Final = re.compile(r"13[5-9]\d|14[01]\d|19[5-9]\d|20[0-3]\d")
_COPULA_BEHIND: Final = re.compile(
    r"[\s\u200c»”\"'`)\],،]{0,3}(?:(?:هست|هستش|است|بود|بوده|ه|ام|م|hast|ast|bood|bud|ine)(?!\w)"
    r"|ـه|میباش|می.?باش|is my|was my)"
)
_LINE_END: Final = re.compile(
    r"[\s.,;)\"'»”!]*(?:$|[\n\r])|[.!;]\s|,\s(?:but|and|it|please|you|so|which)\b"
)
_POSSESSED: Final = re.compile(r"[\s\u200c]{1,2}(?:خود|تان|شما)")
_VERB_BEHIND: Final = re.compile(
    r"\)?[\s,\"']{1,3}(?:is|was|has|had|isn|cannot|can|can't|could|got|gets|does|doesn't|did"
    r"|didn't|won't|wasn't|keeps"
    r"|not|no longer|already|suspended|blocked|banned|locked|disabled|deleted|needs|should"
    r"|and|but|to|says|shows|with"
    r"|i |my |the password|pass|please|as)(?![a-z])"
)
_FORMAL: Final = re.compile(r"[\s\u200c»\"'`)\],،]{0,3}(?:(?:است|بود|هست)(?!\w)|می.?باش)")
"""Behind a value that many words part from its name."""
_LOCKED: Final = re.compile(
    r"['\"»]?\s(?:cannot|can.?not|can['’]t|could ?n[o'’]t|could not|does ?n[o'’]t|does not"
    r"|didn['’]t|did not|hasn['’]t|won['’]t|isn['’]t"
    r"|(?:is|was|got|gets|has been|is now|keeps getting|keeps being)"
    r" (?:still |already |also |now |not |completely )?"
    r"(?:locked|blocked|banned|unable|able|suspended|disabled|deleted|removed|logged|signed|kicked)"
    r"|reports? (?:an?|that|the)\b|says\b|here\b|forgot\b|lost (?:access|his|her|their)\b"
    r"|needs (?:access|a new password|a reset))(?![a-z])"
)
"""What only somebody does or undergoes, not a guide or an interface."""
_FINGLISH_IS: Final = re.compile(
    r"\s(?:h?ast(?:esh)?|bo?o?u?d(?:e|esh)?|ine|e|hastam)(?!\w)(?!\s?[-/])"
)
_FINGLISH_OWN: Final = listed("man ma shoma e am esh et ham ke to oon un jadidam ghablim")
_NO_FINGLISH_NAME: Final = listed(
    """
    kharab baste block ban faal gheyrefaal ghat masdud hazf chi in un oon ine darost dorost ghalat
    eshtebah eshtebahe jadid ghadimi faramush yadam khali por ok hamin hamun hamoon inja unja nist
    hast ast bood jadide khob khub bad lazem digar dige taze moshakhas malum maloom hanooz hanuz ki
    koja chera chetor vasl bloke hacked active inactive
    """
)
_SET: Final = re.compile(r"(?:chang|set|updat|switch|reset)\w*\s(?:\w+\s){0,3}$")
_NAME_END: Final = re.compile(r"(?:user|login|account)[ _-]?(?:name|id)")
_IS: Final = listed("is was are be as called named")
_FROM: Final = listed("from از az з із с зі від מ")
_PERSIAN_ENDING: Final = re.compile(
    r"\u200c?(?:ها|های)?(?:م|ت|ش|و|ه|ی|ای|رو|مو|تو|شو|مون|تون|شون|مه|ته|شه|ام|ات|اش|یم|یمون)$"
)


def tokens(form: str, begin: int, end: int) -> Iterator[Token]:
    """Words from `begin`, without the signs around them."""
    place = begin
    for found in _WORD.finditer(form, begin, end):
        raw = found.group()
        if raw.isalpha():
            gap = form[place : found.start()]
            yield Token(
                *found.span(),
                raw,
                gap != " " and _OPENED.search(gap) is not None,
                False,
                gap != " " and _QUOTES.search(gap) is not None,
            )
            place = found.end()
            continue
        lead = _LEAD.match(raw)
        cut = lead.end() if lead else 0
        tail = _TAIL.search(raw, cut)
        stop = found.start() + (tail.start() if tail else len(raw))
        start = found.start() + cut
        opened = form[place : found.start()] + raw[:cut]
        mark = bool(_MARK_IN.search(raw[:cut]) or _OPENED.search(opened))
        ends = (
            _SENTENCE.search(raw) is not None and form[found.end() : found.end() + 1].strip() == ""
        )
        yield Token(
            start, max(start, stop), form[start:stop], mark, ends, bool(_QUOTES.search(opened))
        )
        if stop > start:
            place = found.end()


def after(form: str, small: str, cue: Cue, limit: int) -> Iterator[Told]:
    """What is told behind a name, up to `limit`: one value, and a second where a change is told."""
    first = _first_after(form, small, cue, limit)
    if first is not None:
        yield first
        second = _second(form, small, cue, first, limit)
        if second is not None:
            yield second


_TO: Final = re.compile(
    r"[\s\"'»”)\].,،\u200c]{0,3}(?:to|into|->|→|=>|-|/|or|and|by|with|then|new|now|به|ب|و|یا"
    r"|با|هم|حالا|الان|جدید|جدیدش"
    r"|be|va|ya|на|і|й|та|або|чи|или|и|новий|нова|новый|ל|או|ועכשיו|ו|החדשה|החדש|,|،"
    r"|;)(?=[\s\-\"'«“:=,א-ת])(?:[\s,:]*(?:"
    r"to|new|my|the|is|was|be|now|one|به|جدید|جدیدش|بود|شد|رمز|новий|нова|нову|на|החדשה|החדש"
    r"|עכשיו|היא|ל)(?!\w))*"
)


_CHANGE: Final = re.compile(
    r"renam|chang|switch|تغییر|عوض|змін|помін|перейменув|שינ|החלפ|להחליף|לשנות|taghir|avaz"
)
_INTO: Final = re.compile(r"to|->|→|=>|به|be|на|ל")


def _second(form: str, small: str, cue: Cue, first: Told, limit: int) -> Told | None:
    joint = _TO.match(small, first.end, min(limit + 8, len(form)))
    if joint is None:
        return None
    token = next(tokens(form, joint.end(), min(len(form), joint.end() + 70)), None)
    found = token and _value(token, latin=is_latin(form[cue.start : token.start]), type_=cue.type)
    if not token or not found:
        return None
    text, kind = found
    plain = kind < NUMBER or kind in (FOREIGN, CAMEL)
    changed = first.old or (
        _CHANGE.search(small, max(0, cue.start - 30), cue.end) and _INTO.search(joint.group())
    )
    enough = kind == STRONG or (
        changed and not (plain and (is_common(text.lower()) or len(text) < 3))
    )
    if not enough or (kind == NUMBER and UNIT_OF_SECRET.match(small, token.start + len(text))):
        return None
    return Told(token.start, token.start + len(text), False)


def _first_after(form: str, small: str, cue: Cue, limit: int) -> Told | None:
    end = min(limit, cue.end + REACH)
    if not _SIGNS.search(form, cue.end, end):
        return None
    words: list[str] = []
    place = cue.end
    old = False
    unknown = 0
    formal = cue.sure and cue.type == PASSWORD and not form[cue.start].isascii()
    most = (4 if formal else 2) if cue.sure else 0
    for token in tokens(form, cue.end, end):
        plain = token.text.isalpha()
        if form[place : token.start] != " ":
            breaks = len(_BREAK.findall(form, place, token.start))
            if breaks > 1 or (breaks and words) or _masked(form, token):
                return None
        if not plain and _ADDRESS.match(token.text):
            return None
        if token.text:
            word = small[token.start : token.end]
            if not (plain and _is_running(word, token) and not _is_default(cue, word, token)):
                told = _judged(form, small, cue, token, words, unknown, old)
                if told is not None:
                    return told
            word = word.strip(_EDGES)
            old = word in _FROM
            words.append(word)
            unknown += not _fills(word)
        if token.ends or len(words) > MOST_WORDS + 3 * formal or unknown > most:
            return None
        place = token.end if token.text else place
    return None


def _is_running(word: str, token: Token) -> bool:
    """Of letters alone, in small letters as well: a word that is no value whatever stands around
    it."""
    if word in FILLERS or not word.isascii():
        return True
    return not token.quoted and word == token.text and word != "admin" and is_common(word)


def _is_default(cue: Cue, word: str, token: Token) -> bool:
    """A password that is a word of running text, in a text of another script."""
    if word not in DEFAULT_PASSWORDS:
        return False
    return cue.sure and cue.type == PASSWORD and word == token.text


def _masked(form: str, token: Token) -> bool:
    """A placeholder: its value is told already."""
    return form[token.start - 1 : token.start] in ("[", "(") and bool(
        _PLACEHOLDER.fullmatch(token.text)
    )


def is_latin(text: str) -> bool:
    """No letters of another script."""
    return text.isascii() or _OTHER_SCRIPT.search(text) is None


def _fills(word: str) -> bool:
    """A filler, with an ending or a particle too."""
    if word in FILLERS or not word:
        return True
    ending = _PERSIAN_ENDING.search(word)
    if ending is not None and ending.start() > 1 and word[: ending.start()] in FILLERS:
        return True
    if "\u200c" in word:
        return all(one in FILLERS for one in word.split("\u200c"))
    return word[:1] in "והבלשמכ" and word[1:] in FILLERS


def _value(token: Token, *, latin: bool, type_: str) -> tuple[str, float] | None:
    text = token.text
    if type_ == USERNAME:
        text = text.rstrip("?!.,_-*%")
        if not _ACCOUNT.fullmatch(text):
            return None
    elif _WORDLIKE.fullmatch(text):
        text = _LOUD.sub("", text)
    kind = shape(text, latin=latin)
    if type_ == USERNAME and kind == STRONG and text.isalpha():
        kind = CAMEL
    return (text, kind) if kind else None


def _judged(
    form: str, small: str, cue: Cue, token: Token, words: list[str], unknown: int, old: bool
) -> Told | None:
    """`token` as the value, if it is."""
    latin = is_latin(form[cue.start : token.start] + form[token.end : token.end + 12])
    found = _value(token, latin=latin, type_=cue.type)
    if found is None or any(word in NOT_TOLD for word in words):
        return None
    text, kind = found
    end = token.start + len(text)
    small_text = text.lower()
    default = not latin and _is_default(cue, small_text, token)
    if small_text in FILLERS and not default:
        return None
    mark = token.mark or (not unknown and bool(_MARK_IN.search(form, cue.end, token.start)))
    copula = any(word in COPULAS for word in words) or bool(_COPULA_BEHIND.match(small, end))
    link = Link(words, unknown, mark, copula, old)
    told = Told(token.start, end, old)
    if kind == STRONG:
        near = unknown == 0 or (unknown <= 2 and len(words) <= 7 and cue.sure)
        return told if near or _FORMAL.match(small, end) else None
    if (
        kind == NUMBER
        and not form[cue.start].isascii()
        and unknown == 1
        and _FORMAL.match(small, end)
    ):
        if _YEAR.fullmatch(text):
            return None
        return told if _number_told(small, cue, text, end, link) else None
    if unknown or len(words) > 8:
        return None
    if kind == CODE:
        return told if _code_told(cue, text, token, link) else None
    if kind == NUMBER:
        return told if _number_told(small, cue, text, end, link) else None
    if (
        cue.type == PASSWORD
        and is_typical_password(small_text)
        and not _POSSESSED.match(small, end)
    ):
        linked = mark or copula or (cue.sure and not latin)
        if linked or _LINE_END.match(form, end):
            return told
    if default:
        ended = _LINE_END.match(form, end) or _COPULA_BEHIND.match(small, end)
        return told if ended and (mark or copula) else None
    if is_common(small_text):
        quoted = token.quoted and cue.type == PASSWORD and len(text) > 5
        admin = small_text == "admin" and not latin and (mark or copula) and cue.sure
        return told if quoted or admin else None
    if len(text) < (4 if cue.type == PASSWORD else 3) or not text.isascii():
        return None
    if kind in (FOREIGN, CAMEL):
        return told if _foreign_told(small, cue, text, end, kind, link) else None
    return told if _plain_told(form, small, cue, token, end, link) else None


def _code_told(cue: Cue, text: str, token: Token, link: Link) -> bool:
    if len(text) < 5 or not cue.sure or (VERSIONED.fullmatch(text.lower()) and not token.mark):
        return False
    if cue.type == USERNAME:
        return link.mark or link.copula
    return link.mark or link.copula or not link.words


def _number_told(small: str, cue: Cue, text: str, end: int, link: Link) -> bool:
    if UNIT_OF_SECRET.match(small, end) or small[end : end + 1] in ("%", "/"):
        return False
    linked = link.mark or link.copula
    if _YEAR.fullmatch(text) and not linked:
        return False
    if cue.type == USERNAME:
        return cue.sure and linked and len(text) >= 5
    return cue.sure or linked or (not link.words and len(text) > 4)


def _foreign_told(small: str, cue: Cue, text: str, end: int, kind: float, link: Link) -> bool:
    linked = link.mark or link.copula or link.old
    if linked or (text.isupper() and not link.mark):
        return linked
    if kind == CAMEL and cue.type == USERNAME and cue.sure and not link.words:
        if "-" in text or (_VERB_BEHIND.match(small, end) and not _POSSESSED.match(small, end)):
            return True
        return _NAME_END.search(small, cue.start, cue.end) is not None and bool(
            _LINE_END.match(small, end)
        )
    if kind == CAMEL or (text[0].isupper() and not cue.sure) or _POSSESSED.match(small, end):
        return False
    near = len(link.words) <= 2 and cue.sure
    return near or (cue.type == USERNAME and not link.words and len(text) >= 4)


def _plain_told(form: str, small: str, cue: Cue, token: Token, end: int, link: Link) -> bool:
    ended = bool(_LINE_END.match(form, end))
    long = len(token.text) > 4
    words = link.words
    if token.mark:
        if token.quoted and (cue.sure or not words):
            return True
        return ended or (long and (cue.sure or form[token.start - 1] == "="))
    if words and words[-1] in _IS:
        if not cue.sure:
            mine = small[cue.start : cue.end] in ("login", "user") and small.startswith(
                "my ", max(0, cue.start - 3)
            )
            return mine and ended and words == ["is"]
        return ended or (long and cue.type == USERNAME)
    if link.old and not cue.sure and not _CHANGE.search(small, max(0, cue.start - 30), cue.start):
        return False  # "a user from Berlin"
    if words == ["to"] or link.old:
        return long and (link.old or bool(_SET.search(small, max(0, cue.start - 30), cue.start)))
    if cue.type == USERNAME and len(token.text) > 2 and words:
        return _told_in_finglish(small, cue, token, end, words)
    if cue.type != USERNAME or words or len(token.text) < 3:
        return False
    if _told_in_finglish(small, cue, token, end, words):
        return True
    if len(token.text) < 4:
        return False
    if not cue.sure:
        named = token.text.islower() and token.text not in NOT_A_USER
        return named and small[cue.start : cue.end] == "user" and bool(_LOCKED.match(small, end))
    return ended or bool(_VERB_BEHIND.match(small, end))


def _told_in_finglish(small: str, cue: Cue, token: Token, end: int, words: list[str]) -> bool:
    """ "user man mahdi ast": what is said of it is one word and "is"."""
    if not _FINGLISH_OWN.issuperset(words) or not _FINGLISH_IS.match(small, end):
        return False
    word = token.text.lower()
    own = words or small[cue.start : cue.end] not in ("user", "login", "account")
    return bool(own) and word not in _NO_FINGLISH_NAME


_JOINTS: Final = listed(
    """
    is was as for the a my our your his her their its old new current actual first temporary temp
    real login account wifi wi-fi email هست است بود رو را به عنوان این اون آن همون من جدید قبلی هم
    که همین اصلی رمز це є мій моя моє як ось наш новий старий тимчасовий поточний був это как мой в
    якості за היא הוא זה זו זאת הייתה היה שלי בתור כ שם ה
    """
)
_EQUAL: Final = listed(
    """
    is was as هست است بود رو را همون це є як був это как היא הוא זה זו זאת הייתה היה בתור
    """
)
_EQUAL_NEAR: Final = re.compile(rf"(?<!\w)(?:{'|'.join(sorted(_EQUAL))})(?!\w)|[=—–(\"'«»“”@-]")
_LATIN: Final = re.compile(r"[A-Za-z]")
_ITSELF: Final = re.compile(
    r"[\s\u200c]{0,2}(?:(?:جدید|قبلی|اصلی|فعلی)\w{0,3}[\s\u200c]{1,2})?"
    r"(?:هست|است|بود|منه|ماست|ـه|ه(?!\w)|من(?!\w)|خودم|گذاشتم|قرار|کردم|hast|mane|bood)"
)
_DASHED: Final = re.compile(r"[=—–(]|\s-\s")


def before(form: str, small: str, cue: Cue, floor: int) -> Told | None:
    """What is told before its name: "X is my password", "X رمزمه"."""
    begin = max(floor, cue.start - REACH_BEFORE)
    if _runs_on(form[begin : cue.start]):
        return None
    itself = small[cue.end - 1] == "ه" or _ITSELF.match(small, cue.end) is not None
    if not itself and not _EQUAL_NEAR.search(small, max(begin, cue.start - 30), cue.start):
        return None
    if not _BEFORE_SIGNS.search(small, begin, cue.start):
        return None
    if begin and form[begin - 1].strip():
        begin = form.find(" ", begin, cue.start)
        if begin < 0:
            return None
    between: list[str] = []
    for token in reversed(list(tokens(form, begin, cue.start))):
        if token.ends or _BREAK.search(form, token.end, cue.start) or _ADDRESS.match(token.text):
            return None
        if _masked(form, token):
            return None
        word = small[token.start : token.end].strip(_EDGES)
        if not word:
            continue
        if word not in _JOINTS or token.quoted:
            return _told_before(form, small, cue, token, between)
        between.append(word)
        if len(between) > 4:
            return None
    return None


def _runs_on(text: str) -> bool:
    """A word of running text ends here, none that may stand between a value and its name."""
    word = text[:-1].rpartition(" ")[2] if text[-1:] == " " else ""
    if not word.isalpha() or word.lower() in _JOINTS:
        return False
    return word.islower() if word.isascii() else _LATIN.search(word) is None


def _told_before(form: str, small: str, cue: Cue, token: Token, between: list[str]) -> Told | None:
    latin = is_latin(form[token.end : cue.end + 12])
    found = _value(token, latin=latin, type_=cue.type)
    joined = (
        not _EQUAL.isdisjoint(between)
        or bool(_DASHED.search(form, token.end, cue.start))
        or bool(_ITSELF.match(small, cue.end))
        or small[cue.end - 1] == "ه"
    )
    if found is None or not (joined or token.quoted):
        return None
    text, kind = found
    if kind == NUMBER:
        fits = cue.type == PASSWORD and not UNIT_OF_SECRET.match(small, token.end)
    elif kind == STRONG:
        fits = True
    else:
        word = text.lower()
        fits = kind != CODE and len(text) > 3 and word not in FILLERS and not is_common(word)
        fits = fits and bool(between) and (kind != PLAIN or "is" in between or token.quoted)
    return Told(token.start, token.start + len(text), False) if fits else None
