"""How well search finds: `evaluate(queries)` gives each mode's figures.

An article ranks by its best passage. With one right article a query, recall@k is hit@k, and ndcg@10
is 1 / log2(rank + 1).
"""

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

from kb.embedding import EmbedderUnavailable
from kb.models import Question
from kb.retrieval import MAX_K, MODES, search
from runtime.errors import InputError

MAX_QUERIES = 100_000
MAX_FILE_BYTES = 50 * 1024 * 1024


class UnusableQueries(InputError):
    """The file of queries cannot be used."""


@dataclass(frozen=True)
class Query:
    question: str
    external_id: str


def read_queries(path: Path) -> list[Query]:
    """JSON lines of {question, external_id}."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise UnusableQueries(f"{path.name} is larger than {MAX_FILE_BYTES // 1024**2} MB.")
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise UnusableQueries(f"{path}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UnusableQueries(f"{path.name} is not UTF-8.") from error
    found = [
        _query(line, f"{path.name}, line {number}")
        for number, line in enumerate(lines, start=1)
        if line.strip()
    ]
    if not 1 <= len(found) <= MAX_QUERIES:
        raise UnusableQueries(f"{path.name} must hold 1 to {MAX_QUERIES:,} queries.")
    return found


def _query(line: str, where: str) -> Query:
    try:
        row = json.loads(line)
        question, external_id = row["question"], row["external_id"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise UnusableQueries(f"{where}: give question and external_id as JSON.") from error
    if not isinstance(question, str) or not question.strip():
        raise UnusableQueries(f"{where}: the question is empty.")
    return Query(question, str(external_id))


def evaluate(
    queries: Sequence[Query], *, k: int = 10, progress: Callable[[int, int], None] | None = None
) -> dict[str, dict[str, float]]:
    """Figures by mode. A mode that this desk has nothing for (no embedder, no questions that lead
    to articles) is left out."""
    if not 1 <= k <= MAX_K:
        raise UnusableQueries(f"--k is from 1 to {MAX_K}.")
    modes = [mode for mode in MODES if _is_usable(mode, queries[0])]
    found = {}
    for number, mode in enumerate(modes):
        ranks, seconds = [], []
        for position, query in enumerate(queries):
            started = time.perf_counter()
            results = search(query.question, mode=mode, k=MAX_K)
            seconds.append(time.perf_counter() - started)
            ranks.append(_rank([result.external_id for result in results], query.external_id))
            if progress is not None:
                progress(number * len(queries) + position + 1, len(modes) * len(queries))
        found[mode] = figures(ranks, seconds, k=k)
    return found


def _is_usable(mode: str, query: Query) -> bool:
    if mode == "questions":
        return Question.objects.filter(article__isnull=False).exists()
    try:
        search(query.question, mode=mode, k=1)
    except EmbedderUnavailable:
        return False
    return True


def _rank(external_ids: Sequence[str], wanted: str) -> int | None:
    """From 1, counting every article once."""
    articles = list(dict.fromkeys(external_ids))
    return articles.index(wanted) + 1 if wanted in articles else None


def figures(
    ranks: Sequence[int | None], seconds: Sequence[float], *, k: int = 10
) -> dict[str, float]:
    """`ranks`: of each query's article, None if it was not found."""

    def within(limit: int) -> list[int]:
        return [rank for rank in ranks if rank is not None and rank <= limit]

    count = len(ranks)
    cuts = quantiles(seconds, n=20, method="inclusive") if count > 1 else [seconds[0]] * 19
    return {
        "hit@1": round(len(within(1)) / count, 4),
        "hit@5": round(len(within(5)) / count, 4),
        f"recall@{k}": round(len(within(k)) / count, 4),
        f"mrr@{k}": round(sum(1 / rank for rank in within(k)) / count, 4),
        f"ndcg@{k}": round(sum(1 / math.log2(rank + 1) for rank in within(k)) / count, 4),
        "queries": count,
        "p50_ms": round(cuts[9] * 1000, 2),
        "p95_ms": round(cuts[18] * 1000, 2),
    }
