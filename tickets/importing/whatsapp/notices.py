"""What WhatsApp itself wrote into a chat: `read_text` tells a person's words from notices and
media.

Four signs, from the surest: an invisible left-to-right mark before the text (iOS), the form of a
marker (`<…>` with nothing but words, a file name with a note in brackets, `<attached: …>`),
names of files that phones give, and the phrases of common languages. A caption under a marker
stays.
"""

import re
from typing import Final, NamedTuple

from tickets.importing.whatsapp.headers import visible
from tickets.importing.whatsapp.phrases import ENCRYPTION, MEDIA, SYSTEM

MEDIA_REASON: Final = "media"
SYSTEM_REASON: Final = "system"
_LRM: Final = "\u200e"
_LONGEST_OWN: Final = 300
_LONGEST_PHRASE: Final = 90
_EDIT_NOTE: Final = 80  # characters at the end in which it is looked for
_WORDS_ONLY = re.compile(
    r"<(?:[^\W\d_]+(?:[ \u00a0'’\u200c]+[^\W\d_]+){1,5}|[^\x00-\x7f]{3,30})>\.?"
)
_ATTACHED_TAG = re.compile(r"<[^<>:]{3,30}:\s?[^<>/\\]{1,200}\.\w{2,5}>$")
_FILE = r"[^<>:/\\\n]{1,200}\.[A-Za-z0-9]{2,5}"
_FILE_WITH_NOTE = re.compile(rf"{_FILE} \((?P<note>[^()\n]{{4,40}})\)$")
_PHONE_FILE = re.compile(
    r"(?:IMG|VID|AUD|PTT|STK|DOC)-\d{8}-WA\d{4}\.\w{3,4}(?: \([^()\n]{2,40}\))?$"
    r"|\d{8}-(?:PHOTO|VIDEO|AUDIO|STICKER|GIF)-[\d-]{10,24}\.\w{3,4}$"
)
_PAGES = re.compile(rf"{_FILE} • .{{1,60}}$")
_PLACE = re.compile(
    r"(?:[^\s:]{3,20}: )?https?://(?:maps\.google\.com|maps\.app\.goo\.gl|(?:www\.)?google\.com/maps|"
    r"foursquare\.com/v)/\S+$"
)
_POLL = re.compile(r"[^\W\d_]{3,12}:(?:\n.*)?\n\u200e?[^\W\d_]{3,14}: .+\(\D*\d+ [^()]+\)")
_EDITED = re.compile(
    r"\s*\u200e<[^<>\n]{5,60}>$|\s*<This message was edited>$|\s*<این پیام ویرایش شد>$"
)


class ReadText(NamedTuple):
    """`text`: a person's words, maybe none. `reason`: what was left out beside them, if any."""

    text: str
    reason: str | None


def read_text(text: str, *, own: bool) -> ReadText:
    """`own`: marks before a text are the application's here, not a person's."""
    if text.isascii() and "<" not in text and ")" not in text and len(text) > _LONGEST_PHRASE:
        return ReadText(text.strip(), None)
    if ">" in text[-3:]:
        text = text[:-_EDIT_NOTE] + _EDITED.sub("", text[-_EDIT_NOTE:])
    seen = visible(text)
    if not seen:
        return ReadText("", MEDIA_REASON)  # sent to be seen once: only the sender's name is there
    reason = _reason(text, seen, own=own)
    if reason:
        return ReadText("", reason)
    if _LRM not in text and "\n" not in text:
        return ReadText(text.strip(), None)
    return _without_marker(text)


def is_encryption_notice(text: str) -> bool:
    """The first line of a chat, whose arrival in the middle of a file means that another begins."""
    return len(text) < 2 * _LONGEST_OWN and visible(text).startswith(ENCRYPTION)


def _reason(text: str, seen: str, *, own: bool) -> str | None:
    if len(seen) <= _LONGEST_PHRASE:
        phrase = _phrase(seen)
        if phrase in MEDIA or _is_marker(seen):
            return MEDIA_REASON
        if phrase in SYSTEM:
            return SYSTEM_REASON
    elif _is_marker(seen):
        return MEDIA_REASON
    if seen.startswith(ENCRYPTION) or (seen[:7].isupper() and _POLL.match(text)):
        return SYSTEM_REASON
    if own and text.startswith(_LRM) and "\n" not in text and len(text) <= _LONGEST_OWN:
        return SYSTEM_REASON
    return None


def _phrase(seen: str) -> str:
    return seen.rstrip(".。").lower()


def _is_marker(seen: str) -> bool:
    """Something that stands for a file, a place or a card, whatever the language."""
    if seen[0] == "<" or seen[-1] == ">":
        return bool(_WORDS_ONLY.fullmatch(seen) or _ATTACHED_TAG.match(seen))
    if seen[-1] == ")" and (note := _FILE_WITH_NOTE.match(seen)):
        return note["note"].lower() in MEDIA or bool(_PHONE_FILE.match(seen)) or ".vcf" in seen
    if "://" in seen:
        return bool(_PLACE.match(seen))
    return "-" in seen and bool(_PHONE_FILE.match(seen))


def _without_marker(text: str) -> ReadText:
    """A marker in the first line has its caption under it; iOS puts the marker last."""
    first, broken, rest = text.partition("\n")
    if broken and visible(first) and _marks_media(first):
        return ReadText(rest.strip(), MEDIA_REASON)
    at = text.rfind(_LRM)
    if at > 0 and _marks_media(text[at:]):
        before = text[:at].strip()
        return ReadText("" if _PAGES.match(visible(before)) else before, MEDIA_REASON)
    if " • " in text and at > 0 and _PAGES.fullmatch(visible(text)):
        return ReadText("", MEDIA_REASON)
    return ReadText(text.strip(), None)


def _marks_media(line: str) -> bool:
    seen = visible(line)
    return bool(seen) and (_phrase(seen) in MEDIA or _is_marker(seen))
