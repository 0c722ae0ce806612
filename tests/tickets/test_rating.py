"""Stars from 1 to 5, one rating per agent and draft."""

import pytest

from tests.tickets.factories import PHONE, make_drafts, make_ticket
from tickets.models import Rating, Suggestion
from tickets.rating import BadRating, rate, withdraw

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft():
    return make_drafts(make_ticket())[0]


@pytest.mark.parametrize("stars", [1, 2, 3, 4, 5])
def test_rating_is_kept(draft, sara, stars):
    rating = rate(draft, agent=sara, stars=stars, reason=" خوب بود ")
    assert (rating.stars, rating.reason) == (stars, "خوب بود")


@pytest.mark.parametrize("stars", [0, 6, -1, 100])
def test_rating_outside_1_to_5_is_refused(draft, sara, stars):
    with pytest.raises(BadRating):
        rate(draft, agent=sara, stars=stars)
    assert not Rating.objects.exists()


def test_rating_again_replaces(draft, sara, omid):
    rate(draft, agent=sara, stars=1, reason="بد")
    rate(draft, agent=sara, stars=4)
    rate(draft, agent=omid, stars=2)
    assert sorted(Rating.objects.values_list("stars", "reason")) == [(2, ""), (4, "")]


def test_reason_is_masked_with_the_tickets_numbers(draft, sara):
    rating = rate(draft, agent=sara, stars=2, reason=f"شماره {PHONE} را نگفت، 0935 111 2233 را گفت")
    assert rating.reason == "شماره [PHONE_1] را نگفت، [PHONE_2] را گفت"


def test_long_reason_is_refused(draft, sara):
    with pytest.raises(BadRating):
        rate(draft, agent=sara, stars=2, reason="x" * 1001)


@pytest.mark.parametrize("state", ["pending", "writing", "failed", "cancelled"])
def test_unfinished_draft_is_not_rated(draft, sara, state):
    Suggestion.objects.update(state=state)
    draft.refresh_from_db()
    with pytest.raises(BadRating):
        rate(draft, agent=sara, stars=3)


def test_withdrawn_rating_is_gone(draft, sara):
    withdraw(rate(draft, agent=sara, stars=3))
    assert not Rating.objects.exists()
