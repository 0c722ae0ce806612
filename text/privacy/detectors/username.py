"""Names of accounts, beside what says that they are one."""

import re
from collections.abc import Iterator

from text.privacy.naming import LINK, NO_PLACEHOLDER, OWN
from text.privacy.reading import Reading
from text.privacy.spans import USERNAME, Candidate

WEIGHT = 59

_NAME = re.compile(
    r"(?:نام[\s\u200c]?کاربری|شناسه[\s\u200c]?کاربری|یوزر[\s\u200c]?نیم|یوزر"
    r"|آیدی[\s\u200c]?(?:تلگرام|اینستا(?:گرام)?)?|логін)"
    rf"{OWN}{LINK}"
    rf"|(?<!\w)(?:user[\s_-]?name|(?:telegram|insta(?:gram)?) id|name karbari)(?!\w){LINK}",
    re.IGNORECASE,
)
_VALUE = re.compile(rf"{NO_PLACEHOLDER}@?[A-Za-z][A-Za-z0-9._-]{{2,40}}(?![A-Za-z0-9@(\[=])")
_TELLING = re.compile(r"[:=«“\"'`]|\b(?:is|hast|ine)\b|هست|است|اینه")
_ENDS = re.compile(r"\s*(?:$|[.,،;\n])")
_MARKED = re.compile(r"@|[A-Za-z][._]?\d|[a-z]_[a-z]")
_CODE = re.compile(r"[A-Z]{1,4}-?\d+")
_STOP = re.compile(
    r"(?:and|or|field|admin|administrator|root|user|guest|test|postgres|null|none|string"
    r"|required|not|already|taken"
    r"|see|invalid|wrong|incorrect|the|your|my|for|is|was|has|password)",
    re.IGNORECASE,
)


def candidates(reading: Reading) -> Iterator[Candidate]:
    form = reading.form
    for name in _NAME.finditer(form):
        value = _VALUE.match(form, name.end())
        if value is None:
            continue
        text = value.group().rstrip("._-")
        if _STOP.fullmatch(text) or _CODE.fullmatch(text):
            continue
        end = value.start() + len(text)
        told = _TELLING.search(name.group()) and (":" in name.group() or _ENDS.match(form, end))
        if told or _MARKED.search(text):
            yield Candidate(value.start(), end, USERNAME, WEIGHT)
