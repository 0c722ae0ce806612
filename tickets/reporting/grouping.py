"""One pass over many rows, grouped several ways: `grouped`.

PostgreSQL's GROUPING SETS over any query: a page about 300,000 drafts asks once for the figures by
week, by language, by agent and so on, and gets as many rows as it shows.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.conf import settings
from django.db import connection
from django.db.models import DateField, F, Func, QuerySet, Value
from django.utils import timezone

Key = tuple[str, ...]
Row = dict[str, Any]

MEDIAN: Final = "percentile_cont(0.5) WITHIN GROUP (ORDER BY {0})"
LATE: Final = "percentile_cont(0.9) WITHIN GROUP (ORDER BY {0})"
"""What one in ten waits longer than."""


def week(name: str) -> Func:
    """The day on which the week of a moment began, at the desk: a Saturday where the desk's own
    language is Persian, else a Monday. It does not change with the reader's language, or two people
    would speak of different weeks."""
    days = 2 if settings.LANGUAGE_CODE.split("-")[0] == "fa" else 0
    return Func(
        Value(timezone.get_current_timezone_name()),
        F(name),
        template=f"(date_trunc('week', timezone(%(expressions)s) + interval '{days} days')"
        f" - interval '{days} days')::date",
        output_field=DateField(),
    )


def grouped(
    rows: QuerySet[Any, Any], sets: Sequence[Key], figures: Mapping[str, str]
) -> dict[Key, list[Row]]:
    """`rows`: a query with `values()`, ordered by nothing. `sets`: by which of its columns, () for
    all together. `figures`: name and SQL of an aggregate; neither may come from a request."""
    base, params = rows.order_by().query.sql_with_params()
    keys = sorted({key for one in sets for key in one})
    names = [*keys, *figures]
    listed = ", ".join(keys)
    parts = ", ".join(f"({', '.join(one)})" for one in sets)
    mask = f"grouping({listed})" if keys else "0"
    columns = ", ".join([*keys, *(f"{sql} AS {name}" for name, sql in figures.items())])
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {mask}, {columns} FROM ({base}) AS base GROUP BY GROUPING SETS ({parts})",  # noqa: S608
            params,
        )
        found = cursor.fetchall()
    by_mask = {_mask(one, keys): tuple(one) for one in sets}
    answer: dict[Key, list[Row]] = {tuple(one): [] for one in sets}
    for mask_of, *values in found:
        answer[by_mask[mask_of]].append(dict(zip(names, values, strict=True)))
    return answer


def _mask(one: Key, keys: Sequence[str]) -> int:
    """As PostgreSQL's grouping(): a bit for each key, 1 where it is not grouped by."""
    return sum(1 << at for at, key in enumerate(reversed(keys)) if key not in one)
