"""Telephone numbers: Iranian mobiles and landlines, numbers with a country's code, and whatever
stands beside a word for telephone. What is surely no landline is called PHONE."""

import re

from text.privacy import keywords
from text.privacy.numbers import Window
from text.privacy.reading import Reading
from text.privacy.spans import LANDLINE, PHONE, Candidate

# National numbering plan of Iran (CRA): mobile operators, and area codes in force since 2015.
MOBILE = re.compile(r"9(?:0[0-5]|1\d|2[0-3]|3[0-9]|41|9\d)\d{7}")
AREA_CODES = frozenset(
    re.findall(
        r"\d\d",
        "11 13 17 21 23 24 25 26 28 31 34 35 38 41 44 45 "
        "51 54 56 58 61 66 71 74 76 77 81 83 84 86 87",
    )
)
LOOSE_DIGITS = (7, 15)
LOCAL_DIGITS = 8
"""An Iranian landline without its area code."""
_SURE = 74
_BY_AREA = (70, 74)
_BRITISH = 5
"""Digits that Britons write first."""
_LIKELY, _CLEAR = 60, 72
"""Above what guards versions."""
LOOSE = 50
"""Weight of what has only a keyword beside it."""
_CALLED = frozenset({keywords.PHONE, keywords.LANDLINE})
_ADDRESS_BEFORE = re.compile(r"(?<!wa\.me)[/=#&?]$")
_EXTENSION = re.compile(r"x\d{1,6}\b")
# Countries whose customers write without their code, by the text's script.
_REGIONS = {
    "hebrew": ("IL",),
    "cyrillic": ("UA",),
    "arabic": (),
    "latin": ("GB", "US", "TR", "AE", "IL", "UA"),
}
# By the national plans: what is not given out yet is a number too (mistyped, say).
_LOCAL_MOBILES = {
    "hebrew": re.compile(r"05\d{8}"),
    "cyrillic": re.compile(r"0(?:39|50|6[36-8]|7[13]|9[1-9])\d{7}"),
    "arabic": re.compile(r"(?!)"),
}
_MOBILE_WITH_CODE = re.compile(r"9725\d{8}|380(?:39|50|6[36-8]|7[13]|9[1-9])\d{7}")
_TEXT_BEFORE = re.compile(
    r"(?<![a-z])(?:text|texts|sms|reach|ring|dial|number)(?![a-z])\W{0,3}(?:\w{1,4}\W{1,2})?$"
)
_GOES_ON = re.compile(r"[ .-]?\d")
_CODES = {"IL": "972", "UA": "380", "TR": "90", "AE": "971", "GB": "44"}


def of_window(window: Window, category: str | None, reading: Reading) -> Candidate | None:
    if window.coded or category == keywords.SHEBA:
        return None
    if category == keywords.POSTAL:
        if not window.plus and not window.digits.startswith("00"):
            return None
        category = None  # no postal code begins as a number with its country's code does
    found = _iranian(window, category) or _abroad(window, category, reading)
    if found is None:
        found = _loose(window, category, reading)
    if found is None:
        return None
    type_, weight = found
    if type_ == LANDLINE and weight in _BY_AREA and (other := _of_elsewhere(window, reading)):
        type_, weight = other
    if window.decimal and weight < _SURE:
        return None
    if weight <= LOOSE and _in_address(reading.form, window):
        return None
    called = category in _CALLED
    if called and LOOSE < weight < _CLEAR and "." in window.joints:
        weight = _CLEAR
    if type_ == PHONE and category == keywords.LANDLINE and not _is_mobile(window.digits[-10:]):
        type_ = LANDLINE
    reasons = (
        ("shape", "keyword")
        if called and weight > LOOSE
        else ("keyword",)
        if called
        else ("shape",)
    )
    extension = _EXTENSION.match(reading.small, window.end)
    end = extension.end() if extension else window.end
    return Candidate(window.start, end, type_, weight, reasons)


def _of_elsewhere(window: Window, reading: Reading) -> tuple[str, int] | None:
    """An Iranian area code that is another country's beginning too: 07726 603211."""
    script = reading.script
    if script == "latin" and window.shape[0] == _BRITISH:
        kind = _kind(window.digits, "GB")
        return (kind, _CLEAR) if kind else None
    return (LANDLINE, _LIKELY) if script in ("hebrew", "cyrillic") else None


def _iranian(window: Window, category: str | None) -> tuple[str, int] | None:
    digits, called_other = window.digits, category is not None and category not in _CALLED
    count = len(digits)
    if count >= 12:
        national = digits.removeprefix("00") if not window.plus else digits
        if not national.startswith("98"):
            return None
        rest = national[2:].removeprefix("0")
        type_ = _type(rest)
        if type_ is None or count > 15:
            return None
        abroad = window.plus or digits.startswith("00")
        return (type_, 90) if abroad else None if called_other else (type_, 75)
    if window.plus or not 10 <= count <= 11:
        return None
    if digits[0] == "0" and count == 11:
        type_ = _type(digits[1:])
        if type_ == PHONE:
            return type_, 88
        if type_ == LANDLINE:
            parted = window.shape[0] in (3, 1)
            return (type_, 74) if parted else None if called_other else (type_, 70)
    if window.shape == (8, 3) and digits[8] == "0" and _type(digits[9:] + digits[:8]):
        return None if called_other else (LANDLINE, 70)
    if count == 10 and _is_mobile(digits):
        return None if called_other or window.decimal else (PHONE, 60)
    if count == 10 and category in _CALLED and _type(digits) == LANDLINE and digits[:2] == "21":
        return LANDLINE, 60
    return None


def _abroad(window: Window, category: str | None, reading: Reading) -> tuple[str, int] | None:
    digits = window.digits
    count = len(digits)
    unnamed = category is None or category in _CALLED
    if window.plus:
        if not 8 <= count <= 15:
            return None
        if kind := _kind("+" + digits, None):
            return kind, 76
        if category == keywords.OTHER:
            return None
        return (PHONE, 75) if category in _CALLED or _possible("+" + digits) else None
    if not unnamed or count < 9:
        return None
    if digits.startswith("00") and count > 10:
        kind = _kind("+" + digits[2:], None)
        return (kind, 65) if kind else None
    if _american_shape(window, reading.small):
        return PHONE, 69 if len(set(window.joints)) == 1 else 58
    if count > 13 or (category is None and any("/" in joint for joint in window.joints)):
        return None
    return _without_code(window, reading)


def _without_code(window: Window, reading: Reading) -> tuple[str, int] | None:
    """067-123-45-67 in a Ukrainian text; 380671234567, with the plus left out."""
    digits = window.digits
    if _MOBILE_WITH_CODE.fullmatch(digits):
        return PHONE, 62
    script = reading.script
    if script != "latin" and _LOCAL_MOBILES[script].fullmatch(digits):
        return PHONE, 62
    if _GOES_ON.match(reading.form, window.end):
        return None
    for region in _REGIONS[script]:
        code = _CODES.get(region)
        if code is None:
            continue
        kind = None
        if digits.startswith(code) and len(digits) > 10:
            kind = _kind("+" + digits, None)
        clear = len(window.shape) > 1 or (region in ("IL", "UA") and script != "latin")
        if kind is None and digits[0] == "0" and clear and len(digits) <= 11:
            kind = _kind(digits, region)
        if kind is not None:
            return kind, 62
    return None


def _loose(window: Window, category: str | None, reading: Reading) -> tuple[str, int] | None:
    """Only its keyword says that it is one."""
    low, high = LOOSE_DIGITS
    if category not in _CALLED or not low <= len(window.digits) <= high:
        return None
    if window.joints == (".",):  # 35.68923
        return None
    local = len(window.digits) == LOCAL_DIGITS and window.digits[0] not in "01"
    iranian = local and reading.script == "arabic"
    return (LANDLINE if iranian else PHONE), LOOSE


def _in_address(form: str, window: Window) -> bool:
    """The number of a page on the net, beside a word like WhatsApp in its host."""
    return _ADDRESS_BEFORE.search(form, max(0, window.start - 8), window.start) is not None


def _type(rest: str) -> str | None:
    """Of an Iranian number without its zero."""
    if len(rest) != 10:
        return None
    if rest[0] == "9":
        return PHONE if MOBILE.fullmatch(rest) else None
    return LANDLINE if rest[:2] in AREA_CODES and rest[2] not in "01" else None


def _is_mobile(rest: str) -> bool:
    return rest[0] == "9" and MOBILE.fullmatch(rest) is not None


def _american_shape(window: Window, small: str) -> bool:
    if (
        window.shape not in ((3, 3, 4), (1, 3, 3, 4))
        or window.digits[-10] not in "23456789"
        or window.digits[-7] not in "23456789"
        or any("/" in joint for joint in window.joints)
    ):
        return False
    if any(joint.strip() for joint in window.joints):
        return True
    return _TEXT_BEFORE.search(small, max(0, window.start - 14), window.start) is not None


def _possible(number: str) -> bool:
    """A country's code, and as many digits as numbers there have; a mistyped one too."""
    import phonenumbers

    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(number, None))
    except phonenumbers.NumberParseException:
        return False


def _kind(number: str, region: str | None) -> str | None:
    """What a number is, None where it is not valid; LANDLINE where it can be nothing else."""
    import phonenumbers  # 0.2 s of loading, needed for few texts

    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return None
    kind = phonenumbers.number_type(parsed)
    if kind == phonenumbers.PhoneNumberType.UNKNOWN:
        return None
    fixed = (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.VOIP)
    return LANDLINE if kind in fixed else PHONE
