"""What a sweep answers: past tickets that the version did not learn from, or a file's.

Public entries: `desk_rows`, `file_rows`. A question gets what search finds for it, its own past
answer left out, as at the desk. Rows of a file are masked as tickets are.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from kb.models import Question
from llm.models import ModelVersion
from llm.prompts import PromptBudget, Turn
from runtime.errors import InputError
from text.language import detect
from text.privacy import mask
from tickets.intake import clean
from tickets.prompting import build_prompt_input
from training.datasets import Row, digest_of, read_rows, split
from training.datasets.files import path_of
from training.models import TrainingRun

SHARE: Final = 0.2
"""Of the past tickets, for a version that learnt from none of them or kept none out."""
MAX_BYTES: Final = 64 * 2**20

OnRow = Callable[[int, int], None]


class BadHoldout(InputError):
    """There is nothing to answer, or it cannot be read."""


@dataclass(frozen=True)
class Holdout:
    """`kept_out`: the version's own recipe kept these rows out of what it learnt."""

    rows: tuple[Row, ...]
    origin: str
    kept_out: bool

    @property
    def digest(self) -> str:
        return digest_of(self.rows)


def desk_rows(
    version: ModelVersion,
    *,
    budget: PromptBudget,
    limit: int,
    on_row: OnRow = lambda done, total: None,
) -> Holdout:
    """At most `limit` past tickets with their answers: of the holdout that the version's run kept
    out, else chosen by a hash. Raises BadHoldout."""
    kept = _of_its_run(version)
    if kept:
        rows = tuple(sorted(kept, key=_shuffled)[:limit])
        return Holdout(rows, origin="its own holdout", kept_out=True)
    share = _share(version)
    questions = Question.objects.filter(kind=Question.Kind.TICKET).exclude(answer="")
    bare = [
        Row(key, "ticket", lang, text, answer, 0, (), ())
        for key, lang, text, answer in questions.values_list(
            "external_id", "lang", "text", "answer"
        )
    ]
    _learned, kept_out = split(bare, holdout=share or SHARE)
    chosen = sorted(kept_out, key=_shuffled)[:limit]
    if not chosen:
        raise BadHoldout(
            "The desk has no past tickets to measure on; import some, or give --holdout FILE."
        )
    rows = tuple(
        _found(row, budget, {row.key}, n, len(chosen), on_row) for n, row in enumerate(chosen)
    )
    return Holdout(rows, origin="past tickets", kept_out=share > 0)


def file_rows(
    path: Path,
    *,
    budget: PromptBudget,
    limit: int,
    on_row: OnRow = lambda done, total: None,
) -> Holdout:
    """The first `limit` lines of a JSONL file: question, answer and, if it is known, lang.
    Raises BadHoldout."""
    bare = list(_lines(path, limit))
    if not bare:
        raise BadHoldout(f"{path} has no line with a question and an answer.")
    rows = tuple(
        _found(row, budget, _same_question(row), n, len(bare), on_row) for n, row in enumerate(bare)
    )
    return Holdout(rows, origin=path.name, kept_out=False)


def _lines(path: Path, limit: int) -> Iterator[Row]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadHoldout(f"{path} is larger than {MAX_BYTES // 2**20} MiB.")
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, start=1):
                if number > limit:
                    return
                if line.strip():
                    yield _row(number, line, path)
    except OSError as error:
        raise BadHoldout(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise BadHoldout(f"{path} is not UTF-8 text.") from error


def _row(number: int, line: str, path: Path) -> Row:
    where = f"{path}, line {number}"
    try:
        data: Any = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadHoldout(f"{where}: this is not JSON.") from error
    given = [data.get(name) for name in ("question", "answer")] if isinstance(data, dict) else []
    texts = [one for one in given if isinstance(one, str) and one.strip()]
    if len(texts) < 2:
        raise BadHoldout(f"{where}: a question and an answer are needed, as text.")
    if max(map(len, texts)) > settings.MAX_TICKET_CHARACTERS:
        limit = settings.MAX_TICKET_CHARACTERS
        raise BadHoldout(f"{where}: longer than {limit} characters, the most of a ticket.")
    # Exported tickets hold real placeholders: they stay.
    question, answer = (mask(clean(one), escape=False).text for one in texts)
    lang = data.get("lang")
    lang = lang if isinstance(lang, str) and 0 < len(lang) <= 10 else detect(question)
    return Row(f"line {number}", "ticket", lang, question, answer, 0, (), ())


def _found(
    row: Row, budget: PromptBudget, exclude: Collection[str], done: int, total: int, on_row: OnRow
) -> Row:
    parts, _sources = build_prompt_input(
        row.question,
        lang=row.lang,
        turns=(Turn("customer", row.question),),
        budget=budget,
        exclude_external_ids=tuple(exclude),
    )
    on_row(done + 1, total)
    return replace(
        row,
        passages=tuple((one.title, one.text) for one in parts.passages),
        similar=tuple((one.question, one.answer) for one in parts.similar),
    )


def _same_question(row: Row) -> list[str]:
    """A past ticket that is the very row must not answer it."""
    same = Question.objects.filter(kind=Question.Kind.TICKET, text=row.question)
    return list(same.values_list("external_id", flat=True))


def _of_its_run(version: ModelVersion) -> list[Row]:
    """Frozen with what was said before and what search found."""
    runs = TrainingRun.objects.filter(version=version).exclude(holdout=None)
    frozen = [one.holdout for one in runs.select_related("holdout") if one.holdout is not None]
    return read_rows(path_of(frozen[0])) if frozen and path_of(frozen[0]).is_file() else []


def _share(version: ModelVersion) -> float:
    """How much the version's recipe kept out; 0 where it says nothing, and for a base, which reads
    all questions."""
    data: Any = {} if version.method == "pretrain" else version.manifest
    for name in ("recipe", "rows", "holdout"):
        data = data.get(name) if isinstance(data, dict) else None
    sound = isinstance(data, int | float) and not isinstance(data, bool) and 0 < data < 1
    return float(data) if sound else 0.0


def _shuffled(row: Row) -> str:
    return hashlib.sha256(f"sweep:{row.key}".encode()).hexdigest()
