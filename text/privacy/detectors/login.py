"""What one logs in with: passwords (never kept, see `spans.DESTROYED`) and names of accounts,
beside words that name them."""

import re
from collections.abc import Iterator

from text.privacy.naming import NO_PLACEHOLDER
from text.privacy.plain_words import is_common
from text.privacy.reading import Anchored, Reading
from text.privacy.shapes import STRONG, shape
from text.privacy.spans import PASSWORD, USERNAME, Candidate
from text.privacy.telling import REACH, Cue, after, before, is_latin

PASSWORD_WEIGHT, USERNAME_WEIGHT = 97, 59
_G = r"[\s\u200c]"
_FA = r"(?:\u200c?[اآهیمتشوننهر]{1,6})?(?!\w)"
"""Possessive and colloquial endings: رمزم, رمزتون, رمزشو, رمزمه, رمزهامو."""
_FINGLISH = (
    r"(?:e?sh?o?|e?sho|a?m|a?mo|a?me|e?t|e?to|et?e|e|o|ro|emo?u?n|eto?u?n|e?shu?o?n|ha|hash|im|ish"
    r"|it)?(?!\w)"
)
_S = r"(?:'?s|es)?(?!\w)"

_PASSWORDS = Anchored(
    {
        stem: re.compile(expression)
        for stem, expression in (
            (
                "رمز",
                rf"رمز(?!{_G}{{1,2}}(?:پویا|ارز|نگار|گشا|یک{_G}?بار)){_FA}(?:{_G}?(?:عبور"
                rf"|ورود){_FA})?",
            ),
            ("پس", rf"پسو?و[ُ]?رد{_FA}|پس[ \u200c]ورد{_FA}"),
            ("پاسورد", rf"پاسورد{_FA}"),
            ("گذر", rf"گذر(?:{_G}?(?:واژه|کلمه)|رمز){_FA}"),
            ("کلمه", rf"کلمه(?:{_G}?ی)?{_G}?(?:عبور|رمز){_FA}"),
            ("واژه", rf"واژه(?:{_G}?ی)?{_G}?(?:عبور){_FA}"),
            ("парол", r"парол\w{0,4}"),
            ("сісм", r"сісма"),
            ("סיסמ", r"סיסמ[א-ת]{1,4}"),
            ("ססמ", r"ססמ[א-ת]{1,4}"),
            ("קוד", r"קוד (?:ל|ה|ל?ה-)?-?(?:ו?וו?[א]?יי? ?-?פיי?|wi-?fi|רשת)(?!\w)"),
            (
                "pas",
                rf"(?:pass[ -]?(?:word|phrase|code)|passwd|passvord|passwort|passw|passwrod"
                rf"|passwor|pass?vord|pasword)"
                rf"(?:{_S}|{_FINGLISH})",
            ),
            ("pw", rf"pwd{_S}"),
            (
                "ramz",
                rf"ramz(?:{_FINGLISH})(?:{_G}?(?:obur|oboor|ubur|vorud|voroud)\w{{0,3}}(?!\w))?",
            ),
            ("wifi key", r"wifi key(?!\w)"),
        )
    }
)
_MAYBE_PASSWORDS = Anchored(
    {
        "pas": re.compile(rf"pass(?:{_FINGLISH})|pas(?:esh|am|et|amo|esho)?(?!\w)"),
        "pw": re.compile(r"pw(?!\w)"),
        "پس": re.compile(r"پس(?:\u200c?(?:م|ش|مو|شو|مون|شون)(?!\w)|(?=\s?[:=]))"),
        "пас": re.compile(r"пас(?!\w)"),
    }
)
_USERNAMES = Anchored(
    {
        stem: re.compile(expression)
        for stem, expression in (
            ("یوزر", rf"یوزر(?:{_G}?(?:نیم|آیدی|ایدی))?{_FA}"),
            ("آیدی", rf"آیدی{_FA}"),
            ("ایدی", rf"ایدی{_FA}"),
            ("آی‌دی", rf"آی‌دی{_FA}"),
            *((nick, rf"{nick}{_FA}") for nick in ("نیک نیم", "نیک\u200cنیم", "نیکنیم")),
            ("نام حساب", rf"نام حساب(?: کاربری)?{_FA}"),
            ("user", rf"user[\s_-]?(?:name|id)(?:{_S}|{_FINGLISH})"),
            ("login", rf"login[\s_-]?(?:name|id){_S}"),
            ("account", r"account[\s_-]?(?:name|login)(?!\w)"),
            ("handle", r"handle(?=\s?(?:is|was|:|=|@|“|\"))"),
            (
                "in as",
                r"(?:(?<=log )|(?<=log-)|(?<=logged )|(?<=logging )|(?<=sign )|(?<=signed ))in as"
                r"(?: (?:the )?user(?:name)?)?(?!\w)",
            ),
            ("nick", r"nick(?:name)?(?!\w)"),
            ("karbari", rf"(?:name?|esme?|shenaseye|shenase)[ -]?(?:ye )?karbari{_FINGLISH}"),
            ("yuzer", rf"yuzer(?:name?|neym)?{_FINGLISH}"),
            ("логін", r"логін\w{0,3}"),
            ("логин", r"логин\w{0,3}"),
            ("ім'я", r"ім'я (?:користувача|облікового запису|акаунта)"),
            ("ім’я", r"ім’я (?:користувача|облікового запису|акаунта)"),
            ("імʼя", r"імʼя (?:користувача|облікового запису|акаунта)"),
            ("имя", r"имя пользователя"),
            ("нік", r"(?<!\w)нік(?:нейм)?(?:ом|у|а|ові)?(?!\w)"),
            ("юзер", r"юзер(?:нейм)?\w{0,3}"),
            ("облікового запису", r"облікового запису"),
            ("обліковий", r"обліковий запис|обліковим записом"),
            ("שם", r"שם[\s-]?(?:ה?משתמש(?:ת)?(?: שלי)?|החשבון|המשתמש/ת)"),
            ("יוזר", r"יוזר(?:ניים|ניימ|ניים שלי|נאים)?"),
            ("ניק", r"(?<![אגדזחטיכמנסעפצקרת])ניק(?:ניים|ניימ)?(?![א-ת])"),
            ("כינוי", r"כינוי"),
        )
    }
)
_MAYBE_USERNAMES = Anchored(
    {
        stem: re.compile(expression)
        for stem, expression in (
            ("کاربر", rf"کاربر(?:ی)?{_FA}"),
            ("اکانت", rf"اکانت{_FA}"),
            ("پیج", rf"پیج{_FA}"),
            ("اینستا", rf"اینستا(?:گرام)?{_FA}"),
            ("تلگرام", rf"تلگرام{_FA}"),
            ("user", rf"user(?! ?-?agents?\b)(?:{_FINGLISH})"),
            ("login", rf"login(?:{_FINGLISH})"),
            ("account", rf"account(?:{_FINGLISH})"),
            ("telegram", r"telegram(?: (?:id|username|handle|account))?(?!\w)"),
            ("insta", r"insta(?:gram)?(?: (?:id|username|handle|account))?(?!\w)"),
            ("twitter", r"twitter(?: (?:id|username|handle|account))?(?!\w)"),
            ("користувач", r"користувач\w{0,3}"),
            ("акаунт", r"акаунт\w{0,3}"),
            ("аккаунт", r"аккаунт\w{0,3}"),
            ("телеграм", r"телеграм\w{0,2}"),
            ("інстаграм", r"інстаграм\w{0,2}"),
            ("משתמש", r"משתמש(?:ת)?(?![א-ת])"),
            ("חשבון", r"חשבון"),
            ("טלגרם", r"טלגרם"),
            ("אינסטגרם", r"אינסטגרם"),
        )
    }
)
_PAIRS = Anchored(
    {
        stem: re.compile(expression)
        for stem, expression in (
            ("cred", r"cred(?:ential)?s?(?!\w)"),
            ("login", r"log[\s-]?in (?:details|data|info|information|pair)"),
            ("اطلاعات", rf"اطلاعات{_G}(?:ورود|لاگین|اکانت|حساب کاربری){_FA}"),
            ("مشخصات", rf"مشخصات{_G}(?:ورود|لاگین|اکانت){_FA}"),
            ("لاگین", rf"لاگین{_FA}"),
            ("дані", r"(?:дані|даними) (?:для )?(?:входу|доступу|авторизації|логіну)"),
            ("данн", r"данные (?:для )?(?:входа|доступа)"),
            ("доступи", r"доступи"),
            ("вхід", r"вхід(?=\s?:)"),
            ("реквізити", r"реквізити (?:входу|доступу)"),
            ("פרטי", r"פרטי ?ה?(?:כניסה|התחברות|גישה|חיבור|לוגין)"),
            ("נתוני", r"נתוני (?:כניסה|התחברות|גישה)"),
        )
    }
)
NO_MASKED = re.compile(NO_PLACEHOLDER)
PAIR = "pair"
_KINDS = (
    (_PAIRS, PAIR, True),
    (_PASSWORDS, PASSWORD, True),
    (_MAYBE_PASSWORDS, PASSWORD, False),
    (_USERNAMES, USERNAME, True),
    (_MAYBE_USERNAMES, USERNAME, False),
)
_NAMED_SO = re.compile(r"(?:نام|شناسه|شناسهٔ|شناسه‌ی|شناسه ی|اسم|کد)(?:[\s\u200c]?ی)?[\s\u200c]?$")
_RENAMED = re.compile(
    r"(?:rename|delete|remove|unblock|unlock|unban|ban|suspend|restore|add|create|disable|enable"
    r"|reactivate|i am|i'm)(?: the| my| our| this)?\s\Z"
)
_NO_CUE = re.compile(r"[a-z]-?\Z|=[\"']?\Z")
_PLURAL = re.compile(r"(?:ان|ها|های|ین|انی)$|users$")
_BETWEEN_CUES = re.compile(
    r"[\s:=]{0,3}(?:/|\||,|،|و|and|&|\+|або|та|і|й|ו|\\|-|va|o|\s)[\s]{0,2}(?:the |my |ה"
    r"|و )?[\s\u200c]{0,2}"
)
_OF_ACCOUNT = re.compile(
    r"[\s\u200c](?:(?:ورود|به|برای|در|حساب|حسابِ|پنل|ناحیه|ناحیه‌ی|ناحیهٔ|صفحه|پرتال|پورتال|سامانه|بخش|محیط"
    r"|جدید|قبلی|فعلی|اصلی|من|ما|ی|for|of|to|the|my|our|your|new|old|this|до|від|на|мого|нового"
    r"|цього|твого|свого|של|ל|לה|ה|ב)[\s\u200c]){0,4}(?:ل|ל|ה|לה)?"
)
"""Between a password's name and whose it is: "رمز عبور حساب کاربری" names one thing."""
_PAIR_JOINT = re.compile(
    r"\s?[/|,;،:\\]\s?|\s(?:and|&|و|та|і|й|ו|-|—|–|va|with|з)\s?(?=[\s!-~])|[\s]{1,3}"
)
_NOT_AFTER = re.compile(r"[-_.][a-z\d]|\(|\s?\(\)|@|>|%")
_ADDRESS = re.compile(r"://|www\.|[?&]\w+=")


_OPTIONS = Anchored(
    {
        "-u": re.compile(
            r"(?<!\w)-?-u(?:ser(?:name)?)?[ =]?(?P<user>[\w.@-]{2,40}?)"
            r"(?:\s+(?:-p|--password[= ])(?P<value>[!-~]{4,64})|:(?P<other>[!-~]{4,64}))"
        )
    }
)
"""Of a command: mysql -u name -psecret, curl -u name:secret."""


def candidates(reading: Reading) -> Iterator[Candidate]:
    for option in reading.matches(_OPTIONS):
        yield _candidate(*option.span("user"), USERNAME)
        yield _candidate(*option.span("value" if option["value"] else "other"), PASSWORD)
    cues = _cues(reading)
    if not cues:
        return
    form, small = reading.form, reading.small
    taken = 0
    for place, cue in enumerate(cues):
        limit = cues[place + 1].start if place + 1 < len(cues) else len(form)
        if cue.type == PAIR:
            pair = list(_pair(form, small, cue, limit))
            taken = max([taken, *(one.end for one in pair)])
            yield from pair
            if pair or not (cue.sure and _PASS.search(small, cue.start, cue.end)):
                continue
            cue = cue._replace(type=PASSWORD)
        found = False
        for told in after(form, small, cue, limit):
            found = True
            taken = max(taken, told.end)
            yield _candidate(told.start, told.end, cue.type)
        if not found and cue.type == USERNAME:
            for one in _slashed(form, cue, limit):
                found = True
                taken = max(taken, one.end)
                yield one
        if not found:
            floor = max(taken, cues[place - 1].end if place else 0)
            told_before = before(form, small, cue, floor)
            if told_before is not None:
                yield _candidate(told_before.start, told_before.end, cue.type)


_SLASHED = re.compile(
    r"[\s:=]{1,3}(?P<user>[A-Za-z][\w.-]{2,40})\s?[/|]\s?(?P<value>[!-~]{4,64})", re.ASCII
)


def _slashed(form: str, cue: Cue, limit: int) -> Iterator[Candidate]:
    """ "login maria / Marie2020!" """
    found = _SLASHED.match(form, cue.end)
    if found is None or found.end("user") > limit:
        return
    value = found["value"].rstrip(".,;:)")
    if shape(value, latin=True) == STRONG and not is_common(found["user"].lower()):
        start = found.start("value")
        yield _candidate(*found.span("user"), USERNAME)
        yield _candidate(start, start + len(value), PASSWORD)


def _candidate(start: int, end: int, type_: str) -> Candidate:
    weight = PASSWORD_WEIGHT if type_ == PASSWORD else USERNAME_WEIGHT
    return Candidate(start, end, type_, weight, ("keyword",))


def _cues(reading: Reading) -> list[Cue]:
    """In order of place, none within another; a user's name beside a password's is a pair."""
    small = reading.small
    found: list[Cue] = []
    present = reading.present("has_word")
    for anchored, type_, sure in _KINDS:
        if anchored.own.isdisjoint(present):
            continue
        for match in reading.matches(anchored):
            start = match.start()
            before_ = small[max(0, start - 10) : start]
            if _NO_CUE.search(before_[-2:]):
                continue
            if type_ == USERNAME and not sure and _PLURAL.search(match.group()):
                continue
            if start and not small[start - 1].isspace() and ("://" in small or "?" in small):
                chunk = small[max(0, start - 200) : start].split()
                if chunk and _ADDRESS.search(chunk[-1]):
                    continue
            certain = sure or (
                match.group().startswith("کاربر") and bool(_NAMED_SO.search(before_))
            )
            if not certain and match.group() == "user":
                certain = bool(_RENAMED.search(small, max(0, start - 18), start))
            if _NOT_AFTER.match(small, match.end()) and not (small[match.end()] == "(" and certain):
                continue
            found.append(Cue(start, match.end(), type_, certain))
    found.sort(key=lambda cue: (cue.start, -cue.end, not cue.sure))
    cues: list[Cue] = []
    for cue in found:
        if cues and cue.start < cues[-1].end:
            continue
        joined = _joined(small, cues[-1], cue) if cues else None
        if joined is None:
            cues.append(cue)
        else:
            cues[-1] = joined
    return [cue for cue in cues if small[cue.end : cue.end + 1] != "/"]


def _joined(small: str, last: Cue, cue: Cue) -> Cue | None:
    """Two names side by side: "user/pass" names a pair, "رمز اکانتم" one thing."""
    joint = _BETWEEN_CUES.fullmatch(small, last.end, cue.start)
    if joint is None:
        owned = last.type == PASSWORD and last.sure and cue.type == USERNAME and not cue.sure
        if owned and _OF_ACCOUNT.fullmatch(small, last.end, cue.start):
            return Cue(last.start, cue.end, PASSWORD, True)
        return None
    sure = last.sure or cue.sure
    types = (last.type, cue.type)
    if not joint.group().strip():
        if PAIR in types or (types == (USERNAME, PASSWORD) and last.sure):
            return Cue(last.start, cue.end, PAIR, True)
        return Cue(last.start, cue.end, PASSWORD if PASSWORD in types else USERNAME, sure)
    if PAIR in types or last.type != cue.type:
        return Cue(last.start, cue.end, PAIR, sure)
    return None


_PASS = re.compile(r"pass|pwd|pw|رمز|پس|گذر|عبور|парол|סיסמ")
_SKIPPED = re.compile(
    r"[\s\u200c]{0,2}(?:(?:پنل|سایت|حساب|اکانت|من|ما|سرور|هاست|ورود|برای|is|are|for|the|my"
    r"|our|panel|site|"
    r"server|account|мої|від|до|сайту|кабінету|שלי|לאתר|הם|הן|اینه|اینا|هست|است|لاگین|ایناست"
    r"|مودم|ایمیل)[\s\u200c]{0,2}){0,5}"
)


def _pair(form: str, small: str, cue: Cue, limit: int) -> Iterator[Candidate]:
    """Two values, the user's name first, with a sign between them."""
    skipped = _SKIPPED.match(small, cue.end)
    begin = skipped.end() if skipped else cue.end
    marked = re.compile(r"[\s:=\-—–(\[«\"']{1,5}").match(form, begin)
    if marked is None:
        return
    begin = marked.end()
    hard = bool(re.search(r"[:=(\[«\"'—–-]", marked.group()))
    end = min(len(form), begin + REACH)
    first = re.compile(r"[^\s/|,;،:\\«»()]{3,60}").match(form, begin, end)
    if first is None:
        return
    joint = _PAIR_JOINT.match(form, first.end())
    second = re.compile(r"[!-~]{3,64}").match(form, joint.end(), end) if joint else None
    latin = is_latin(form[cue.start : begin])
    name = first.group().rstrip(".,")
    if not NO_MASKED.match(form, first.start() - 1):
        return
    kinds = shape(name, latin=latin)
    if second is None or joint is None:
        if kinds >= 3 or (hard and kinds == 2.5):
            yield _candidate(first.start(), first.start() + len(name), USERNAME)
        return
    strong_joint = bool(joint.group().strip(" ")) and joint.group().strip() not in ("-", ".")
    word = second.group().rstrip(".,;:)»\"'")
    kind = shape(word, latin=latin)
    if not hard and not (kind >= 3 and kinds >= 2):
        return
    if kinds < 1 or kind < 1 or (kind < 2 and (not strong_joint or not hard)):
        if kinds >= 3:
            yield _candidate(first.start(), first.start() + len(name), USERNAME)
        return
    if not name.isascii() or (kinds < 2 and kind < 2 and not latin):
        return
    yield _candidate(first.start(), first.start() + len(name), USERNAME)
    yield _candidate(second.start(), second.start() + len(word), PASSWORD)
