"""Addresses of hosts, IPv4 and IPv6. What looks like one and says nothing about anybody stays: a
version, a network, a mask, the machine itself, the router's usual address, a public resolver."""

import re
from collections.abc import Iterator

from text.privacy.reading import Reading
from text.privacy.spans import IP, Candidate

WEIGHT = 84
_DOT = r"(?:\.|\[\.\]|\(\.\)|\{\.\})"
_V4 = re.compile(r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}")
_V4_BROKEN = re.compile(rf"[0-9]{{1,3}}(?:{_DOT}[0-9]{{1,3}}){{3}}")
"""With its dots in brackets, so that nobody clicks on it."""
_DOTTED = re.compile(r"\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]|\.[\])}][0-9]")
_DOTS = re.compile(_DOT)
_V6 = re.compile(
    r"(?<![\w:.])(?:[0-9a-f]{0,5}:){2,7}(?:[0-9a-f]{1,5}|(?:[0-9]{1,3}\.){3}[0-9]{1,3})?(?![\w:])"
)
_DIGITS_BEFORE = re.compile(r"(?:\d[.,]?|[\w]|\d[-_/])$")
_IP_STUCK = re.compile(r"(?<![a-z])ip$")
_MORE = re.compile(r"[.-]?[0-9]|[A-Za-z_]|\.[a-z]")
_NETWORK = re.compile(r"\s?/\s?(?:[0-9]|[12][0-9]|3[01])(?![0-9])")
# Words within reach say what four numbers are; the nearest one before decides.
_VERSION_WORD = (
    r"(?<![a-z])v(?:er(?:sion)?s?)?\.?(?![a-z])|version\w*|releas\w+"
    r"|(?<![a-z])builds?(?![a-z])|build_\w+"
    r"|firmware|drivers?(?![a-z])|librar(?:y|ies)|packages?(?![a-z])|plugins?(?![a-z])|sdk"
    r"|kernel|runtime"
    r"|(?:up|down)grad\w+|updat\w+|patch\w*|changelog|section|chapter|clause|rfc"
    r"|chrome|chromium|firefox|safari|edge/|opera|webkit|gecko|windows|office"
    r"|app(?: version)?(?![a-z])|module"
    r"|نسخه|ورژن|بیلد|ویرایش|فریم?[\s\u200c]?ور|فرم[\s\u200c]?ور|فریمور|سفت[\s\u200c]?افزار"
    r"|میان[\s\u200c]?افزار|درایور|کتابخانه"
    r"|کتابخونه|پکیج|بسته|پلاگین|افزونه|ماژول|ارتقا|آپدیت|اپدیت|آپگرید"
    r"|به[\s\u200c]?روز[\s\u200c]?رسانی|بروزرسانی|انتشار|کرنل"
    r"|هسته|بند|بخش|فصل|verzhen|version|nosche|noskhe"
    r"|верс[іи]\w*|прошивк\w*|збірк\w*|сборк\w*|білд\w*|реліз\w*|випуск\w*|драйвер\w*"
    r"|бібліотек\w*|пакет\w*|плаг[іи]н\w*"
    r"|модул\w*|оновл\w+|обновл\w+|ядр[оа]|розділ\w*|пункт\w*|патч\w*"
    r"|גרס[התא]\w*|גירס\w+|בני(?:יה|ה|ית)|בילד|שחרור|מהדור\w+|קושח\w+|דרייבר\w*|מנהל ההתקן"
    r"|ספרי(?:יה|ה|ת)"
    r"|חביל\w+|תוסף|מודול|עדכו?ן\w*|שדרו?ג\w*|עודכנ\w*|שודרג\w*|תיקון|ליבה|סעיף|פרק"
)
_NETWORK_WORD = (
    r"(?<![a-z])(?:my)?ip(?:v[46])?s?(?![a-z])|(?<=[_-])ip(?![a-z])|آی[\s\u200c]?پی|آیپی"
    r"|ایپی|ай-?п[іи]\w*|ה?איי?[\s-]?פי|כתובת\w*"
    r"|hosts?(?![a-z])|hostname|server|client|peer|remote|(?<![a-z])src|(?<![a-z])dst|source"
    r"|dest\w*|addr\w*"
    r"|ping\w*|(?<![a-z])ssh|telnet|traceroute|tracert|route|gateway|(?<![a-z])dns"
    r"|nameserver|proxy|vpn|vps|login|logged"
    r"|connect\w*|connection|listen\w*|bind|forwarded\w*|x-real-ip|subnet|router|firewall"
    r"|blocked|banned|allow|deny"
    r"|http|tcp|udp|node|endpoint|origin|whitelist|blacklist|modem|dhcp|(?<![a-z])nat(?![a-z])"
    r"|سرور|هاست|کلاینت|پینگ|لاگین|اتصال|وصل|پراکسی|پروکسی|روتر|مودم|گیت[\s\u200c]?وی|آدرس"
    r"|شبکه|فایروال|بلاک|مسدود|ورود"
    r"|прийшов|адрес\w*|сервер\w*|хост\w*|п[іи]нг\w*|вхід|зайшл\w+|підключ\w*|роутер\w*"
    r"|шлюз\w*|мереж\w*|трасув\w*|маршрут\w*|заблок\w*"
    r"|שרת\w*|פינג|התחבר\w*|נתב|מארח|רשת|חיבור|נכנס\w*|כניסה|חסום|חסמ\w*"
)
# "upgraded from 1.2.3.4": of an address only where no version is spoken of.
_WEAK_WORD = r"(?<!\w)(?:from|via|з|із|мій|(?<!بعد )(?<!قبل )از|my)(?!\w)"
_WORDS = re.compile(
    rf"(?P<version>{_VERSION_WORD})|(?P<network>{_NETWORK_WORD})|(?P<weak>{_WEAK_WORD})"
)
_RIGHT_BEHIND = re.compile(
    r"(?<!\w)(?<!بعد )(?<!قبل )(?<!بالاتر )(?<!پایین‌تر )(?<!جدیدتر )(?<!غیر )(?<!پس )(?<!پیش )"
    r"(?:از|az)\s$"
)
# "از 5.1.2.3" alone is where somebody came from, whatever part of a product the line is about.
_OF_VERSIONS = re.compile(
    r"نسخه|ورژن|بیلد|ویرایش|ارتقا|[آا]پدیت|آپگرید|به[\s\u200c]?روز|بروز|میان[\s\u200c]?افزار"
    r"|فریم?[\s\u200c]?ور|فرم[\s\u200c]?ور|سفت[\s\u200c]?افزار|درایور|انتشار|مهاجرت|دانگرید|کرنل"
    r"|افزونه|پلاگین|ماژول|کتابخ|پکیج|version|verzhen|versi?on|nos[kc]he|update|upgrade|patch"
    r"|firmware|driver|(?<![a-z])v\d"
)
_FROM_ANOTHER = re.compile(r"\d\.\d{1,5}\s(?:به|تا|to|на|до|ל)[\s-]$")
_TO_ANOTHER = re.compile(r"\s(?:به|تا|be|ta)\s(?:\S+\s){0,2}\d{1,5}\.\d")
_LETTER = re.compile(r"[a-z\u0400-\u06ff]")
_VERSION_SIGN = re.compile(r"(?:[<>~^=!]=|[<>~^]|(?:^|[\s(])v|[a-z]-|[a-z]_)\s?$")
_KEY_BEFORE = re.compile(r"(?P<key>[a-z_][\w-]*)[\"']?\s?[=:]\s?[\"']?$")
_USER_BEFORE = re.compile(r"(?<![/\w.@-])[a-z_][\w.-]*@$")
_HOST_PREFIXES = ("ip-", "ip_", "host-", "host_", "src_", "node-")
_AFTER = 24
_LARGE = 256
_BEFORE = 40
_SENTENCE = re.compile(r"[.!?؟;]\s|\n")
_PRODUCT_BEFORE = re.compile(r"[a-zа-яіїєא-ת\u0621-\u06d3][\s/]$")
_SMALL = 32
"""Versions have small numbers; three such at an address's beginning are one in two hundred."""
_NOBODYS = frozenset(
    re.findall(
        r"\S+",
        "8.8.8.8 8.8.4.4 1.1.1.1 1.0.0.1 9.9.9.9 4.2.2.4 4.2.2.2 208.67.222.222 208.67.220.220 "
        "178.22.122.100 185.51.200.2 10.202.10.202 10.202.10.102 192.168.1.1 192.168.0.1 "
        "192.168.1.0 192.168.0.0 10.0.0.0 172.16.0.0 169.254.169.254",
    )
)


def candidates(reading: Reading) -> Iterator[Candidate]:
    small = reading.small
    latin = reading.latin
    if "." in latin and _DOTTED.search(latin):
        last = -_BEFORE
        broken = ".]" in small or ".)" in small or ".}" in small
        for found in (_V4_BROKEN if broken else _V4).finditer(small):
            # In a line with addresses are addresses.
            beside = found.start() - last < _BEFORE and "\n" not in small[last : found.start()]
            if _is_host(small, found, beside=beside):
                last = found.end()
                yield Candidate(*found.span(), IP, WEIGHT, ("shape",))
    if ":" in latin and ("::" in latin or latin.count(":") > 6):
        for found in _V6.finditer(small):
            if _is_host_six(found.group()):
                yield Candidate(*found.span(), IP, WEIGHT, ("shape",))


def _is_host(small: str, found: re.Match[str], *, beside: bool) -> bool:
    start, end = found.span()
    text = _DOTS.sub(".", found.group())
    octets = text.split(".")
    if any(int(octet) > 255 or (len(octet) > 1 and octet[0] == "0") for octet in octets):
        return False
    if text in _NOBODYS or not 0 < int(octets[0]) < 224 or text.startswith("127.0."):
        return False
    before = small[max(0, start - _BEFORE) : start]
    if _DIGITS_BEFORE.search(before[-2:]) and not before[-1:].isspace() and not _stuck(before):
        return False
    if _MORE.match(small, end) or (octets[3] == "0" and _NETWORK.match(small, end)):
        return False
    if len(text) != end - start:  # nobody writes a version with its dots in brackets
        return True
    if beside and _called(before, "") != "version":
        return True
    if _FROM_ANOTHER.search(before) and _called("", small[end : end + _AFTER]) == "version":
        return False
    if before.endswith(("از ", "az ")) and _RIGHT_BEHIND.search(before):
        line = _SENTENCE.split(before)[-1] + small[end : end + _BEFORE].split("\n")[0]
        spoken = _OF_VERSIONS.search(line) or _TO_ANOTHER.match(small, end)
        large = max(int(one) for one in octets[:3]) >= _SMALL
        return not spoken or (large and not _OF_VERSIONS.search(before))
    return not _is_version(before, small[end : end + _AFTER], [int(one) for one in octets])


def _is_version(before: str, after: str, parts: list[int]) -> bool:
    if before.endswith("@"):
        return _USER_BEFORE.search(before) is None
    if _VERSION_SIGN.search(before):
        return not before.endswith(_HOST_PREFIXES)
    tiny = max(parts[:3]) < _SMALL
    called = _called(before, after)
    if called is not None:
        return called == "version" and (tiny or max(parts) < _LARGE)
    key = _KEY_BEFORE.search(before)
    return tiny and (key is not None or _PRODUCT_BEFORE.search(before) is not None)


def _called(before: str, after: str) -> str | None:
    """What the nearest word before says, or the first one behind, of the same line."""
    if not _LETTER.search(before) and not _LETTER.search(after):
        return None
    line = _SENTENCE.split(before)[-1]
    last = None
    for found in _WORDS.finditer(line):
        if last is None or found.lastgroup != "weak":
            last = found.lastgroup
    if last is None:
        behind = _WORDS.search(_SENTENCE.split(after)[0])
        last = behind.lastgroup if behind else None
    return last


def _stuck(before: str) -> bool:
    """ "آی پیم5.1.2.3": a word in another script right before it."""
    if _IP_STUCK.search(before):
        return True
    return bool(before) and not before[-1].isascii() and before[-1].isalpha()


def _is_host_six(text: str) -> bool:
    """Mistyped ones too: a group with a digit too many."""
    groups = text.split(":")
    if not 3 <= len(groups) <= 8 or (len(groups) < 8 and text.count("::") != 1):
        return False
    named = any(sign.isdigit() for sign in text) and len(text) > 6
    return named and len(groups[0]) >= 3 and not text.endswith("::")
