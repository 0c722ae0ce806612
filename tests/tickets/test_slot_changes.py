"""A slot that changes catches no ticket between: what is being drafted keeps its versions, the next
ticket gets the new ones, and nothing is restarted."""

import pytest

from llm import registry
from llm.models import ModelVersion, Slot
from tests.tickets.factories import fill_slots, make_ticket, make_version
from tests.tickets.scripted_engine import scripted
from tickets import suggesting
from tickets.models import Suggestion, Ticket
from tickets.suggesting import suggest_for_ticket

pytestmark = pytest.mark.django_db
State = ModelVersion.State


@pytest.fixture
def slots(monkeypatch):
    """Three slots, a candidate, and an engine that runs `change` between two words."""
    fill_slots()
    change = []

    def at_step(step: int) -> None:
        if step == 1 and change:
            change.pop()()

    monkeypatch.setattr(suggesting, "generate", scripted(at_step=at_step))
    return change


def versions_of(ticket: Ticket) -> dict[str, str]:
    return {draft.slot: draft.version.name for draft in ticket.suggestions.all()}


def put_canary(version: ModelVersion, share: float) -> None:
    """Its files are not what is tested here."""
    Slot.objects.filter(name="A").update(canary=version, canary_share=share)


def test_ticket_keeps_its_versions_while_a_slot_changes(slots):
    new = make_version("tuned-a-2")
    slots.append(lambda: registry.set_slot("A", new))
    ticket = make_ticket()
    assert suggest_for_ticket(ticket.pk)
    assert not slots  # it changed in the middle of the drafts
    assert versions_of(ticket) == {"A": "tuned-a", "B": "tuned-b", "C": "base"}
    drafts = ticket.suggestions.all()
    assert {draft.state for draft in drafts} == {Suggestion.State.READY}
    after = make_ticket()
    assert suggest_for_ticket(after.pk)
    assert versions_of(after) == {"A": "tuned-a-2", "B": "tuned-b", "C": "base"}


def test_ticket_keeps_its_versions_while_a_slot_goes_back(slots):
    registry.set_slot("A", make_version("tuned-a-2"))
    slots.append(lambda: registry.rollback("A"))
    ticket = make_ticket()
    suggest_for_ticket(ticket.pk)
    after = make_ticket()
    suggest_for_ticket(after.pk)
    assert (versions_of(ticket)["A"], versions_of(after)["A"]) == ("tuned-a-2", "tuned-a")


def test_ticket_keeps_its_canary_when_that_ends_meanwhile(slots):
    put_canary(make_version("tuned-a-2"), 1.0)
    slots.append(lambda: registry.retire("A"))
    ticket = make_ticket()
    suggest_for_ticket(ticket.pk)
    after = make_ticket()
    suggest_for_ticket(after.pk)
    assert (versions_of(ticket)["A"], versions_of(after)["A"]) == ("tuned-a-2", "tuned-a")


def test_canary_writes_for_the_tickets_that_their_seeds_choose(slots):
    put_canary(make_version("tuned-a-2"), 0.5)
    wrote = {}
    for seed in range(12):
        ticket = make_ticket()
        Ticket.objects.filter(pk=ticket.pk).update(shuffle_seed=seed)
        ticket.refresh_from_db()
        suggest_for_ticket(ticket.pk)
        draft = ticket.suggestions.get(slot="A")
        chosen = registry.slots_now(seed=ticket.shuffle_seed)[0]
        assert (draft.version, draft.is_canary) == (chosen.version, chosen.is_canary)
        wrote[draft.version.name] = draft.is_canary
    assert wrote == {"tuned-a": False, "tuned-a-2": True}
