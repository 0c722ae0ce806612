"""Find passages for a question, or for every line of a file."""

import time
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kb.retrieval import MODES, Result, search
from runtime.commands import JsonCommand, Outcome
from runtime.errors import InputError

MAX_QUERY = 20_000
MAX_FILE_BYTES = 50 * 1024 * 1024


class UnusableQuery(InputError):
    """No query, two of them, or one that is too long."""


class Command(JsonCommand):
    help = "Search the articles. With --queries, a line in gives a line out."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("query", nargs="?", metavar="QUERY")
        parser.add_argument("--queries", metavar="FILE", help="A file with a query a line (UTF-8).")
        parser.add_argument("--mode", default="hybrid", choices=MODES)
        parser.add_argument("--k", type=int, default=10, help="How many passages (10).")

    def run(self, **options: Any) -> Outcome:
        query, path = options["query"], options["queries"]
        if (query is None) == (path is None):
            raise UnusableQuery("Give a query, or a file of queries with --queries.")
        if path is not None:
            self.json_lines = True
            queries = _read_queries(Path(path))
        else:
            queries = [_checked(query, "The query")]
            if not queries[0]:
                raise UnusableQuery("The query is empty.")
        found = [_answer(text, mode=options["mode"], k=options["k"]) for text in queries]
        return Outcome(found if path is not None else found[0], _lines(queries, found))


def _read_queries(path: Path) -> list[str]:
    """Line for line; an empty line stays, so that answers keep step with the file."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise UnusableQuery(f"{path.name} is larger than {MAX_FILE_BYTES // 1024**2} MB.")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UnusableQuery(f"{path}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UnusableQuery(f"{path.name} is not UTF-8.") from error
    lines = text.removesuffix("\n").split("\n")
    if not text.strip():
        raise UnusableQuery(f"{path.name} holds no query.")
    return [_checked(line, f"Line {number}") for number, line in enumerate(lines, start=1)]


def _checked(query: str, what: str) -> str:
    if len(query) > MAX_QUERY:
        raise UnusableQuery(f"{what} has more than {MAX_QUERY:,} characters.")
    return query.strip()


def _answer(query: str, *, mode: str, k: int) -> dict[str, Any]:
    started = time.perf_counter()
    results = search(query, mode=mode, k=k) if query else []
    seconds = round(time.perf_counter() - started, 4)
    return {"results": [_row(result) for result in results], "seconds": seconds}


def _row(result: Result) -> dict[str, Any]:
    return {
        "external_id": result.external_id,
        "title": result.title,
        "chunk": result.text,
        "score": result.score,
        "url": result.url,
        "why": result.why.as_json(),
    }


def _lines(queries: list[str], found: list[dict[str, Any]]) -> Iterator[str]:
    for query, answer in zip(queries, found, strict=True):
        if len(queries) > 1:
            yield f"== {query}"
        if not answer["results"]:
            yield "Nothing found."
        for number, row in enumerate(answer["results"], start=1):
            yield f"{number}. {row['title']} ({row['external_id']}, {row['score']:.3f})"
            yield f"   {' '.join(row['chunk'].split())[:200]}"
