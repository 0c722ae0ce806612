"""A card's second secrets, beside their names: its security code, its PIN, when it expires. Never
kept (see `spans.DESTROYED`)."""

import re
from collections.abc import Iterator

from text.privacy.naming import LINK, OWN, UNIT_OF_SECRET
from text.privacy.reading import Anchored, Reading
from text.privacy.spans import CARD_CODE, Candidate

WEIGHT = 99
_G = r"[\s\u200c]"

_CVV = r"(?P<value>\d{3,4})(?!\d|[\s\u200c]?[/.:-]\d)"
_CVV_GAP = (
    rf"(?:{OWN}{LINK}|(?:[\s\u200c]{{1,2}}(?!err|status|fail|field|خطا|ارور|помилк|שגיא)[^\W\d_]{{1,12}}){{1,3}}"
    r"[\s\u200c]{0,2}[:=-]?[\s\u200c]{1,2})"
)
_CARD_CODES = Anchored(
    {
        stem: re.compile(rf"(?:{name}){_CVV_GAP}{_CVV}")
        for stem, name in (
            (
                "cv",
                r"cv[vc]2?(?:[\s-]?2(?!\d))?(?: ?code| number)?(?!\w)(?:\s?(?:کارت|ام|م)(?!\w))?",
            ),
            ("سی", rf"سی{_G}?وی{_G}?(?:وی|سی)(?:{_G}?[2دو]{{1,2}}(?!\d))?(?:{_G}کارت)?"),
            ("security", r"security code(?: of (?:the |my )?card)?"),
            ("card", r"card (?:security|verification) (?:code|number)"),
            ("کد امنیتی", f"کد امنیتی(?:{_G}کارت)?"),
            ("код безпеки", r"код безпеки(?: картки)?"),
            ("код cv", r"код cv[vc]2?"),
            ("קוד אבטחה", r"קוד אבטחה"),
            ("3 ספרות", r"3 ספרות בגב הכרטיס"),
            ("three digits", r"three digits on the back"),
        )
    },
    needs="has_number",
)
_PIN = r"(?P<value>\d{4,12})(?!\d|[\s\u200c]?[/.:-]\d)"
_PINS = Anchored(
    {
        stem: re.compile(rf"(?:{name}){OWN}{LINK}{_PIN}")
        for stem, name in (
            ("رمز", rf"رمز{_G}?(?:دوم|اول|کارت|عابر{_G}?بانک)(?:{_G}?(?:کارت|ثابت))?"),
            ("پین", rf"پین{_G}?(?:کارت|کد)"),
            ("card pin", r"card pin(?!\w)"),
            ("ramz", r"ramze? (?:do?vo?m|kart)(?!\w)"),
            ("pin", r"pin[\s-]?code(?!\w)"),
            ("пін", r"пін(?:[\s-]?код)?(?: картки)?(?!\w)"),
        )
    },
    needs="has_number",
)
_EXPIRY = Anchored(
    {
        stem: re.compile(rf"(?:{name}){LINK}(?P<value>\d{{2}}[ ]?[/-][ ]?\d{{2}})(?![ ]?[/.-]?\d)")
        for stem, name in (
            ("انقضا", "انقضا(?:ی|ش|ء)?(?: کارت)?"),
            ("exp", r"exp(?:iry|ires|iration)?(?: date)?(?!\w)"),
            ("valid", r"valid (?:thru|until)(?!\w)"),
        )
    },
    needs="has_number",
)
_CARD_NEAR = re.compile(r"کارت|cv[vc]2?|(?<!\w)(?:card|visa|mastercard)|\d{4}[ -]?\d{4}")
_REACH = 60


def candidates(reading: Reading) -> Iterator[Candidate]:
    small = reading.small
    for anchored in (_CARD_CODES, _PINS):
        for found in reading.matches(anchored):
            if not UNIT_OF_SECRET.match(small, found.end()):
                yield Candidate(*found.span("value"), CARD_CODE, WEIGHT, ("keyword",))
    for found in reading.matches(_EXPIRY):
        around = small[max(0, found.start() - _REACH) : found.end() + _REACH]
        if _CARD_NEAR.search(around):
            yield Candidate(*found.span("value"), CARD_CODE, WEIGHT - 1, ("keyword",))
