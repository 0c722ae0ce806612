"""What of a message its writer wrote: `own_text(text)`, without quotes of earlier messages and
without the signature. Pure.

Programs announce a quote in the writer's language: "On … wrote:", «در تاریخ … نوشت:», "… пише:",
"בתאריך … כתב:", Outlook's block of headers, a divider. Below it everything goes, unless the quote
is marked by ">" and the writer goes on below it.
"""

import re
from typing import Final

_UNSEEN = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_QUOTED = re.compile(r"\s*(?:>|\|\s)")
_WROTE: Final = re.compile(
    r"""
    (?:On|Am|Le)\b.{4,250}?\b(?:wrote|schrieb|écrit)\s*:
    | در\b.{3,250}?(?:نوشت|نوشته\ است|نوشته‌است|نوشته‌اند|نوشتند|نوشته)\s*[:：]
    | .{0,120}\d.{3,200}?(?:пише|написав(?:\(-?ла\))?|написала|написано|пишет|написал\(?а?\)?)\s*:
    | .{0,120}<[^<>\s]+@[^<>\s]+>\s*(?:пише|пишет|wrote|نوشت|כתב/?ה?)\s*:
    | (?:בתאריך|ב-|ב)\s?.{3,250}?(?:כתב/?ה?|כתבה|<[^<>\s]+@[^<>\s]+>)\s*:
    """,
    re.VERBOSE | re.IGNORECASE,
)
_DIVIDER = re.compile(
    r"[-_–—*=\s]{2,}\s*(?:"
    r"Original Message|Forwarded message|Original-Nachricht|Reply message"
    r"|پیام اصلی|پیام ارسال‌?\s?شده|پیام بازارسال شده|پیام هدایت‌?\s?شده"
    r"|Оригінальне повідомлення|Вихідне повідомлення|Пересилане повідомлення"
    r"|Исходное сообщение|הודעה מקורית|הודעה שהועברה"
    r")\s*[-_–—*=\s]*|Begin forwarded message:",
    re.IGNORECASE,
)
_HEADER_FROM = re.compile(r"\*?(?:From|از|فرستنده|Від|Од|От|מאת)\s*:\*?\s*\S", re.IGNORECASE)
_HEADER_MORE = re.compile(
    r"\*?(?:Sent|Date|To|Cc|Subject|ارسال‌?\s?شده|فرستاده‌?\s?شده|تاریخ|به|گیرنده|رونوشت|موضوع"
    r"|Надіслано|Дата|Кому|Копія|Тема|Отправлено|נשלח|תאריך|אל|עותק|נושא)\s*:\*?",
    re.IGNORECASE,
)
_SENT_FROM = re.compile(
    r"(?:Sent from (?:my |Yahoo|Mail|Outlook|Samsung|the )|Sent (?:via|with) |Get Outlook for "
    r"|ارسال(?:\s|‌)?شده (?:از|با) |فرستاده(?:\s|‌)?شده (?:از|با) |از (?:آیفون|گوشی|موبایل) من ارسال"
    r"|Надіслано (?:з|із) |Відправлено (?:з|із) |Отправлено с |נשלח מ).{0,80}",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"(?:با (?:تشکر|سپاس|احترام|آرزوی (?:موفقیت|بهترین‌ها))(?: (?:فراوان|از شما|و احترام))?"
    r"|با تشکر و احترام|ارادتمند(?: شما)?|سپاسگزارم?|موفق باشید|پیروز باشید"
    r"|(?:(?:best|kind|warm|many)\s+)?(?:regards|wishes)|best|sincerely(?: yours)?"
    r"|yours (?:sincerely|truly)"
    r"|(?:many )?thanks(?: (?:a lot|and (?:best )?regards))?|thank you|cheers"
    r"|[зс] повагою|щиро ваш[іа]?|дякую|בברכה|בכבוד רב|תודה(?: רבה)?)\s*[,،.!؛]*",
    re.IGNORECASE,
)
_MOST_SIGNATURE_LINES: Final = 8
_LONGEST_SIGNATURE_LINE: Final = 80
_FOLDED_LINES: Final = 3  # "On … wrote:" over so many lines


def own_text(text: str) -> str:
    """Empty where all of it is quoted."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(without_signature(_without_quotes(lines))).strip()


def _without_quotes(lines: list[str]) -> list[str]:
    plain = [_UNSEEN.sub("", line).strip() for line in lines]
    kept: list[str] = []
    place = 0
    while place < len(lines):
        folded = _announces(plain, place)
        if folded:
            after = _next_filled(plain, place + folded)
            if after is None or not _QUOTED.match(plain[after]):
                break  # no marks: all that follows is the quote
            place += folded
        elif _DIVIDER.fullmatch(plain[place]) or _is_header_block(plain, place):
            break
        elif _QUOTED.match(plain[place]):
            place += 1
        else:
            kept.append(lines[place])
            place += 1
    return kept


def _announces(plain: list[str], place: int) -> int:
    """How many lines, from this one on, say that a quote follows; 0 for none."""
    if not plain[place] or plain[place].startswith(">"):
        return 0
    joined = ""
    for count, line in enumerate(plain[place : place + _FOLDED_LINES], 1):
        if not line or line.startswith(">"):
            return 0
        joined = f"{joined} {line}".strip()
        if len(joined) > 400:
            return 0
        if line.endswith((":", "：")) and _WROTE.fullmatch(joined):
            return count
    return 0


def _next_filled(plain: list[str], place: int) -> int | None:
    return next((number for number in range(place, len(plain)) if plain[number]), None)


def _is_header_block(plain: list[str], place: int) -> bool:
    """From:, and two more headers in the next five lines."""
    if not _HEADER_FROM.match(plain[place]):
        return False
    following = plain[place + 1 : place + 6]
    return sum(bool(_HEADER_MORE.match(line)) for line in following) >= 2


def without_signature(lines: list[str]) -> list[str]:
    """Up to "-- ", a closing line with a short block below it, or "Sent from my …"."""
    for place, line in enumerate(lines):
        if line.rstrip("\r") in ("-- ", "--", "\u200f-- ") and place:
            lines = lines[:place]
            break
    lines = _trimmed(lines)
    while lines and _SENT_FROM.fullmatch(_UNSEEN.sub("", lines[-1]).strip()):
        lines = _trimmed(lines[:-1])
    first = max(len(lines) - _MOST_SIGNATURE_LINES, 1)
    for place in range(len(lines) - 1, first - 1, -1):
        if len(lines[place].strip()) > _LONGEST_SIGNATURE_LINE:
            break
        if _CLOSING.fullmatch(_UNSEEN.sub("", lines[place]).strip()):
            return _trimmed(lines[:place])
    return lines


def _trimmed(lines: list[str]) -> list[str]:
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    return lines[:end]
