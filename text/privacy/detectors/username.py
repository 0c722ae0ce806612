"""Handles of accounts beside their platform's name, and in addresses of profiles."""

import re
from collections.abc import Iterator

from text.privacy.reading import Reading
from text.privacy.spans import USERNAME, Candidate

WEIGHT = 59
_LINKED = re.compile(
    r"(?:(?<![a-z])t\.me|telegram\.me|instagram\.com|twitter\.com|(?<![a-z])x\.com|facebook\.com"
    r"|tiktok\.com|linkedin\.com/in|rubika\.ir|eitaa\.com)/"
    r"(?!joinchat|share|p/|reel|explore|stories|s/|watch|login|accounts|settings|about|help)"
    r"(?P<value>@?[a-z0-9_][a-z0-9_.-]{2,40})(?![\w/(])"
)
_HANDLE = re.compile(r"(?<![\w@./+-])@(?=[\d_.]*[a-z])[a-z0-9_][a-z0-9_.]{2,31}(?![\w@/(=:])")
_PLATFORM = re.compile(
    r"تلگرام|اینستا|توییتر|روبیکا|آیدی|ایدی|پیج|دایرکت|کانال|telegram|insta|twitter|(?<![a-z])(?:ids?|dm|handle|tg|ig|tiktok|discord|username|user)(?![a-z])"
    r"|телеграм|інстаграм|інсті|нік|טלגרם|אינסטגרם|aydi|یوزر|کاربری|логін|משתמש|ניק|דיסקורד|тікток"
)
_BOT = "bot"
"""No person's: Telegram gives this ending to programs."""
_REACH = 40


def candidates(reading: Reading) -> Iterator[Candidate]:
    small, latin = reading.small, reading.latin
    if not reading.has_word:
        return
    if "@" in latin:
        for found in _HANDLE.finditer(small):
            around = small[max(0, found.start() - _REACH) : found.end() + _REACH]
            if _PLATFORM.search(around) and not found.group().endswith(_BOT):
                end = found.start() + len(found.group().rstrip("."))
                yield Candidate(found.start(), end, USERNAME, WEIGHT, ("context",))
    if "/" in latin and (".me/" in latin or ".com/" in latin or ".ir/" in latin):
        for found in _LINKED.finditer(small):
            if not found["value"].endswith(_BOT):
                yield Candidate(*found.span("value"), USERNAME, WEIGHT, ("shape",))
