"""Search over many passages: how fast, and how much of the exact answer it finds.

`python -m bench.retrieval [--json] [--full] [--chunks N]`: 20,000 passages, or 200,000 (`--full`),
of synthetic text with vectors of 768 numbers (see bench/synthetic.py), in a desk of its own that is
removed at the end. Searches run one after the other in one process, as the web process runs them,
and every figure is of `kb.retrieval`'s own functions. In the same run stand the peers:

- dense: an exact scan of the same vectors, which also says what the right answer is (recall@10);
- lexical: PostgreSQL's own full-text search (GIN index, ts_rank) over the same texts.

The vectors of the queries are given, so a model's time is not in the figures.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from bench.own_home import own_home
from bench.synthetic import DIMENSION, Centre, Query

CHUNKS = 20_000
FULL = 200_000
BATCH = 2000
PASSAGES_AN_ARTICLE = 4
QUERIES = 200
PEER_QUERIES = 30
SHORT = (3, 12)  # words: a question as it is typed
LONG = (30, 80)  # a ticket
K = 10


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.retrieval", description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--full", action="store_true", help=f"{FULL:,} passages")
    parser.add_argument("--chunks", type=int)
    given = parser.parse_args()
    with own_home():
        report = measure(given.chunks or (FULL if given.full else CHUNKS))
    if given.json:
        print(json.dumps(report))
        return
    for name, value in report.items():
        print(f"{name:>30}: {value}")


def measure(chunks: int) -> dict[str, Any]:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    centre = Centre(chunks)
    stub = GivenVectors()
    report = {"chunks": chunks, "dimension": DIMENSION, **_build(centre, stub)}
    short = centre.queries(QUERIES, words=SHORT)
    long = centre.queries(QUERIES // 2, words=LONG)
    for query in [*short, *long]:
        stub.vectors[query.text] = query.vector
    report |= _searches(short, long)
    report |= _dense_peer(short)
    report |= _sizes()
    return report | _lexical_peer(short[:PEER_QUERIES])


class GivenVectors:
    """An embedder that knows the queries' vectors."""

    light = True
    dimension = DIMENSION

    def __init__(self) -> None:
        self.vectors: dict[str, Any] = {}

    def embed_queries(self, texts: Sequence[str]) -> Any:
        return np.stack([self.vectors[text] for text in texts])


def _build(centre: Centre, stub: GivenVectors) -> dict[str, Any]:
    import kb.embedding
    from kb.embedding.hnsw import make_indexes
    from kb.models import EmbeddingRecipe, Source
    from text import persian

    kb.embedding._offline = lambda path, digest: stub  # type: ignore[assignment]
    source = Source.objects.create(location="bench", name="bench")
    recipe = EmbeddingRecipe.objects.create(
        kind="offline",
        model="bench",
        dimension=DIMENSION,
        text_version=persian.VERSION,
        fitted_chunks=centre.chunks,
        state="active",
    )
    began = time.perf_counter()
    for number, batch in enumerate(centre.batches(BATCH)):
        _write(source, recipe, number, batch)
        _progress(number * BATCH, centre.chunks)
    written = time.perf_counter()
    make_indexes(recipe)
    indexed = time.perf_counter()
    _sql("VACUUM ANALYZE")
    return {
        "write_seconds": round(written - began, 1),
        "hnsw_seconds": round(indexed - written, 1),
    }


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done:>8,} of {total:,}", end="", file=sys.stderr)


def _write(source: Any, recipe: Any, number: int, batch: Any) -> None:
    """As an import does it, but with given vectors."""
    from django.db import transaction

    from kb import copying, postings
    from kb.models import Article, Chunk, ChunkVector
    from kb.searchable import forms
    from text import persian

    first = number * BATCH
    titles = batch.titles[::PASSAGES_AN_ARTICLE]
    articles = [
        Article(source=source, external_id=f"{first}-{at}", title=title, text="", lang="fa")
        for at, title in enumerate(titles)
    ]
    made = [
        forms(titles[at // PASSAGES_AN_ARTICLE], text, headings=heading)
        for at, (text, heading) in enumerate(zip(batch.texts, batch.titles, strict=True))
    ]
    with transaction.atomic():
        Article.objects.bulk_create(articles)
        rows = [
            Chunk(
                article=articles[at // PASSAGES_AN_ARTICLE],
                lang="fa",
                position=at % PASSAGES_AN_ARTICLE,
                text=one.text,
                title_form=one.title_form,
                search_form=one.search_form,
                length=one.length,
                text_version=persian.VERSION,
                digest=one.digest,
            )
            for at, one in enumerate(made)
        ]
        Chunk.objects.bulk_create(rows, batch_size=500)
        postings.add(
            postings.chunk_group(""),
            ((row.pk, one) for row, one in zip(rows, made, strict=True)),
        )
        vectors = zip(rows, batch.vectors, strict=True)
        copying.copy_vectors(
            ChunkVector, "chunk_id", ((recipe.pk, row.pk, vector) for row, vector in vectors)
        )


def _searches(short: list[Query], long: list[Query]) -> dict[str, Any]:
    from kb.embedding import active_recipe
    from kb.retrieval import search
    from kb.retrieval.candidates import CHUNKS as TABLES
    from kb.retrieval.candidates import dense, scope
    from kb.retrieval.lexical import lexical

    recipe = active_recipe()
    assert recipe is not None
    where = scope(TABLES)
    vectors = [query.vector.tolist() for query in short]
    texts = [query.text for query in short]
    long_texts = [query.text for query in long]
    return {
        **_times("dense", lambda vector: dense(vector, where, recipe, most=100), vectors),
        **_times("lexical", lambda text: lexical(text, where, most=100), texts),
        **_times("lexical_ticket", lambda text: lexical(text, where, most=100), long_texts),
        **_times("search_dense", lambda text: search(text, mode="dense"), texts),
        **_times("search_lexical", lambda text: search(text, mode="lexical"), texts),
        **_times("search_hybrid", lambda text: search(text, mode="hybrid"), texts),
        **_times("search_hybrid_ticket", lambda text: search(text, mode="hybrid"), long_texts),
    }


def _times(name: str, way: Callable[[Any], Any], given: Sequence[Any]) -> dict[str, float]:
    """Median and 95th percentile in milliseconds, after a tenth that is not counted."""
    taken = []
    for one in [*given[: len(given) // 10], *given]:
        began = time.perf_counter()
        way(one)
        taken.append((time.perf_counter() - began) * 1000)
    cuts = statistics.quantiles(taken[len(given) // 10 :], n=20, method="inclusive")
    return {f"{name}_p50_ms": round(cuts[9], 2), f"{name}_p95_ms": round(cuts[18], 2)}


def _dense_peer(queries: list[Query]) -> dict[str, Any]:
    """The exact scan, and how much of its first K the index finds."""
    from kb.embedding import active_recipe
    from kb.retrieval.candidates import CHUNKS as TABLES
    from kb.retrieval.candidates import dense, scope

    recipe = active_recipe()
    assert recipe is not None
    where = scope(TABLES)
    vectors = [query.vector.tolist() for query in queries]
    near = [set(list(dense(vector, where, recipe, most=100))[:K]) for vector in vectors]
    exact: list[set[int]] = []

    def scan(vector: list[float]) -> None:
        rows = _sql(
            "SELECT chunk_id FROM kb_chunkvector WHERE recipe_id = %s "
            f"ORDER BY vector::halfvec({DIMENSION}) <=> %s::halfvec({DIMENSION}) LIMIT {K}",
            [recipe.pk, str(vector)],
        )
        exact.append({row[0] for row in rows})

    _sql("SET enable_indexscan = off")
    times = _times("peer_exact_scan", scan, vectors)
    _sql("RESET enable_indexscan")
    found = zip(near, exact[-len(vectors) :], strict=True)
    shares = [len(some & every) / K for some, every in found]
    return {f"recall@{K}": round(statistics.mean(shares), 4), **times}


def _sizes() -> dict[str, Any]:
    tables = {
        "vectors_with_index": "kb_chunkvector",
        "postings": "kb_posting",
        "passages": "kb_chunk",
    }
    sizes = {
        f"{name}_mb": round(_sql("SELECT pg_total_relation_size(%s)", [table])[0][0] / 1e6)
        for name, table in tables.items()
    }
    whole = _sql("SELECT pg_database_size(current_database())")[0][0]
    return {**sizes, "database_mb": round(whole / 1e6)}


def _lexical_peer(queries: list[Query]) -> dict[str, Any]:
    """PostgreSQL's full-text search, any of the words, ranked by ts_rank."""
    from text.persian import words

    began = time.perf_counter()
    _sql(
        "CREATE TABLE bench_text AS SELECT id, "
        "to_tsvector('simple', title_form || ' ' || search_form) AS terms FROM kb_chunk"
    )
    _sql("CREATE INDEX bench_terms ON bench_text USING gin (terms)")
    _sql("VACUUM ANALYZE bench_text")
    built = time.perf_counter() - began

    def rank(text: str) -> None:
        _sql(
            "SELECT id FROM bench_text, to_tsquery('simple', %s) q WHERE terms @@ q "
            "ORDER BY ts_rank(terms, q) DESC, id LIMIT 100",
            [" | ".join(words(text))],
        )

    times = _times("peer_ts_rank", rank, [query.text for query in queries])
    return {**times, "peer_ts_rank_build_seconds": round(built, 1)}


def _sql(sql: str, params: Sequence[Any] = ()) -> list[Any]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else []


if __name__ == "__main__":
    main()
