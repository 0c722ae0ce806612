"""Generated questions as CSV: `write_csv(path, options)`; context, question, answer."""

import csv
import os
import tempfile
from pathlib import Path
from typing import Any

from kb.generating import storing
from kb.generating.running import Options
from kb.models import Question
from runtime.errors import InputError
from runtime.spreadsheets import disarmed

HEADER = ("context", "question", "answer")


class UnwritableFile(InputError):
    """The CSV cannot be written there."""


def check_writable(path: Path) -> None:
    """Before anything is paid for."""
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise UnwritableFile(f"{path} cannot be written: name a file in a folder that exists.")
    if not os.access(path.absolute().parent, os.W_OK):
        raise UnwritableFile(f"{path} cannot be written: no permission for its folder.")


def write_csv(path: Path, options: Options, *, internal: bool) -> int:
    """All generated questions of the chosen passages, also those of earlier runs; how many. The
    file is there whole or not at all."""
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", newline="", dir=path.absolute().parent, delete=False
        ) as file:
            try:
                rows = _write(csv.writer(file), options, internal)
                file.flush()
                os.fsync(file.fileno())
                os.chmod(file.name, 0o644)
                os.replace(file.name, path)
            except BaseException:
                os.unlink(file.name)
                raise
    except OSError as error:
        raise UnwritableFile(f"{path}: {error.strerror}.") from error
    return rows


def _write(writer: Any, options: Options, internal: bool) -> int:
    writer.writerow(HEADER)
    found = storing.passages(article_ids=options.articles, lang=options.lang, internal=internal)
    questions: dict[str, list[tuple[str, str]]] = {}
    article = None
    rows = 0
    for passage in found:
        if passage.article_id != article:
            article, questions = passage.article_id, _by_passage(passage.article_id)
        for question, answer in questions.pop(passage.digest, ()):
            writer.writerow([disarmed(cell) for cell in (passage.text, question, answer)])
            rows += 1
    return rows


def _by_passage(article_id: int) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    rows = Question.objects.filter(article_id=article_id, kind=Question.Kind.GENERATED)
    for name, question, answer in rows.order_by("pk").values_list("external_id", "text", "answer"):
        found.setdefault(name.partition(":")[0], []).append((question, answer))
    return found
