"""Model versions against each other, where both were rated on the same message: `pair_figures`.

A draft counts with the mean of its ratings. A message gives one difference, and a customer's
messages belong together: the interval is that of a mean over clusters (the linearised variance of a
ratio, Cochran 1977, with Student's t over customers), because ten tickets of one person are not ten
opinions. `training.evaluation` draws customers again and again for the same question; the sums that
are needed here come out of PostgreSQL, so that the page costs the same however many ratings there
are, and a test holds the two against each other. The sign test counts customers too.
"""

from dataclasses import dataclass
from math import comb, erf, sqrt
from typing import Any, Final

from django.db import connection
from django.db.models import Avg, F, QuerySet
from django.db.models.functions import Coalesce

from runtime.days import end_of
from tickets.models import Message, Rating, Suggestion
from tickets.reporting.naming import version_names
from tickets.reporting.scope import Scope

MOST_PAIRS: Final = 30
MOST_EXAMPLES: Final = 3
LOOKED_AT: Final = 4000
"""The newest drafts, among which examples are looked for."""
EXACT_UP_TO: Final = 1000
LEAST_CUSTOMERS: Final = 5
"""Below, an interval would say more about the formula than about the versions."""
NO_SPREAD: Final = 1e-6
"""Else five customers who like one better by one star would give an interval of no width."""

_PAIRS: Final = """
WITH marks AS MATERIALIZED ({base}),
each AS (
    SELECT a.model AS one, b.model AS other, a.whose, count(*)::float AS n,
        round(sum(a.mean - b.mean), 9)::float AS s,
        count(*) FILTER (WHERE a.mean > b.mean) AS better,
        count(*) FILTER (WHERE a.mean < b.mean) AS worse
    FROM marks a JOIN marks b ON a.asked = b.asked AND a.model < b.model
    WHERE %s IN (0, a.model, b.model)
    GROUP BY 1, 2, 3
)
SELECT one, other, sum(n), sum(s), sum(s * s), sum(s * n), sum(n * n), count(*),
    sum(better), sum(worse), count(*) FILTER (WHERE s > 0), count(*) FILTER (WHERE s < 0)
FROM each GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT %s
"""
_EXAMPLES: Final = """
WITH marks AS MATERIALIZED ({base}),
both_rated AS (
    SELECT a.asked, a.mean AS left_mean, b.mean AS right_mean, a.draft AS left_draft,
        b.draft AS right_draft, a.mean - b.mean AS apart
    FROM marks a JOIN marks b ON a.asked = b.asked WHERE a.model = %s AND b.model = %s
)
(SELECT * FROM both_rated WHERE apart > 0 ORDER BY apart DESC, asked DESC LIMIT %s)
UNION ALL
(SELECT * FROM both_rated WHERE apart < 0 ORDER BY apart, asked DESC LIMIT %s)
"""


@dataclass(frozen=True)
class Pair:
    """`one` against `other`: `mean` of the differences in stars, above 0 where `one` was rated
    better; `low`, `high`: its 95% interval, None for too few customers, or where all of them agree,
    of which no spread can be told. `better`, `worse`: how many messages; `p`: two-sided sign test
    over customers."""

    one: str
    other: str
    messages: int
    customers: int
    better: int
    worse: int
    mean: float
    low: float | None
    high: float | None
    p: float

    @property
    def same(self) -> int:
        return self.messages - self.better - self.worse


@dataclass(frozen=True)
class Example:
    """What a customer asked, and both answers with their mean stars."""

    ticket: int
    question: str
    one: str
    other: str
    one_stars: float
    other_stars: float


def pair_figures(scope: Scope) -> list[Pair]:
    """Those with most messages first, MOST_PAIRS at most. Two questions to the database."""
    rows = _ask(
        _PAIRS, _marks(_rated(scope)), [scope.version.pk if scope.version else 0, MOST_PAIRS]
    )
    names = version_names({pk for row in rows for pk in row[:2]})
    return [_pair(names[row[0]], names[row[1]], *map(float, row[2:])) for row in rows]


def examples(scope: Scope, pair: Pair) -> list[Example]:
    """Where they were rated farthest apart: up to MOST_EXAMPLES each way, the newest first. Four
    questions."""
    found = version_pks(pair)
    written = Suggestion.objects.filter(scope.of_ticket("ticket__"), version__in=found)
    if scope.until:
        written = written.filter(created_at__lt=end_of(scope.until))
    newest = written.order_by("-message_id").values("pk")[:LOOKED_AT]
    base = _marks(_rated(scope).filter(suggestion__in=newest))
    rows = _ask(_EXAMPLES, base, [*found, MOST_EXAMPLES, MOST_EXAMPLES])
    texts = dict(
        Suggestion.objects.filter(pk__in=[pk for row in rows for pk in row[3:5]]).values_list(
            "pk", "text"
        )
    )
    asked = Message.objects.in_bulk([row[0] for row in rows])
    return [
        Example(
            ticket=asked[message].ticket_id,
            question=asked[message].text,
            one=texts[left],
            other=texts[right],
            one_stars=float(left_mean),
            other_stars=float(right_mean),
        )
        for message, left_mean, right_mean, left, right, _apart in rows
        if message in asked and left in texts and right in texts  # may be erased meanwhile
    ]


def version_pks(pair: Pair) -> tuple[int, int]:
    from llm.models import ModelVersion

    rows = ModelVersion.objects.filter(name__in=(pair.one, pair.other))
    pks = dict(rows.values_list("name", "pk"))
    return pks[pair.one], pks[pair.other]


def _rated(scope: Scope) -> QuerySet[Rating]:
    return Rating.objects.filter(
        scope.within("updated_at"), scope.of_ticket("suggestion__ticket__"), scope.by_agent("agent")
    )


def _marks(ratings: QuerySet[Rating]) -> QuerySet[Any, Any]:
    """A row for each rated draft. A ticket without a customer is its own."""
    return (
        ratings.order_by()
        .values(
            asked=F("suggestion__message_id"),
            model=F("suggestion__version_id"),
            draft=F("suggestion_id"),
            whose=Coalesce("suggestion__ticket__customer_id", -F("suggestion__ticket_id")),
        )
        .annotate(mean=Avg("stars"))
    )


def _ask(sql: str, base: QuerySet[Any, Any], values: list[int]) -> list[tuple[Any, ...]]:
    inner, params = base.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(sql.replace("{base}", inner), [*params, *values])
        return cursor.fetchall()


def _pair(
    one: str,
    other: str,
    n: float,
    s: float,
    ss: float,
    sn: float,
    nn: float,
    customers: float,
    better: float,
    worse: float,
    up: float,
    down: float,
) -> Pair:
    mean, many = s / n, int(customers)
    low = high = None
    spread = ss - 2 * mean * sn + mean * mean * nn
    if many >= LEAST_CUSTOMERS and spread > NO_SPREAD:
        half = student(many - 1) * sqrt(many / (many - 1) * spread) / n
        low, high = round(mean - half, 3), round(mean + half, 3)
    return Pair(
        one=one,
        other=other,
        messages=int(n),
        customers=many,
        better=int(better),
        worse=int(worse),
        mean=round(mean, 3),
        low=low,
        high=high,
        p=sign_test(int(up), int(down)),
    )


def student(freedom: int) -> float:
    """The 0.975 quantile of Student's t, by Cornish and Fisher's series: off by less than 0.001
    from four degrees of freedom on."""
    z = 1.959963984540054
    series = (
        z,
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return sum(term / freedom**power for power, term in enumerate(series))


def sign_test(up: int, down: int) -> float:
    """Two-sided: how likely so uneven a split is if neither is better; ties are left out."""
    n, fewer = up + down, min(up, down)
    if n == 0 or up == down:
        return 1.0
    if n <= EXACT_UP_TO:
        return min(1.0, 2 * sum(comb(n, at) for at in range(fewer + 1)) / 2**n)
    z = (abs(up - down) - 1) / sqrt(n)
    return 1 - erf(z / sqrt(2))
