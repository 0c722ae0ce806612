"""What drafts cost, by version: medians, shares of failures, and the last failure of a slot."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.tickets.factories import make_drafts, make_ticket
from tickets.costs import last_failures, version_costs
from tickets.models import Suggestion

pytestmark = pytest.mark.django_db
State = Suggestion.State


def write(slot: str = "A", **fields) -> Suggestion:
    """A finished draft of the slot, on a ticket of its own."""
    draft = next(one for one in make_drafts(make_ticket()) if one.slot == slot)
    draft.ticket.suggestions.exclude(pk=draft.pk).delete()
    Suggestion.objects.filter(pk=draft.pk).update(finished_at=timezone.now(), **fields)
    draft.refresh_from_db()
    return draft


def test_no_drafts_no_rows():
    assert version_costs() == []
    assert last_failures() == {}


def test_costs_are_medians_of_what_was_written():
    for tokens, seconds, memory in ((10, 1.0, 100), (20, 2.0, 300), (90, 60.0, 200), (30, 2.0, 0)):
        write(
            tokens=tokens,
            seconds=seconds,
            prefill_seconds=seconds / 4,
            decode_seconds=seconds / 2,
            prompt_tokens=400,
            peak_mebibytes=memory,
        )
    (cost,) = version_costs()
    assert (cost.version, cost.drafts, cost.failed_pct) == ("tuned-a", 4, 0.0)
    assert (cost.tokens, cost.seconds, cost.prompt_tokens) == (25.0, 2.0, 400.0)
    assert (cost.prefill_seconds, cost.decode_seconds) == (0.5, 1.0)
    assert cost.peak_mebibytes == 200.0  # nothing was measured for the fourth


def test_failed_drafts_are_a_share_and_in_no_median():
    write(tokens=10, seconds=1.0)
    for _ in range(2):
        write(tokens=500, seconds=30.0, state=State.FAILED)
    (cost,) = version_costs()
    assert (cost.drafts, cost.failed_pct) == (3, 66.7)
    assert (cost.tokens, cost.seconds) == (10.0, 1.0)


def test_unmeasured_is_nothing_and_not_zero():
    write(tokens=10, seconds=1.0)
    (cost,) = version_costs()
    assert (cost.prefill_seconds, cost.decode_seconds, cost.peak_mebibytes) == (None, None, None)


@pytest.mark.parametrize("state", [State.PENDING, State.WRITING, State.CANCELLED])
def test_drafts_that_did_not_end_do_not_count(state):
    write(tokens=10, state=state)
    assert version_costs() == []
    assert last_failures() == {}


def test_costs_since_a_moment_leave_out_what_is_older():
    old = write(tokens=10)
    Suggestion.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=8))
    write("B", tokens=20)
    recent = version_costs(since=timezone.now() - timedelta(days=7))
    assert [cost.version for cost in recent] == ["tuned-b"]
    assert [cost.version for cost in version_costs()] == ["tuned-a", "tuned-b"]


def test_costs_are_one_query(django_assert_num_queries):
    for slot in "ABC":
        write(slot, tokens=10)
    with django_assert_num_queries(1):
        assert len(version_costs()) == 3


def test_last_failure_of_a_slot_until_it_writes_again():
    write("A")
    write("A", state=State.FAILED, error="The model's server cannot be reached.")
    write("B", state=State.FAILED)
    write("B")
    failures = last_failures()
    assert set(failures) == {"A"}
    assert failures["A"].error == "The model's server cannot be reached."
    assert failures["A"].version == "tuned-a"
    write("A")
    assert last_failures() == {}
