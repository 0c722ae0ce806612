"""Candidates from PostgreSQL: by words (BM25 with fields) and by meaning (nearest vectors).

Both work on passages and on questions: `CHUNKS` and `QUESTIONS` name their tables and what may be
found in them. All values travel as parameters.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

from kb.models import EmbeddingRecipe
from text.persian import terms

K1 = 1.2
B = 0.75
TITLE_WEIGHT = 3.0
MAX_QUERY_TERMS = 200
EF_SEARCH = 200


@dataclass(frozen=True)
class Tables:
    """`owner`: the column that names the row. `found`: joins and conditions on `o`, the row."""

    rows: str
    terms: str
    vectors: str
    owner: str
    join: str = ""
    condition: str = "TRUE"


CHUNKS = Tables(
    "kb_chunk",
    "kb_chunkterm",
    "kb_chunkvector",
    "chunk_id",
    "JOIN kb_article a ON a.id = o.article_id",
    "a.state = 'published'",
)
QUESTIONS = Tables("kb_question", "kb_questionterm", "kb_questionvector", "question_id")


@dataclass(frozen=True)
class Scope:
    """What may be found, as SQL on `o` with its parameters."""

    tables: Tables
    sql: str = "TRUE"
    params: dict[str, Any] = field(default_factory=dict)


def scope(
    tables: Tables,
    *,
    lang: str | None = None,
    kinds: Collection[str] | None = None,
    exclude_external_ids: Collection[str] = (),
    linked: bool = False,
) -> Scope:
    """`lang` "fa" covers fa-AF. `linked`: only questions that belong to an article."""
    conditions = [tables.condition]
    params: dict[str, Any] = {}
    if lang:
        conditions.append("(o.lang = %(lang)s OR o.lang LIKE %(lang_below)s)")
        params |= {"lang": lang, "lang_below": lang.replace("%", "").replace("_", "") + "-%"}
    if kinds is not None:
        conditions.append("o.kind = ANY(%(kinds)s)")
        params["kinds"] = list(kinds)
    if exclude_external_ids:
        conditions.append("o.external_id <> ALL(%(excluded)s)")
        params["excluded"] = list(exclude_external_ids)
    if linked:
        conditions.append(
            "o.article_id IN (SELECT a.id FROM kb_article a WHERE a.state = 'published')"
        )
    return Scope(tables, " AND ".join(conditions), params)


def lexical(query: str, where: Scope, *, most: int, also: Collection[int] = ()) -> dict[int, float]:
    """BM25F scores of the best `most` rows, and of the rows `also` that share a word. Titles and
    headings count TITLE_WEIGHT times (Robertson and Zaragoza 2009, one length for both fields)."""
    counts = Counter(terms(query)[: MAX_QUERY_TERMS * 4]).most_common(MAX_QUERY_TERMS)
    if not counts:
        return {}
    t = where.tables
    sql = f"""
        WITH q AS (SELECT * FROM unnest(%(terms)s::text[], %(counts)s::int[]) AS q(term, count)),
        size AS (SELECT count(*)::float8 AS n, coalesce(avg(length), 0) + 1 AS mean FROM {t.rows}),
        posting AS (
            SELECT p.term, p.{t.owner} AS id, %(title)s * p.title_count + p.text_count AS tf
            FROM {t.terms} p WHERE p.term = ANY(%(terms)s)),
        weight AS (
            SELECT p.term, q.count * ln(1 + (size.n - count(*) + 0.5) / (count(*) + 0.5)) AS idf
            FROM posting p JOIN q ON q.term = p.term CROSS JOIN size
            GROUP BY p.term, q.count, size.n),
        scored AS (
            SELECT o.id, sum(w.idf * p.tf * (%(k1)s + 1)
                / (p.tf + %(k1)s * (1 - %(b)s + %(b)s * o.length / size.mean)))::float8 AS score
            FROM posting p JOIN weight w ON w.term = p.term JOIN {t.rows} o ON o.id = p.id
            {t.join} CROSS JOIN size
            WHERE {where.sql} GROUP BY o.id)
        (SELECT id, score FROM scored ORDER BY score DESC, id LIMIT %(most)s)
        UNION SELECT id, score FROM scored WHERE id = ANY(%(also)s)
    """  # noqa: S608 - tables and conditions are ours, values are parameters
    params = {
        **where.params,
        "terms": [term for term, _ in counts],
        "counts": [count for _, count in counts],
        "title": TITLE_WEIGHT,
        "k1": K1,
        "b": B,
        "most": most,
        "also": list(also),
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return dict(cursor.fetchall())


def dense(
    vector: list[float],
    where: Scope,
    recipe: EmbeddingRecipe,
    *,
    most: int,
    also: Collection[int] = (),
) -> dict[int, float]:
    """Cosines of the nearest `most` rows, and of the rows `also`. The filter is inside the walk
    through the index (iterative scan), so a rare language still gets its `most`."""
    t = where.tables
    kind = f"halfvec({int(recipe.dimension)})"
    distance = f"v.vector::{kind} <=> %(vector)s::{kind}"
    source = f"FROM {t.vectors} v JOIN {t.rows} o ON o.id = v.{t.owner} {t.join}"
    condition = f"v.recipe_id = {int(recipe.pk)} AND {where.sql}"
    params = {
        **where.params,
        "vector": "[" + ",".join(f"{value:.6g}" for value in vector) + "]",
        "most": most,
        "also": list(also),
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"SET LOCAL hnsw.iterative_scan = strict_order; SET LOCAL hnsw.ef_search = {EF_SEARCH}"
        )
        cursor.execute(
            f"SELECT o.id, 1 - ({distance}) {source} WHERE {condition} "
            f"ORDER BY {distance} LIMIT %(most)s",
            params,
        )
        found = dict(cursor.fetchall())
        if also:
            cursor.execute(
                f"SELECT o.id, 1 - ({distance}) {source} "
                f"WHERE {condition} AND o.id = ANY(%(also)s)",
                params,
            )
            found |= dict(cursor.fetchall())
    return found
