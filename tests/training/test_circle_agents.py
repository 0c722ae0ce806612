"""The taste of the agents in `bench.circle`: it must tell what it says it tells."""

import random
from pathlib import Path

import pytest
from django.conf import settings

from bench.simulated.agents import GREETINGS, Company, Wanted, noisy, read_jsonl


@pytest.fixture(scope="module")
def past():
    return read_jsonl(Path(settings.SAMPLE_DIR) / "company" / "past_tickets")


@pytest.fixture(scope="module")
def company(past):
    wanted = {Wanted(row["topic"], row["lang"]) for row in past}
    return Company(past, {one: f"Article {one.topic}" for one in wanted})


def test_agents_give_five_stars_to_what_they_send_and_few_to_what_was_sent_before(past, company):
    before, after = [], []
    for row in past[::5]:
        wanted = Wanted(row["topic"], row["lang"])
        before.append(company.stars(row["answer"], wanted))
        after.append(company.stars(company.in_taste(row["answer"], wanted), wanted))
    assert set(before) <= {2, 3}
    assert after.count(5) > 0.98 * len(after)


def test_stars_count_each_virtue_of_a_right_answer_and_none_of_a_wrong_one(company):
    wanted, other = Wanted("h1", "fa"), Wanted("h2", "fa")
    best = company.in_taste(company.standard[wanted], wanted)
    plain = best.removeprefix(GREETINGS["fa"]).strip()
    unsourced = plain.rpartition("(")[0].strip()
    long = unsourced + " این هم یک جمله. و یکی دیگر."
    for text, stars in [(best, 5), (plain, 4), (unsourced, 3), (long, 2)]:
        assert company.stars(text, wanted) == stars
        assert company.stars(text, other) == 1
    assert company.stars("Article h1", wanted) == 1
    assert company.stars("", wanted) == 1
    wrong_source = best.replace("Article h1", "Article h2")
    assert company.stars(wrong_source, wanted) == 4


def test_agents_send_the_best_draft_in_their_taste_or_write_anew(company):
    wanted, other = Wanted("h1", "en"), Wanted("h3", "en")
    right, wrong = company.standard[wanted], company.standard[other]
    text, place = company.sent([wrong, right], wanted)
    assert (place, company.stars(text, wanted)) == (1, 5)
    anew, none = company.sent([wrong], wanted)
    assert (none, anew) == (None, text)


def test_noise_moves_one_rating_in_ten_by_one_star_at_most():
    chance = random.Random(3)
    drawn = [noisy(3, chance) for _ in range(2000)]
    assert set(drawn) == {2, 3, 4}
    assert drawn.count(3) == pytest.approx(1800, abs=60)
    assert {noisy(5, chance) for _ in range(200)} <= {4, 5}
