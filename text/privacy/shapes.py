"""How little a word looks like a word of running text: `shape(text, latin=…)`."""

import re
from typing import Final

from text.privacy.naming import NO_PLACEHOLDER
from text.privacy.plain_words import is_common

STRONG: Final = 4
"""Of mixed signs: nobody writes it but for a secret or a name of one's own."""
CODE: Final = 3
"""Capitals with digits, a name with a version: more often an error or a model."""
CAMEL: Final = 2.6
"""Letters of both sizes mixed: as a name of an account more often a product's."""
FOREIGN: Final = 2.5
"""Latin letters in a text of another script."""
NUMBER: Final = 2
PLAIN: Final = 1
"""Letters, as any word."""
NOTHING: Final = 0
"""An address, a date, a price, a path, markup: nothing that one calls by such a name."""

_NEVER: Final = re.compile(
    r"(?:[a-z]{2,10}://|www\.)\S+|[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"
    r"|\d{1,4}[/.:-]\d{1,2}(?:[/.:-]\d{1,4})?"
    r"|\d{1,3}(?:[.,]\d{3})+|v?\d+(?:\.\d+)+(?:-\w+)?|\d+[.,]\d+|[#№]\d+"
    r"|0x[0-9a-f]+|[/~\\]\S*|[a-z]:\\\S*|\W+|\d{1,3}(?:st|nd|rd|th|gb|mb|kb|ms|px|%|[a-z]{1,2})?"
    r"|[0-9a-f]{7,8}-[0-9a-f]{4}-\S+|[<\[{%].*[>\]}]|x{3,}|\*+\S*|\.{2,}|[a-z_.]+\(.*"
    r"|\$\{?\w*_?\w*\}?"
    r"|[\w-]+\.(?:php|html?|js|py|exe|apk|txt|pdf|png|jpe?g|docx?|xlsx?|zip|com|net|org|ir|io"
    r"|co|ua|il|env"
    r"|conf|cfg|ya?ml|json|xml|log|sh|app|dev|ai|info)(?:/\S*)?|[\w-]+(?:\.[\w-]+)+/\S*"
    r"|(?:\d{1,2}-)?\d{1,2}(?:am|pm)|\d+(?:x|×)\d+|\w*err_\S+|sqlstate\S*"
    r"|[a-z]+_[a-z]+_[a-z_]+|[<$%]\w.*"
)
_CODE: Final = re.compile(
    r"[A-Z]{1,6}[-_ ]?\d{1,7}[A-Za-z]{0,2}|[A-Z]+(?:[-_][A-Z0-9]+)+|[A-Z]\d{1,3}"
    r"|[A-Z]{2}\d{9}[A-Z]{2}|[ieEIrR]\d-\d{3,5}\w*"
)
VERSIONED: Final = re.compile(
    r"(?:sha|md|wpa|https?|ipv|win(?:dows)?|office|x86_|x|utf-?|base|oauth|mp|ec|fido|python"
    r"|php|mysql"
    r"|postgres(?:ql)?|argon|pbkdf|socks|tls|ssl|m|k|log4j|aes|rsa|ed|sql|v|usb|web|ver"
    r"|version|debian"
    r"|ubuntu|centos|ios|android|iphone|ipad|galaxy|node|java|vue|es|h|d|bcrypt|id|test|step|note"
    r"|page|line|level|chapter|http/|ie|s|g|i|l|p|tor|nginx|redmi|playstation|ps|core|gen"
    r"|mark|track|f)"
    r"-?\d{1,5}(?:[._-]?[a-z0-9]{1,4})?|[1-9]fa|u2f|s3|i18n|\d+(?:st|nd|rd|th)|covid-?\d+"
    r"|\d{1,4}-?(?:bit|digit|char|hour|day|min(?:ute)?|month|step|year|factor|time|way"
    r"|character|letter|core"
    r"|port|mm|inch|in)s?"
)
_MIXED: Final = re.compile(r"[^\W\d_]{2,}\d{2,}[^\W\d_]{0,3}|\d{2,}[^\W\d_]{3,}\d+")
_PARTS: Final = re.compile(r"[._'’/-]+")
_SYMBOL: Final = re.compile(r"[!@#$%^&*?~+=|]")
_INNER: Final = re.compile(r"[A-Za-z][!@#$%^&*?~+=|]+[A-Za-z]|^[@#$!&^]\S*[!@#$%^&*?~+=|]")
_CAMEL: Final = re.compile(
    r"[a-z]?(?:[A-Z][a-z]+)+|(?:[A-Z][a-z]+)+[A-Z]{1,4}|[A-Z]{2,4}[a-z]+|[a-z]{2,}(?:[A-Z][a-z]+)+"
)
_MARKUP: Final = re.compile(r"</?\w|\]\(|\*\*|\w=\w+&|&\w+=|\)\.\w")
_PLACEHOLDER: Final = re.compile(NO_PLACEHOLDER)
_LETTER: Final = re.compile(r"[^\W\d_]")
_DIGIT: Final = re.compile(r"\d")


def shape(text: str, *, latin: bool) -> float:
    """`latin`: the text around is of Latin letters."""
    small = text.lower()
    if _NEVER.fullmatch(small) or not _PLACEHOLDER.match(text) or _MARKUP.search(text):
        return NOTHING
    if not _LETTER.search(text):
        if text.isdigit():
            return NUMBER if 4 <= len(text) <= 16 else NOTHING
        return STRONG if len(text) >= 5 and _SYMBOL.search(text) else NOTHING
    if _DIGIT.search(text):
        if not text.isascii():
            return STRONG if len(text) >= 5 and _MIXED.fullmatch(text) else NOTHING
        if _CODE.fullmatch(text) or VERSIONED.fullmatch(small):
            return CODE
        return STRONG if len(text) >= 4 else NOTHING
    if not text.isascii():
        return NOTHING
    return _of_letters(text, PLAIN if latin else FOREIGN)


def _of_letters(text: str, word: float) -> float:
    """Of letters of ASCII, with signs between or around."""
    if _INNER.search(text):
        return STRONG if len(text) >= 5 else NOTHING
    bare = text.strip("?!,*#%@()&")
    parts = _PARTS.split(bare)
    if len(parts) > 1:
        common = [len(part) > 1 and is_common(part.lower()) for part in parts]
        every = all(common) if "_" in bare else any(common)
        if every or not all(part.isalpha() for part in parts) or len(bare) < 4:
            return word
        apart = "_" in bare or "." in bare or (bare[0].isupper() and parts[-1][0].isupper())
        return STRONG if apart or word == FOREIGN else CAMEL
    if not bare.isalpha():
        return NOTHING
    if bare[1:].islower() or bare.isupper() or len(bare) < 5:
        return word
    return CAMEL if _CAMEL.fullmatch(bare) else STRONG
