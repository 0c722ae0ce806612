"""What a model wrote into pairs: `read_pairs(text)`.

Servers without structured output wrap JSON in fences, talk before it, think aloud, or stop in the
middle; whole pairs are taken wherever they stand.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

MAX_LETTERS = 200_000
MAX_PAIRS = 100
MAX_BROKEN = 500

_OPENING = re.compile(r"[{\[]")
_THINKING = re.compile(r"<think>.*?(?:</think>|\Z)", re.S)
_UNSTORABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
"""What PostgreSQL cannot keep, or nobody wants to read."""


def read_pairs(text: str) -> list[tuple[str, str]]:
    """(question, answer), as many as there are; [] if there are none."""
    text = _THINKING.sub("", text[:MAX_LETTERS])
    found: list[tuple[str, str]] = []
    for value in _values(text):
        found += _pairs(value)
        if len(found) >= MAX_PAIRS:
            break
    return found[:MAX_PAIRS]


def _values(text: str) -> Iterator[Any]:
    """JSON values from left to right; of one that is cut off, those inside it."""
    decoder = json.JSONDecoder()
    at = broken = 0
    while broken < MAX_BROKEN and (match := _OPENING.search(text, at)) is not None:
        try:
            value, at = decoder.raw_decode(text, match.start())
        except (ValueError, RecursionError):
            at, broken = match.start() + 1, broken + 1
        else:
            yield value


def _pairs(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and isinstance(value.get("questions"), list):
        value = value["questions"]
    for row in value if isinstance(value, list) else [value]:
        if not isinstance(row, dict):
            continue
        question, answer = row.get("question"), row.get("answer")
        if isinstance(question, str) and isinstance(answer, str):
            yield _UNSTORABLE.sub("", question), _UNSTORABLE.sub("", answer)
