"""One-time codes, beside their names, before them, or beside words for receiving and entering one.
Never kept (see `spans.DESTROYED`)."""

import re
from collections.abc import Iterator

from text.privacy.naming import LINK, PARTED, UNIT_OF_SECRET
from text.privacy.reading import Anchored, Reading
from text.privacy.spans import OTP, Candidate

WEIGHT = 98
LIKELY, WEAK = 70, 58
_G = r"[\s\u200c]"
_FA = r"(?:\u200c?[اآهیمتشون]{1,4})?(?!\w)"

_DIGITS = (
    r"(?:\d{3}[ \u200c-]\d{3,4}|\d{4}[ -]\d{4}|\d{2}-\d{2}-\d{2}|\d{2} \d{2} \d{2}|\d{4,8}"
    r"|\d(?:[ -]\d){3,7})"
)
_VALUE = (
    rf"(?P<value>(?<![\d.,/:+-])(?<!\d )(?:(?<!\w)[a-z]{{1,2}}-(?=\d{{4}}))?{_DIGITS}"
    r"|(?<![\w.,/:+\[-])(?=[a-z]{0,7}\d)(?=\d{0,7}[a-z])[a-z0-9]{5,8})(?![\w/:%@]|[.,-]\d"
    r"| \d{3}(?!\d))"
)
_GAP = r"(?P<gap>[^\d\n\r.!?؟]{0,40}?)"
_AFTER = re.compile(rf"(?:{_GAP}|(?P<line>\s?[:\-]?\s?[\n\r]))(?:[#\"'«“(\[])?{_VALUE}")
_JOINT = (
    r"[\s\u200c»”\"')\]]{0,3}(?:(?:is|was|as|for|the|a|an|my|your|our|this|that|google|bank"
    r"|new|sms|رو|را|به|عنوان|این|اون|همون"
    r"|هست|است|که|برای|واسه|-|—|–|=|:|це|є|як|ваш|твій|мій|для|був|прийшов|הוא|זה|היה|בתור|כ"
    r"|ה|של|ro|hamun)"
    r"[\s\u200c:]{1,2}|[-—–=:,]\s?){0,5}ה?"
)
_BEFORE = re.compile(rf"{_VALUE}{_JOINT}\Z")
_REACH_BEFORE = 48
_CLOSE = 12
"""With more between, what stands before the name is asked first."""
_NAMES = Anchored(
    {
        stem: re.compile(expression)
        for stem, expression in (
            (
                "کد",
                rf"کدِ?(?:{_G}?ی)?{_G}?(?:تایید|تأیید|تائید|یک{_G}?بار{_G}?مصرف|فعال{_G}?سازی"
                rf"|پیامکی|پیامک|ورود"
                rf"|احراز{_G}?هویت|احراز|دو{_G}?مرحله{_G}?ای|دو{_G}?عاملی|دو{_G}?فاکتوری"
                rf"|پیامک{_G}?شده|اس{_G}?ام{_G}?اس|otp"
                rf"|امنیتی{_G}پیامک|ارسالی|ارسال{_G}شده|موقت|ثبت{_G}?نام|اعتبار{_G}?سنجی"
                rf"|لاگین|پویا|گوگل|تلگرام|واتساپ"
                rf"|دریافتی|sms|راستی{_G}?آزمایی){_FA}",
            ),
            (
                "رمز",
                rf"رمز{_G}?(?:دوم{_G}?)?(?:پویا|یک{_G}?بار{_G}?مصرف|موقت|پیامکی|پیامک|یکبار){_FA}",
            ),
            (
                "код",
                r"код(?:ом|у|и|а)?[\s-](?:підтверд\w+|перевір\w+|автор\w+|автент\w+"
                r"|двофактор\w*|верифікац\w+|(?:із|з|зі|в|від|у)"
                r" (?:смс|sms|повідом\w+|месендж\w+|гугл\w*|google|банку)|смс|sms"
                r"|(?:для )?входу|активації|доступу|безпеки|двоетап\w*)",
            ),
            ("одноразов", r"одноразов\w{2,3} (?:код|пароль|пін)\w{0,2}"),
            ("перевірочн", r"перевірочн\w{2,3} код\w{0,2}"),
            ("смс", r"смс[\s-]?код\w{0,2}"),
            ("sms-код", r"sms-код\w{0,2}"),
            ("двофактор", r"двофакторн\w{2,3} (?:код|автентифікац)\w{0,3}"),
            (
                "קוד",
                r"קוד[\s-](?:ה?אימות|ה?אישור|ה?וידוא|ה?זיהוי|חד[\s-]?פעמי|ה?חד[\s-]?פעמי"
                r"|[במשלה-]{0,3}-?(?:sms|סמס|הודעה)"
                r"|שקיבלתי|שנשלח|ששלחתם|ה?כניסה|ה?התחברות|ה?הפעלה|ה?גישה|ה?זמני"
                r"|ה?דו[\s-]?שלבי|ה?ביטחון|ה?אבטחה ב?סמס)",
            ),
            ("סיסמה חד", r"סיסמה חד[\s-]?פעמית"),
            ("otp", r"otp(?:[ -]?(?:code|password))?(?!\w)"),
            ("2fa", r"2fa(?:[ -](?:code|token))?(?!\w)"),
            ("mfa", r"mfa(?:[ -](?:code|token))?(?!\w)"),
            ("authenticator", r"authenticator(?: app)?(?: (?:code|token))?(?!\w)"),
            (
                "kod",
                r"kod?e? ?(?:ta[eiy]{1,3}d\w{0,2}|vorud|voroud|sms|peyamak|payamak|faalsazi"
                r"|yek ?bar ?masraf|do ?marhale\w*)",
            ),
            (
                "code",
                r"code? (?:ta[eiy]{1,3}d\w{0,2}|vorud|voroud|sms|peyamak|payamak|faalsazi"
                r"|(?:by|from|via|in|of) (?:the |your |an? )?(?:sms|text|e-?mail"
                r"|authenticator|google))(?!\w)",
            ),
            ("ramz", r"ramze? (?:dovome? )?(?:pooya|poya|puya|yek ?bar ?masraf)"),
            *(
                (stem, rf"{name}[\s-](?:code|password|pin|passcode|otp|number|token)s?(?!\w)")
                for stem, name in (
                    ("verif", r"verif(?:ication|y|ying)"),
                    ("one", r"one[\s-]?time"),
                    ("sms", r"sms"),
                    ("text", r"text(?: message)?"),
                    ("two", r"two[\s-](?:factor|step)"),
                    ("auth", r"auth(?:entication|enticator|orization|orisation)?"),
                    ("login", r"login"),
                    ("sign", r"sign[\s-]?in"),
                    ("confirm", r"confirm(?:ation)?"),
                    ("activ", r"activation"),
                    ("secur", r"security"),
                    ("access", r"access"),
                )
            ),
        )
    },
    needs="has_number",
)
_ANY_CODE = Anchored(
    {
        stem: re.compile(rf"{stem}(?P<link>(?:ی|ه|م|ו|ом|у|و|ش|esh|am|o)?{LINK}){_VALUE}")
        for stem in ("کد", "رمز", "code", "kod", "cod", "код", "קוד")
    },
    needs="has_number",
)
_MESSAGES = Anchored(
    {
        stem: re.compile(stem)
        for stem in ("پیامک «", "پیامک: «", 'پیامک "', 'סמס "', 'סמס: "', "סמס כתוב")
    },
    needs="has_number",
)
"""With these a text is looked at, though no code is named."""
_RECEIVED = re.compile(
    r"(?<![a-z])(?:sms|otp|text(?:ed)?|verif\w+|expired?|got|received?|sent me"
    r"|log ?in|sign ?in|enter(?:ed)?|valid|invalid|2fa|two-factor|authenticat\w+)"
    r"(?![a-z])|(?:do not|don.t|never) share|share it|peyamak|payamak|umad|oomad|omad|نامعتبر"
    r"|معتبر|پیامک|اس ام اس|اومد"
    r"|آمد|فرستاد|ارسال شد|دریافت|تایید|تأیید|احراز|لاگین|اس‌ام‌اس"
    r"|وارد|منقضی|قبول نکرد|قبول نمی|نمی[\s\u200c]?گیره|ورود|به کسی ند|در اختیار|اعتبار"
    r"|смс|sms|прийш|отрима|надійш|надісл|недійсн|дійсн|повідом|ввод|ввів|підтвер|вхо|вхід"
    r"|простроч|не підходить"
    r"|קיבל|הודע|סמס|תקף|תוקף|למסור|אימות|כניס|התחבר|הגיע|נשלח|הזנתי|להזין"
)
_CODE_OF_ELSE = re.compile(
    r"(?:error|exit|status|source|country|area|discount|promo|coupon|voucher|gift|zip|postal"
    r"|post|response|return|http|bar|qr"
    r"|product|color|colour|item|order|tracking|booking|customer|client|employee|student"
    r"|reference|ref|branch|swift|sort"
    r"|خطای?|ارور|تخفیف|سفارش|رهگیری|پیگیری|کالا|محصول|خریدم?(?: با)?|مشتری|پرسنلی|پروژه|شعبه"
    r"|مرسوله|помилки|вихідний"
    r"|код|exit)[\s:#-]{1,2}$"
)
_NO_GAP = re.compile(
    r"خطا|ارور|سفارش|تیکت|ساعت|تاریخ|سال|پورت|مبلغ|قیمت|فاکتور|شماره|تلفن|error|order|ticket"
    r"|port|status|http|نسخه|مدل"
    r"|since|until|year|line|version|помилк|замовл|тікет|версі|порт|שגיא|הזמנ|גרסה|פורט|:.*:"
    r"|\[|<|number|phone|номер|מספר"
    r"|خرید|کارت|card|картк|כרטיס|password|пароль|רמ|סיסמה|پسورد|нарахув|за \d|within"
    r"|for the last|تومان|ریال"
)
_CLAIMED = re.compile(
    r"(?<!\w)(?:order|ticket|#|№|no\.?|number|invoice|error|port|version|ref|case|phone|tel"
    r"|card|year|since|until|pid|id|postcode|zip"
    r"|package|parcel|purchase|request|посилка|звернення|накладна|покупка|חבילה|קנייה|משלוח"
    r"|بسته|مرسوله|درخواست|сума|замовлення|тікет|помилка|порт|версія|номер|телефон|року|роком"
    r"|הזמנה|פנייה|שגיאה|פורט|גרסה|מספר|טלפון|בשנת"
    r"|سفارش|تیکت|فاکتور|شماره|خطای?|ارور|پورت|نسخه|مدل|مبلغ|قیمت|سال|ساعت|تلفن|تخفیف|رهگیری"
    r"|پیگیری|مرجع|کارت|به|تا|از|ending in|в|у|за|по)[\s:.#№-]{0,3}$"
)
_MESSAGE_LATIN = ("sms", "text", "peyamak", "payamak", "message")
_MESSAGE = (
    "پیامک",
    "اس ام اس",
    "اس‌ام‌اس",
    "смс",
    "סמס",
    "הודע",
    "повідомл",
)
_TOLD_BY_MESSAGE = re.compile(
    r"(?<![a-z])(?:sms|texted|texts?|text message|peyamak|payamak)(?![a-z])|پیامک|اس.ام.اس|смс|סמס"
)
_QUOTED = re.compile(
    r"(?:\s(?:saying|says|said|reads|reading|with|was|is|כתוב|היה|עם|написано|був|з|نوشته|با|این|بود))"
    rf"{{0,2}}[\s:]{{0,3}}[\"«“„'\u2018](?:use |enter |введіть )?{_VALUE}[.!]?[\"»”“'\u2019]"
)
"""All that the message said."""
_FOR_ENTERING = re.compile(
    r"(?<![a-z])(?:codes?|log(?:ging)? ?in|login|sign(?:ing)? ?in|verif\w+|confirm\w*|2fa"
    r"|two-factor|authenticat\w+|one-time|vorud|taeed|kod)(?![a-z])"
    r"|کد|رمز|ورود|تایید|تأیید|لاگین|код|вхо|вхід|підтвер|увійти|קוד|כניסה|אימות|להתחבר|להיכנס"
)
_ENTERED = re.compile(
    r"(?:use|enter|type|entered|typed|input|put|using|введіть|введи|вводжу|ввів|הזן|הזינו"
    r"|הכניסו|תכניסו|וارد|با)\s(?:the\s|this\s|in\s|код\s|קוד\s|את\s)?"
    rf"{_VALUE}\s(?:to|for|as|щоб|для|כדי|ל|برای|واسه)\s?-?(?:sign|log|verif|confirm|complete"
    rf"|authentic|access|finish|continue|activat|вхо|увій|підтвер"
    r"|להיכנס|להתחבר|אימות|כניסה|ورود|تایید|لاگین)"
)
_PURPOSE = re.compile(r"[0-9][a-z]{0,3}['\"»”)]?\s(?:to|for|as|щоб|для|כדי|ל|برای|واسه)[\s-]")
_FOR = ("برای", "واسه", "щоб", "для", "כדי", "ל")
_ANY_VALUE = re.compile(_VALUE)
_CALLED = re.compile(r"(?:code|کد|код|קוד)[\s:#]{0,3}$")
_YEAR = re.compile(r"13[5-9]\d|14[01]\d|19[5-9]\d|20[0-3]\d")
_SENTENCE_END = re.compile(r"[.!?؟]\s|[\n\r]")


def candidates(reading: Reading) -> Iterator[Candidate]:
    small = reading.small
    for name in reading.matches(_NAMES):
        yield from _named(reading, name)
    for found in reading.matches(_ANY_CODE):
        start, end = found.start(), found.end()
        before = small[max(0, start - 40) : start]
        if (before[-1:].isalpha() and before[-1:] not in "הבלו") or _CODE_OF_ELSE.search(before):
            continue
        if _YEAR.fullmatch(found["value"]) and not PARTED.search(found["link"]):
            continue
        around = f"{before}{found['link']}\n{small[end : end + 45]}"
        if _RECEIVED.search(around) and _fits(reading, found):
            yield Candidate(*found.span("value"), OTP, LIKELY, ("keyword", "context"))
    for found in _ENTERED.finditer(small) if _is_for(reading) else ():
        if _fits(reading, found):
            yield Candidate(*found.span("value"), OTP, LIKELY, ("context",))
    latin = reading.latin
    if [word for word in _MESSAGE_LATIN if word in latin] or (
        not small.isascii() and [word for word in _MESSAGE if word in small]
    ):
        yield from _by_message(reading)


def _is_for(reading: Reading) -> bool:
    """Whether a number stands before a word for a purpose."""
    small, latin = reading.small, reading.latin
    if "to" in latin or "for" in latin or "as" in latin or [one for one in _FOR if one in small]:
        return _PURPOSE.search(small) is not None
    return False


def _named(reading: Reading, name: re.Match[str]) -> Iterator[Candidate]:
    small = reading.small
    found = _AFTER.match(small, name.end())
    if found is not None and not _follows(reading, found):
        found = None
    if found is None or len(found["gap"] or "") > _CLOSE:
        begin = max(0, name.start() - _REACH_BEFORE)
        told = _last(small, begin, name.start())
        found = told if told is not None and _fits(reading, told) else found
    if found is not None:
        yield Candidate(*found.span("value"), OTP, WEIGHT, ("keyword",))


def _last(small: str, begin: int, end: int) -> re.Match[str] | None:
    """What stands last before a name, with words between that say so."""
    for found in _ANY_VALUE.finditer(small, begin, end):
        told = _BEFORE.match(small, found.start(), end)
        if told is not None and not _CLAIMED.search(small, max(0, begin - 24), found.start()):
            return told
    return None


def _follows(reading: Reading, found: re.Match[str]) -> bool:
    gap, value = found["gap"] or "", found["value"]
    if _CLAIMED.search(gap[-24:]) and len(gap) > _CLOSE:
        return False
    if not _fits(reading, found) or _NO_GAP.search(gap) or len(gap.split()) > 7:
        return False
    return not (len(gap.strip(" :=\u200c-")) > 8 and _YEAR.fullmatch(value))


def _fits(reading: Reading, found: re.Match[str]) -> bool:
    """No number of something, and in capitals where letters are among the digits."""
    start, end = found.span("value")
    value = reading.form[start:end]
    if UNIT_OF_SECRET.match(reading.small, end):
        return False
    letters = [sign for sign in value if sign.isalpha()]
    return not letters or value[1:2] == "-" or all(sign.isupper() for sign in letters)


def _by_message(reading: Reading) -> Iterator[Candidate]:
    """A number that a message told, where one speaks of entering it."""
    small = reading.small
    for message in _TOLD_BY_MESSAGE.finditer(small):
        begin, end = max(0, message.start() - 34), min(len(small), message.end() + 34)
        for stop in _SENTENCE_END.finditer(small, begin, end):
            if stop.end() <= message.start():
                begin = stop.end()
            elif stop.start() >= message.end():
                end = stop.start() + 1
                break
        if not _FOR_ENTERING.search(small, begin, end):
            quoted = _QUOTED.match(small, message.end())
            if quoted and not _YEAR.fullmatch(quoted["value"]) and _fits(reading, quoted):
                yield Candidate(*quoted.span("value"), OTP, WEAK, ("context",))
            continue
        for found in _ANY_VALUE.finditer(small, begin, end):
            plain = (
                not _YEAR.fullmatch(found["value"])
                and found["value"].replace("-", "").replace(" ", "").isdigit()
            )
            called = _CALLED.search(small, max(0, found.start() - 40), found.start())
            if called is not None and _CODE_OF_ELSE.search(
                small, max(0, called.start() - 24), called.start()
            ):
                continue
            if (
                plain
                and _fits(reading, found)
                and not _CLAIMED.search(small, max(0, found.start() - 24), found.start())
            ):
                yield Candidate(*found.span("value"), OTP, WEAK, ("context",))
