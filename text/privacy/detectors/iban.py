"""Account numbers: the Iranian Sheba (IR and 24 digits, often written without IR or in lower case)
and other countries' IBANs."""

import re
from collections.abc import Iterator

from text.privacy import keywords
from text.privacy.checks import iban_holds
from text.privacy.numbers import SEPARATORS, Window
from text.privacy.reading import Reading
from text.privacy.spans import IBAN, Candidate

SHEBA_DIGITS = 24
MISTYPED_DIGITS = (20, 26)
_IR_BEFORE = re.compile(
    rf"(?:(?<![A-Za-z])I\s?R|[آا]ی[\s\u200c]?آر)[{SEPARATORS}:]{{0,3}}$", re.IGNORECASE
)
_IR_AFTER = re.compile(rf"[{SEPARATORS}]{{0,2}}IR(?![A-Za-z])", re.IGNORECASE)
_FOREIGN = re.compile(
    rf"(?<![A-Za-z0-9])[A-Za-z]{{2}}\d{{2}}(?:[{SEPARATORS}]{{0,3}}[A-Za-z0-9]){{11,30}}"
)
_FOREIGN_DIGITS = re.compile(r"[0-9]{2}(?<=(?<![A-Za-z0-9])[A-Za-z]{2}[0-9]{2})")
# ISO 13616: how long each country's are.
_LENGTHS = {
    country: int(length)
    for country, length in re.findall(
        r"([A-Z]{2})(\d\d)",
        "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 "
        "DK18 DO28 EE20 EG29 ES24 FI18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 "
        "IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 "
        "MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 "
        "SC31 SE24 SI19 SK24 SM27 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 ",
    )
}
_SHAPES = re.compile(
    r"(?:AT|AE|BE|CH|CY|CZ|DE|DK|ES|FI|HR|HU|IL|IR|LT|NO|PL|PT|SA|SE|SK|TR|UA)\d+"
    r"|(?:GB|NL|IE|RO|LV|BG|QA|KW|IQ|PK)\d\d[A-Z]{4}\d+"
)
"""Of these countries no letter stands elsewhere: they are known though mistyped."""
_BETWEEN = re.compile(rf"[{SEPARATORS}]+")


def of_window(window: Window, category: str | None, reading: Reading) -> Candidate | None:
    count = len(window.digits)
    if count < MISTYPED_DIGITS[0]:
        return None
    form = reading.form
    full = count == SHEBA_DIGITS
    near = form[max(0, window.start - 9) : window.start]
    before = None
    if "R" in near or "r" in near or "ر" in near:
        before = _IR_BEFORE.search(form, max(0, window.start - 9), window.start)
    if before is not None:
        holds = full and iban_holds("IR" + window.digits)
        return Candidate(before.start(), window.end, IBAN, 100 if holds else 95 if full else 90)
    if full and (after := _IR_AFTER.match(form, window.end)):
        return Candidate(window.start, after.end(), IBAN, 93)
    if window.coded:
        return None
    if category == keywords.SHEBA:
        return Candidate(window.start, window.end, IBAN, 89 if full else 83, ("keyword",))
    if full and category != keywords.OTHER and iban_holds("IR" + window.digits):
        return Candidate(window.start, window.end, IBAN, 92, ("checksum",))
    if full and len(set(window.joints)) <= 1:
        # The post's tracking codes have 24 digits too: no card stands inside one.
        return Candidate(window.start, window.end, None, 82)
    return None


def candidates(reading: Reading) -> Iterator[Candidate]:
    """Other countries': letters may stand among the digits."""
    form = reading.form
    for digits in _FOREIGN_DIGITS.finditer(form) if reading.runs else ():
        found = _FOREIGN.match(form, digits.start() - 2)
        if found is None:
            continue
        called = reading.context.before(found.start()) == keywords.SHEBA
        end = _foreign_end(found.group(), called)
        if end:
            plain = _BETWEEN.sub("", found.group()[:end]).upper()
            weight = 100 if iban_holds(plain) else 91
            yield Candidate(found.start(), found.start() + end, IBAN, weight, ("checksum",))


def _foreign_end(text: str, called: bool) -> int:
    """Length of the beginning of `text` that is an IBAN; 0 if none. A mistyped one
    where it is `called` so."""
    length = _LENGTHS.get(text[:2].upper(), 0)
    places = [place for place, sign in enumerate(text) if not _BETWEEN.match(sign)][: length + 1]
    if not length or len(places) < length:
        return 0
    end = places[length - 1] + 1
    if len(places) > length and places[length] == end:
        return 0
    plain = _BETWEEN.sub("", text[:end]).upper()
    return end if called or iban_holds(plain) or _SHAPES.fullmatch(plain) else 0
