"""A file's records as rows, masked: `Incoming`.

A record is {"messages": […]} or {question, answer} with perhaps context, lang, id, split and
system. A chat gives a row for each of the assistant's messages, with all that was said before it.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from text.language import detect
from text.privacy import highest_numbers, mask
from tickets.patterns import active_patterns
from tickets.vault.masker import public_now
from training.datasets.rows import Row

TEST: Final = ("test", "holdout", "eval")
MAX_FIELD: Final = 100_000
"""Characters of one text."""
MAX_MESSAGES: Final = 1_000
_ROLES: Final = {"user": "customer", "human": "customer", "assistant": "agent", "gpt": "agent"}


Pair = tuple[str, str]
Pairs = tuple[Pair, ...]


class Refused(Exception):
    """Why a record is no row; the caller names the file."""


class _Empty(Exception):
    """A record without a question or an answer: passed over and counted."""


class Incoming:
    """`masked`: how many values of each type were taken out; `empty`: records without a question
    or an answer, which are passed over."""

    def __init__(self) -> None:
        self.learned: list[Row] = []
        self.test: list[Row] = []
        self.masked: Counter[str] = Counter()
        self.empty = 0
        self._keys: Counter[str] = Counter()

    @property
    def rows(self) -> int:
        return len(self.learned) + len(self.test)

    def add(self, line: int, record: dict[str, Any]) -> None:
        """Raises Refused."""
        masker = _Masker(line)
        try:
            made = _of_chat(record, masker) if "messages" in record else [_of_pair(record, masker)]
        except _Empty:
            self.empty += 1
            return
        self.masked.update(masker.types)
        side = self.test if str(record.get("split", "")).lower() in TEST else self.learned
        name = self._named(line, record, made)
        for turn, values in enumerate(made, start=1):
            key = name + (f"#{turn}" if turn > 1 else "")
            lang = _lang_of(record) or detect(values["question"])
            side.append(Row(key=key, kind="file", lang=lang, **values))

    def _named(self, line: int, record: dict[str, Any], made: Sequence[dict[str, Any]]) -> str:
        """By its own id, else by its words; the same name again gets a number of its own."""
        given = record.get("id", record.get("key", ""))
        words = "\0".join(f"{one['question']}\0{one['answer']}" for one in made)
        if isinstance(given, str | int) and 0 < len(str(given)) <= 200:
            name = _Masker(line).said(str(given).replace("~", "-").replace("#", "-"))
        else:
            name = hashlib.sha256(words.encode()).hexdigest()[:16]
        name = f"file:{name}"
        self._keys[name] += 1
        return name if self._keys[name] == 1 else f"{name}.{self._keys[name]}"


def _lang_of(record: dict[str, Any]) -> str:
    lang = record.get("lang")
    return lang if isinstance(lang, str) and 0 < len(lang) <= 12 else ""


class _Masker:
    """The texts of one record, with one numbering."""

    def __init__(self, line: int) -> None:
        self.line = line
        self.types: Counter[str] = Counter()
        self._numbers: dict[tuple[str, str], int] = {}

    def text(self, value: Any, name: str, *, needed: bool = True) -> str:
        if value is None and not needed:
            return ""
        if not isinstance(value, str):
            raise Refused(f"line {self.line}: {name} must be a text.")
        if needed and not value.strip():
            raise _Empty
        if len(value) > MAX_FIELD:
            raise Refused(f"line {self.line}: {name} is longer than {MAX_FIELD} characters.")
        return self.said(value.replace("\x00", "").strip())

    def said(self, text: str) -> str:
        # Placeholders stay: an exported data set holds real ones.
        found = mask(
            text,
            known=self._numbers,
            taken=highest_numbers([text]),
            patterns=active_patterns(),
            public=public_now(),
            escape=False,
        )
        self._numbers = found.numbers
        self.types.update(span.type for span in found.spans)
        return found.text


def _of_pair(record: dict[str, Any], masker: _Masker) -> dict[str, Any]:
    return {
        "question": masker.text(record.get("question"), "question"),
        "answer": masker.text(record.get("answer"), "answer"),
        "system": masker.text(record.get("system"), "system", needed=False),
        "passages": _context(record, masker),
    }


def _context(record: dict[str, Any], masker: _Masker) -> tuple[tuple[str, str], ...]:
    given = record.get("context")
    texts = given if isinstance(given, list) else [given] if given else []
    if len(texts) > MAX_MESSAGES:
        raise Refused(f"line {masker.line}: context has more than {MAX_MESSAGES} texts.")
    return tuple(("", masker.text(one, "context")) for one in texts)


def _of_chat(record: dict[str, Any], masker: _Masker) -> list[dict[str, Any]]:
    messages = record["messages"]
    if not isinstance(messages, list) or not 2 <= len(messages) <= MAX_MESSAGES:
        raise Refused(f"line {masker.line}: messages must be a list of 2 to {MAX_MESSAGES}.")
    system, passages = "", _context(record, masker)
    turns: list[tuple[str, str]] = []
    made = []
    for one in messages:
        role = one.get("role") if isinstance(one, dict) else None
        if role == "system" and not turns:
            system = masker.text(one.get("content"), "content")
            continue
        if role not in _ROLES:
            raise Refused(f"line {masker.line}: roles are system, user and assistant.")
        text = masker.text(one.get("content"), "content")
        if _ROLES[role] == "agent" and turns:
            made.append(_answered(turns, text, system, passages))
        turns.append((_ROLES[role], text))
    if not made:
        raise Refused(f"line {masker.line}: no message of the assistant's answers another.")
    return made


def _answered(
    turns: Sequence[tuple[str, str]],
    answer: str,
    system: str,
    passages: tuple[tuple[str, str], ...],
) -> dict[str, Any]:
    asked: list[str] = []
    for role, text in reversed(turns):
        if role == "agent" and asked:
            break
        asked.insert(0, text)
    return {
        "question": "\n".join(asked),
        "answer": answer,
        "system": system,
        "passages": passages,
        "turns": tuple(turns) if len(turns) > 1 else (),
    }
