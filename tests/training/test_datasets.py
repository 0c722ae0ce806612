"""Snapshots: the same rows, the same digest; a row stays on its side of the split."""

from dataclasses import replace

from tests.training.tiny import ROWS
from training.datasets import digest_of, read_rows, split, write_jsonl


def test_write_jsonl_reads_back_and_its_digest_is_that_of_the_rows(tmp_path):
    path = tmp_path / "deep" / "rows.jsonl"
    digest = write_jsonl(path, ROWS)
    assert read_rows(path) == ROWS
    assert digest == digest_of(ROWS)
    assert digest != digest_of([replace(ROWS[0], answer="other"), *ROWS[1:]])


def test_split_keeps_rows_on_their_side_and_never_keeps_out_articles():
    tickets = [replace(ROWS[0], key=f"t{number}", kind="ticket") for number in range(2000)]
    articles = [replace(ROWS[0], key=f"a{number}", kind="article") for number in range(100)]
    learned, kept_out = split([*tickets, *articles], holdout=0.1)
    assert 150 < len(kept_out) < 250
    assert len(learned) + len(kept_out) == 2100
    assert all(row.kind == "ticket" for row in kept_out)
    fewer = split(tickets[:500], holdout=0.1)[1]
    assert [row for row in kept_out if row in tickets[:500]] == fewer
    assert split(tickets, holdout=0.0)[1] == []
