"""Past answers are told apart by the standard reply that they are a wording of."""

import json
from collections import defaultdict
from pathlib import Path

from training.replies import group, nearest, pieces

PAST = Path(__file__).parents[2] / "sample" / "company" / "past_tickets"


def test_group_puts_wordings_together_and_strangers_apart():
    answers = [
        "Please switch renewal off in the panel. Write to us if it fails.",
        "Your parcel is sent within two days. Call us about the rest.",
        "Please switch renewal off in the panel, under Services. Write to us if it fails.",
        "Your parcel is sent within two days. Call us about the rest.",
    ]
    assert group(answers) == [0, 1, 0, 1]
    assert group([]) == []


def test_group_finds_the_standard_replies_of_the_sample_company():
    rows = [
        json.loads(line)
        for path in sorted(PAST.glob("*.jsonl"))
        for line in path.read_text().splitlines()
    ]
    topics = defaultdict(set)
    for row, reply in zip(rows, group([row["answer"] for row in rows]), strict=True):
        topics[reply].add(row["topic"])
    assert len(topics) == 55  # 40 topics, 15 of them in English too
    assert all(len(one) == 1 for one in topics.values())


def test_nearest_is_the_candidate_that_shares_most_and_the_first_of_equals():
    held = [pieces("renewal panel"), pieces("parcel courier post"), pieces("parcel courier post")]
    assert nearest("the courier has my parcel", held) == 1
    assert nearest("", held) == 0
