"""Past answers that stand as sources beside other tickets' drafts: `change_sources`."""

from collections.abc import Callable, Collection
from typing import Any

from django.db import connection

from tickets.models import Suggestion, Ticket

Source = dict[str, Any]

_HOLDING = """
    SELECT id FROM {table} WHERE {column} <> '[]'::jsonb AND EXISTS (
        SELECT 1 FROM jsonb_array_elements({column}) one
        WHERE one->>'kind' = 'question' AND (one->>'id')::bigint = ANY(%s)
    ) ORDER BY id
"""


def change_sources(
    questions: Collection[int], change: Callable[[Source], Source | None] = lambda source: None
) -> int:
    """Every copy of these known questions in `Ticket.found` and `Suggestion.sources` (None: taken
    out), in the caller's transaction; how many rows held one."""
    if not questions:
        return 0
    return _change(Ticket, "found", questions, change) + _change(
        Suggestion, "sources", questions, change
    )


def _change(
    model: type[Ticket] | type[Suggestion],
    column: str,
    questions: Collection[int],
    change: Callable[[Source], Source | None],
) -> int:
    with connection.cursor() as cursor:
        sql = _HOLDING.format(table=model._meta.db_table, column=column)
        cursor.execute(sql, [list(questions)])
        pks = [row[0] for row in cursor.fetchall()]
    rows = model._default_manager.select_for_update().filter(pk__in=pks).order_by("pk")
    for pk, sources in rows.values_list("pk", column):
        kept = [
            new
            for one in sources
            if (new := change(one) if one.get("id") in questions and _asks(one) else one)
        ]
        model._default_manager.filter(pk=pk).update(**{column: kept})
    return len(pks)


def _asks(source: Source) -> bool:
    return source.get("kind") == "question"
