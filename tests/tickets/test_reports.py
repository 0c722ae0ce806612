"""The two tables: the arithmetic of a published study, intervals, the counts' file."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.tickets.factories import make_drafts, make_ticket
from tickets.models import Rating
from tickets.rating import rate
from tickets.reports import (
    BadCounts,
    csv_rows,
    rating_table,
    read_counts,
    summarise,
    wilson,
)

STUDY = [
    ("a", (18, 21, 31, 28, 26), 31.5, 68.5),
    ("b", (9, 11, 20, 41, 43), 16.1, 83.9),
    ("c", (28, 31, 29, 23, 13), 47.6, 52.4),
]


@pytest.mark.parametrize(("model", "counts", "negative", "positive"), STUDY)
def test_shares_are_those_of_the_study(model, counts, negative, positive):
    row = summarise(model, counts)
    assert (row.negative_pct, row.positive_pct) == (negative, positive)
    assert row.low < positive < row.high
    assert row.total == 124


@pytest.mark.parametrize(
    ("successes", "total"), [(0, 1), (1, 1), (0, 30), (30, 30), (85, 124), (104, 124), (1, 10_000)]
)
def test_interval_is_wilsons(successes, total):
    from scipy.stats import binomtest  # an independent implementation

    expected = binomtest(successes, total).proportion_ci(0.95, method="wilson")
    assert wilson(successes, total) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_nothing_rated_has_no_shares():
    row = summarise("a", (0, 0, 0, 0, 0))
    assert (row.negative_pct, row.positive_pct, row.low, row.high, row.total) == (*[None] * 4, 0)


@pytest.mark.django_db
def test_table_counts_ratings_by_model(sara, omid):
    for stars in ((1, 3, 5), (2, 3, 5)):
        for draft, given in zip(make_drafts(make_ticket()), stars, strict=True):
            rate(draft, agent=sara, stars=given)
            rate(draft, agent=omid, stars=given)
    table = {row.model: row.counts for row in rating_table()}
    assert table == {
        "tuned-a": (2, 2, 0, 0, 0),
        "tuned-b": (0, 0, 4, 0, 0),
        "base": (0, 0, 0, 0, 4),
    }
    assert [row.model for row in rating_table()] == ["base", "tuned-a", "tuned-b"]


@pytest.mark.django_db
def test_since_leaves_older_ratings_out(sara):
    rate(make_drafts(make_ticket())[0], agent=sara, stars=5)
    yesterday = timezone.now() - timedelta(days=1)
    assert len(rating_table(since=yesterday)) == 1
    Rating.objects.update(updated_at=yesterday - timedelta(days=1))
    assert rating_table(since=yesterday) == []


@pytest.mark.parametrize("heading", ["", "model,1,2,3,4,5\n", "\ufeffmodel, 1, 2, 3, 4, 5\r\n"])
def test_counts_file_is_read_with_and_without_heading(tmp_path, heading):
    path = tmp_path / "counts.csv"
    path.write_text(heading + "a,18,21,31,28,26\n\nb,9,11,20,41,43\n", encoding="utf-8")
    assert [row.counts for row in read_counts(path)] == [STUDY[0][1], STUDY[1][1]]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"model,1,2,3,4,5\n",
        b"a,1,2,3,4\n",
        b"a,1,2,3,4,5,6\n",
        b"a,1,2,x,4,5\n",
        b"a,1,2,-3,4,5\n",
        b",1,2,3,4,5\n",
        b"\xff\xfe\x00a",
        b"x" * 1_000_001,
    ],
)
def test_bad_counts_file_gives_one_line(tmp_path, content):
    path = tmp_path / "counts.csv"
    path.write_bytes(content)
    with pytest.raises(BadCounts) as refused:
        read_counts(path)
    assert "\n" not in str(refused.value)


def test_missing_counts_file_gives_one_line(tmp_path):
    with pytest.raises(BadCounts):
        read_counts(tmp_path / "none.csv")


def test_formulas_in_the_csv_are_disarmed():
    rows = csv_rows([summarise("=HYPERLINK(1)", (0, 0, 0, 0, 1)), summarise("a", (0, 0, 0, 0, 1))])
    assert [row[0] for row in rows] == ["'=HYPERLINK(1)", "a"]
