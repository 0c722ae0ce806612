"""Candidates from PostgreSQL by meaning (`dense`), and what may be found at all (`scope`).

Both work on passages and on questions: `CHUNKS` and `QUESTIONS` name their tables and what may be
found in them. All values travel as parameters. Candidates by words are in `kb.retrieval.lexical`.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

from kb import postings
from kb.embedding import active_cut
from kb.models import EmbeddingRecipe

EF_SEARCH = 200


@dataclass(frozen=True)
class Tables:
    """`entry`: the column with the row's number in the inverted index. `owner`: the column of a
    vector that names its row. `join`, `condition`: on `o`, the row."""

    rows: str
    entry: str
    vectors: str
    owner: str
    join: str = ""
    condition: str = "TRUE"


CHUNKS = Tables(
    "kb_chunk",
    "id",
    "kb_chunkvector",
    "chunk_id",
    "JOIN kb_article a ON a.id = o.article_id",
    "a.state = 'published'",
)
QUESTIONS = Tables("kb_question", "entry", "kb_questionvector", "question_id")


@dataclass(frozen=True)
class Scope:
    """What may be found, as SQL on `o` with its parameters; `group`: its part of the index."""

    tables: Tables
    group: str
    sql: str = "TRUE"
    params: dict[str, Any] = field(default_factory=dict)


def scope(
    tables: Tables,
    *,
    lang: str | None = None,
    kinds: Collection[str] | None = None,
    exclude_external_ids: Collection[str] = (),
    linked: bool = False,
    visibility: str | None = None,
) -> Scope:
    """`lang` "fa" covers fa-AF. `linked`: only questions that lead to an article. `visibility`:
    of the article. Questions are found with their article, those of past tickets always: what they
    say was sent to a customer. Passages are those of the active cut."""
    conditions = [tables.condition]
    params: dict[str, Any] = {}
    group = postings.QUESTIONS
    if tables is CHUNKS:
        cut = active_cut()
        group = postings.chunk_group(cut)
        conditions.append("o.cut = %(cut)s")
        params["cut"] = cut
    visible = "a.state = 'published'"
    if visibility:
        visible += " AND a.visibility = %(visibility)s"
        params["visibility"] = visibility
    if tables is QUESTIONS:
        visible = f"o.article_id IN (SELECT a.id FROM kb_article a WHERE {visible})"  # noqa: S608
        if not linked:
            visible = f"(o.kind = 'ticket' OR o.article_id IS NULL OR {visible})"
    conditions.append(visible)
    if lang:
        conditions.append("(o.lang = %(lang)s OR o.lang LIKE %(lang_below)s)")
        params |= {"lang": lang, "lang_below": lang.replace("%", "").replace("_", "") + "-%"}
    if kinds is not None:
        conditions.append("o.kind = ANY(%(kinds)s)")
        params["kinds"] = list(kinds)
    if exclude_external_ids:
        conditions.append("o.external_id <> ALL(%(excluded)s)")
        params["excluded"] = list(exclude_external_ids)
    return Scope(tables, group, " AND ".join(conditions), params)


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
        "cut": recipe.cut,  # its own, if another embedder took over since the scope was made
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
