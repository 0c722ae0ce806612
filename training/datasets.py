"""Frozen data sets: what a run learns from, as JSONL with a digest.

Public entries: `Row` (a question with what search found for it and the team's answer), `Corpus`
(what a base reads), `write_jsonl`, `read_rows`, `digest_of`, `split`. Pure: rows come from
`training.snapshots`, which asks the database; the methods only ever see what is here, so a run can
be repeated from its files.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from llm.prompts import Passage, PastAnswer, PromptInput, Turn

Kind = Literal["ticket", "reply", "article", "faq", "generated", "rated", "file"]


@dataclass(frozen=True)
class Row:
    """`answer` is what the team wrote; `reply` is the number of the standard reply that it is a
    wording of. An `article` row asks with a sentence of an article instead of a customer's words.
    `passages` are (title, text) and `similar` (question, answer), best first, as search found them
    with the row itself left out. `turns`: the conversation before the answer as (role, text),
    oldest first, where there is more of it than the question. `system`: what a chat's row says
    before its turns. `customer`: the keyed hash of whose row it is, "" where nobody knows; `at`:
    when the answer was given (ISO 8601, UTC). Both decide on which side of a split a row stands.
    """

    key: str
    kind: Kind
    lang: str
    question: str
    answer: str
    reply: int = 0
    passages: tuple[tuple[str, str], ...] = ()
    similar: tuple[tuple[str, str], ...] = ()
    turns: tuple[tuple[str, str], ...] = ()
    system: str = ""
    customer: str = ""
    at: str = ""

    def prompt_input(self, *, company: str) -> PromptInput:
        return PromptInput(
            lang=self.lang,
            company=company,
            passages=tuple(Passage(*one) for one in self.passages),
            similar=tuple(PastAnswer(*one) for one in self.similar),
            turns=tuple(
                Turn("agent" if role == "agent" else "customer", text) for role, text in self.turns
            )
            or (Turn("customer", self.question),),
        )


@dataclass(frozen=True)
class Preference:
    """Two drafts for one message: agents liked `chosen` better than `rejected`, by `gap` stars (0
    where the reply that was sent stands against a draft that was not). `row` has the prompt; its
    answer is `chosen`."""

    row: Row
    chosen: str
    rejected: str
    gap: int = 0


@dataclass(frozen=True)
class Section:
    """A part of an article under one heading."""

    title: str
    heading: str
    text: str
    lang: str


@dataclass(frozen=True)
class Asked:
    """A past question, and the title of the article that it belongs to ("" where none is near)."""

    question: str
    title: str
    lang: str


@dataclass(frozen=True)
class Corpus:
    """What a base reads: articles, and past tickets' questions without their answers."""

    sections: tuple[Section, ...]
    asked: tuple[Asked, ...]


def write_jsonl(path: Path, items: Iterable[Any]) -> str:
    """Write dataclasses a line each; returns the digest of the file's bytes."""
    lines = [json.dumps(asdict(one), ensure_ascii=False, sort_keys=True) for one in items]
    body = "".join(f"{line}\n" for line in lines).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    return hashlib.sha256(body).hexdigest()


def digest_of(items: Iterable[Any]) -> str:
    """The digest that `write_jsonl` would return."""
    running = hashlib.sha256()
    for one in items:
        line = json.dumps(asdict(one), ensure_ascii=False, sort_keys=True)
        running.update(f"{line}\n".encode())
    return running.hexdigest()


def read_rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8") as file:
        return [_row(json.loads(line)) for line in file]


def split(rows: Sequence[Row], *, holdout: float) -> tuple[list[Row], list[Row]]:
    """(learned from, kept out): about `holdout` of the ticket rows, chosen by their keys' hash, so
    that a row stays on its side however the data grows."""
    kept_out = {row.key for row in rows if row.kind == "ticket" and _place(row.key) < holdout}
    return (
        [row for row in rows if row.key not in kept_out],
        [row for row in rows if row.key in kept_out],
    )


def _place(key: str) -> float:
    return int(hashlib.sha256(key.encode()).hexdigest()[:8], 16) / 2**32


def _row(data: dict[str, Any]) -> Row:
    pairs: Iterator[tuple[str, tuple[tuple[str, str], ...]]] = (
        (name, tuple((str(one[0]), str(one[1])) for one in data[name]))
        for name in ("passages", "similar", "turns")
        if name in data
    )
    return Row(**(data | dict(pairs)))
