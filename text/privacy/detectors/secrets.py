"""What opens an account or pays: passwords, one-time codes, a card's second secrets. Only beside
their names, and never kept (see `spans.DESTROYED`)."""

import re
from collections.abc import Iterator

from text.privacy.naming import LINK, NO_PLACEHOLDER, OWN
from text.privacy.reading import Reading
from text.privacy.spans import CARD_CODE, OTP, PASSWORD, Candidate

WEIGHT = 97

_PASSWORD = re.compile(
    r"(?:رمز(?:[\s\u200c]{0,2}(?:عبور|ورود|حساب|پنل|هاست|ایمیل|وردپرس|وای[\s\u200c]?فای)){0,2}"
    r"|پسورد|پسوورد|گذرواژه|گذر[\s\u200c]واژه|کلمه[\s\u200c]?عبور"
    rf"|парол[ьяі]|סיסמ[הא]){OWN}{LINK}"
    r"|(?<!\w)(?:password|passwd|passcode|passphrase|pwd|ramze?[ ]?(?:obur|oboor|vorud|voroud)?"
    r"|pasvord)(?!\w)"
    rf"{LINK}"
    rf"|(?<!\w)pass(?!\w)(?P<bare>{LINK})",
    re.IGNORECASE,
)
_VALUE = re.compile(rf"{NO_PLACEHOLDER}(?![<{{%\[(*]|\$[A-Z_]+\b|https?:)[!-~]{{4,64}}")
_TAIL = re.compile(r"""[.,;:)"'»”`]+$""")
_STOP = re.compile(
    r"(?:required|wrong|incorrect|invalid|expired|reset|chang|forg[eo]t|update|must|should|not"
    r"|none|null|true|false"
    r"|string|field|length|min|max|hash|manager|protect|recover|and|or|for|is|was|has|the|here"
    r"|see|\d{1,2}-\d{1,2}$)",
    re.IGNORECASE,
)
_UNIT = re.compile(
    r"[\s\u200c-]{0,2}(?:رقم|کاراکتر|حرف|ساعت|دقیقه|روز|بار|مرتبه|digit|char|letter|hour|minute"
    r"|day|time)",
    re.IGNORECASE,
)
_ALPHABETIC = re.compile(r"[A-Za-z./,'_?!-]+|\d{1,3}%")
_LINE_END = re.compile(r"[\s.,;)\"'»”]*(?:$|\n)")

_OTP = re.compile(
    r"(?:کد[\s\u200c]?(?:تایید|تأیید|تائید|یک[\s\u200c]?بار[\s\u200c]?مصرف|فعال[\s\u200c]?سازی"
    r"|پیامکی|پیامک|احراز[\s\u200c]?هویت|دو[\s\u200c]?مرحله[\s\u200c]?ای)"
    r"|رمز[\s\u200c]?(?:پویا|یک[\s\u200c]?بار[\s\u200c]?مصرف)|код[\s](?:підтвердження|із смс"
    r"|з смс)|קוד[\s](?:אימות|חד[\s-]?פעמי)"
    r"|(?<!\w)(?:otp|2fa code|kode? ta[iy]+e?d|ramze? pooya|ramze? poya"
    r"|(?:verification|one[\s-]time|sms|two[\s-]factor|authentication|login)[\s-](?:code"
    r"|password|pin|passcode))(?!\w))"
    rf"{OWN}{LINK}(?:G-)?(?P<value>(?<!\d)(?:\d{{3}}[ -]\d{{3}}|\d{{4,8}}))(?![\d/.-]?\d)",
    re.IGNORECASE,
)
_OTP_FIRST = re.compile(
    r"(?<![\d.-])(?P<value>\d{4,8}) is (?:your|my|the) [a-z -]{0,30}(?:code|otp|password)",
    re.IGNORECASE,
)
_CARD_CODE = re.compile(
    r"(?:(?<!\w)cv[vc][\s-]?2?(?!\w)|سی[\s\u200c]?وی[\s\u200c]?وی[\s\u200c]?[2دو]{0,2}"
    r"|(?<!\w)card security code)"
    rf"{OWN}{LINK}(?P<cvv>\d{{3,4}})(?!\d)"
    rf"|(?:رمز[\s\u200c]?(?:دوم|اول|کارت)|پین[\s\u200c]?کارت|(?<!\w)(?:card pin|ramze? dovo?m"
    rf"|pin[\s-]?code)(?!\w))"
    rf"{OWN}{LINK}(?P<pin>\d{{4,12}})(?!\d)",
    re.IGNORECASE,
)
_EXPIRY = re.compile(
    rf"(?:انقضا(?:ی|ش)?|(?<!\w)(?:exp(?:iry|ires|iration)?(?: date)?|valid thru)(?!\w)){LINK}"
    r"(?P<value>\d{2}[ ]?[/-][ ]?\d{2})(?![ ]?[/.-]?\d)",
    re.IGNORECASE,
)
_CARD_NEAR = re.compile(
    r"کارت|cv[vc]2?|(?<!\w)(?:card|visa|mastercard)|\d{4}[ -]?\d{4}", re.IGNORECASE
)
_REACH = 60


def candidates(reading: Reading) -> Iterator[Candidate]:
    form = reading.form
    yield from _passwords(form)
    for pattern in (_OTP, _OTP_FIRST):
        for found in pattern.finditer(form):
            if not _UNIT.match(form, found.end("value")):
                yield Candidate(*found.span("value"), OTP, WEIGHT + 1)
    for found in _CARD_CODE.finditer(form):
        group = "cvv" if found["cvv"] else "pin"
        if not _UNIT.match(form, found.end(group)):
            yield Candidate(*found.span(group), CARD_CODE, WEIGHT + 1)
    for found in _EXPIRY.finditer(form):
        around = form[max(0, found.start() - _REACH) : found.end() + _REACH]
        if _CARD_NEAR.search(around):
            yield Candidate(*found.span("value"), CARD_CODE, WEIGHT + 1)


def _passwords(form: str) -> Iterator[Candidate]:
    for name in _PASSWORD.finditer(form):
        parted = any(sign in name.group() for sign in ":=«“\"'`")
        if name["bare"] is not None and not parted:
            continue
        value = _VALUE.match(form, name.end())
        if value is None:
            continue
        text = _TAIL.sub("", value.group())
        end = value.start() + len(text)
        if len(text) < 4 or _STOP.match(text) or _UNIT.match(form, end):
            continue
        if not parted and ("=" in text or "/" in text):
            continue
        plain = _ALPHABETIC.fullmatch(text)
        if plain and (text[-1] in "?!%" or not (parted and _LINE_END.match(form, end))):
            continue
        yield Candidate(value.start(), end, PASSWORD, WEIGHT)
