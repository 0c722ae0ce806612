"""The figures of search, on ranks worked out by hand."""

import json

import pytest

from kb.evaluation import Query, UnusableQueries, evaluate, figures, read_queries
from kb.importing import import_sources


def test_figures_by_hand():
    found = figures([1, 2, None, 8], [0.01, 0.02, 0.03, 0.04])
    assert found == {
        "hit@1": 0.25,
        "hit@5": 0.5,
        "recall@10": 0.75,
        "mrr@10": round((1 + 1 / 2 + 1 / 8) / 4, 4),
        "ndcg@10": round((1 + 0.6309 + 0.3155) / 4, 4),
        "queries": 4,
        "p50_ms": 25.0,
        "p95_ms": 38.5,
    }


def test_a_rank_below_k_does_not_count():
    assert figures([8], [0.01], k=5)["recall@5"] == 0


@pytest.mark.django_db
def test_modes_that_a_desk_has_are_measured(make_centre):
    queries = [Query(f"number{n}", f"{n:04}.md") for n in range(5)]
    import_sources([make_centre(20)])
    assert set(evaluate(queries)) == {"hybrid", "lexical", "questions"}  # "How the … works"
    import_sources([make_centre(60)])
    found = evaluate(queries)
    assert set(found) == {"hybrid", "dense", "lexical", "questions"}
    assert found["lexical"]["hit@1"] == found["hybrid"]["hit@1"] == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "1 to"),
        ("nothing", "line 1"),
        ('{"question": "a"}', "line 1"),
        (json.dumps({"question": " ", "external_id": "a"}), "empty"),
    ],
)
def test_a_file_that_cannot_be_used(tmp_path, text, reason):
    (tmp_path / "q.jsonl").write_text(text)
    with pytest.raises(UnusableQueries, match=reason):
        read_queries(tmp_path / "q.jsonl")
