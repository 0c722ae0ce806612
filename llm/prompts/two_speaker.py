r"""A conversation as one line: `<s><person1>…</s><s><person2>…</s>`, person1 the customer.

Public entries: `in_template` writes a turn, `spoken` reads one, `sealed` takes marks out. A new
line inside a turn is written `\n` and a backslash `\\`; marks of the template in a text lose their
angle brackets, in disguise too.
"""

import re
from typing import Final

from llm.prompts.layout import before
from llm.prompts.neutral import fenced
from text.privacy.numbers import INVISIBLE

PERSONS: Final = {"customer": "person1", "agent": "person2"}
END: Final = "</s>"

_IGNORED: Final = rf"[\s{INVISIBLE}]{{0,3}}"
_PERSON: Final = rf"[{INVISIBLE}]{{0,3}}".join("person")
_MARK: Final = re.compile(
    rf"[<＜]{_IGNORED}(/?){_IGNORED}(s|{_PERSON}{_IGNORED}[0-9۰-۹٠-٩]+){_IGNORED}(/?){_IGNORED}[>＞]",
    re.IGNORECASE,
)
_BREAKS: Final = re.compile(r"[\n\v\f\x1c-\x1e\x85\u2028\u2029]")
_before_end: Final = before(END)


def in_template(text: str) -> str:
    """A turn as one line that cannot end its own turn."""
    escaped = _without_marks(text).replace("\\", "\\\\").replace("\r\n", "\n").replace("\r", "\n")
    return _BREAKS.sub(r"\\n", escaped)


def spoken(text: str) -> str:
    """What stands before the turn's end, as it was before `in_template`. An escape that is not
    whole yet is left out."""
    own = _before_end(text)
    if (len(own) - len(own.rstrip("\\"))) % 2:
        own = own[:-1]
    return "\\".join(one.replace("\\n", "\n") for one in own.split("\\\\"))


def sealed(text: str) -> str:
    """As `fenced`, and without the marks of this template."""
    while (plain := _without_marks(fenced(_without_marks(text)))) != text:
        text = plain
    return text


def _without_marks(text: str) -> str:
    while (plain := _MARK.sub(r"(\1\2\3)", text)) != text:
        text = plain
    return text
