"""Drafts by the real engine: small models that are trained at the start of the run."""

import pytest

from llm.models import ModelVersion, Slot
from llm.registry import add_version, set_slot
from tests.llm import tiny_models
from tests.tickets.factories import make_ticket
from tickets import rewriting
from tickets.models import Suggestion, Ticket
from tickets.suggesting import suggest_for_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def slots(models):
    base = add_version(models / "base")
    for slot, name in zip(Slot.NAMES, ("first", "second"), strict=False):
        set_slot(slot, add_version(models / name))
    set_slot("C", base)


def test_three_models_draft_for_one_ticket(slots):
    question, number = tiny_models.QUESTIONS[1], 1
    ticket = make_ticket(text=question, subject="", lang="fa")
    assert suggest_for_ticket(ticket.pk)
    ticket.refresh_from_db()
    drafts = {draft.slot: draft for draft in ticket.suggestions.select_related("version")}
    assert ticket.state == Ticket.State.READY
    assert {slot: draft.text for slot, draft in drafts.items()} == {
        "A": tiny_models.ANSWERS["first"][number],
        "B": tiny_models.ANSWERS["second"][number],
        "C": tiny_models.ANSWERS["base"][number],
    }
    assert len({draft.version.pk for draft in drafts.values()}) == 3
    for draft in drafts.values():
        assert draft.state == Suggestion.State.READY
        assert draft.tokens > 0
        assert draft.prompt_tokens > 0
        assert draft.created_at <= draft.first_text_at <= draft.finished_at


def test_local_version_without_room_for_the_order_says_so(slots, sara):
    """Through the engine itself; these models read 256 tokens, and the order alone takes more."""
    ticket = make_ticket(text=tiny_models.QUESTIONS[1], subject="", lang="fa")
    assert suggest_for_ticket(ticket.pk)
    ModelVersion.objects.update(follows_instructions=True)
    row = rewriting.ask(ticket.suggestions.get(slot="A"), agent=sara, kind="shorter")
    assert rewriting.write(row.pk)
    row.refresh_from_db()
    assert (row.state, row.text) == ("failed", "")
    assert row.error == "The prompt has no room for this message."


def test_drafts_that_a_busy_machine_writes_slowly_are_not_taken_for_lost(slots, settings):
    """A sign of life would come from a connection that sees nothing of this transaction."""
    settings.STALE_SECONDS = 0.6  # the first sign would come after a minute
    ticket = make_ticket(text=tiny_models.QUESTIONS[1], subject="", lang="fa")
    assert suggest_for_ticket(ticket.pk)
