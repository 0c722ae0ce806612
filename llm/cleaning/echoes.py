"""Parts of the prompt in the answer: heads of sections, names of roles, control tokens.

A model that goes on after its answer writes the next message of the conversation, and one that was
told to repeat its instructions writes them. From the first such line on, the text is no answer.
"""

import re
from typing import Final

from llm.prompts.layouts import LANGUAGES, LAYOUTS, MARK

_HEADS: Final = re.compile(
    rf"[ \t>*_]*{MARK}#*[ \t]*(?:article|draft|past question|past answer|customer|agent|reply|"
    r"system|user|assistant|instructions?|response|answer|question|context)\b",
    re.IGNORECASE,
)
# Not "user" or "system": they begin lines of settings that answers are full of.
_ROLE_WORDS: Final = "customer|human|مشتری|клієнт|לקוח"
_ROLES: Final = re.compile(
    rf"^[ \t>*_\[]*(?:{_ROLE_WORDS})[\])*_]*[ \t]*[:：]", re.IGNORECASE | re.MULTILINE
)
_OWN: Final = re.compile(
    r"\A[\s>*_\[]*(?:agent|assistant|reply|response|answer|support|پاسخ|پشتیبان|پشتیبانی|відповідь|"
    r"агент|תשובה|נציג)[\])*_]*[ \t]*[:：][*_ \t]*",
    re.IGNORECASE,
)
_CONTROL: Final = re.compile(
    r"<\|[^|<>\n]{1,40}\|>|<｜[^<>\n]{1,40}｜>|</?s>|<(?:bos|eos|pad|unk|mask)>|"
    r"</?(?:start|end)_of_turn>|\[/?INST\]|<</?SYS>>|</?person\d{1,3}>",
    re.IGNORECASE,
)
_LEADING: Final = re.compile(rf"\A(?:\s*(?:{_CONTROL.pattern}))+\s*", re.IGNORECASE)
_STARTS: Final = (*sorted({one.invocation.strip() for one in LAYOUTS.values()}), "### Agent")
"""The marks that an answer follows."""
_THOUGHT: Final = re.compile(r"<think>.*?(?:</think>|\Z)", re.IGNORECASE | re.DOTALL)
_RULES: Final = re.compile(
    rf"^[^\n]*(?:Reply in (?:{'|'.join(LANGUAGES.values())})[^\n]{{0,20}} for the support team|"
    r"You write for the support team|You edit replies of the support team|"
    r"Write the same reply again, in |Each section below begins with a line|"
    r"Answer the customer's last message from the articles|"
    r"Write plain text: no markup, and no links)[^\n]*$",
    re.IGNORECASE | re.MULTILINE,
)


def without_echo(text: str) -> tuple[str, int]:
    """(the answer alone, how many echoes were cut)."""
    count = 0
    text, thoughts = _THOUGHT.subn("", text)
    text = text.lstrip()
    for start in _STARTS:
        if text.startswith(start):
            text, count = text[len(start) :].lstrip(": \n"), count + 1
    text, leading = _LEADING.subn("", text)
    text, own = _OWN.subn("", text)
    count += thoughts + leading + own
    ends = [found.start() for one in (_HEADS, _ROLES, _RULES) if (found := one.search(text))]
    ends += [found.start() for found in [_CONTROL.search(text)] if found]
    if ends:
        text, count = text[: min(ends)], count + 1
    return text.strip(), count
