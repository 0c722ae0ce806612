"""Where a masked text is cut or still being written, nobody sees half of a placeholder."""

import pytest

from tests.tickets.factories import PHONE, fill_slots, make_drafts, make_ticket
from tests.tickets.scripted_engine import scripted
from tickets import draft_rows, suggesting
from tickets.inbox import PREVIEW, load
from tickets.intake import MAX_SUBJECT
from tickets.models import Suggestion
from tickets.rating import MAX_REASON, rate

pytestmark = pytest.mark.django_db


GROWS = "a@b.ir"  # shorter than [EMAIL_1]


def _grown(limit: int, *, over: int) -> tuple[str, str]:
    """(a text of at most `limit` characters, what is kept of it): masked it is `over` longer than
    the limit, and the limit falls into its last placeholder."""
    words = "x" * (limit + over - len(" [EMAIL_1]"))
    assert len(f"{words} {GROWS}") <= limit
    return f"{words} {GROWS}", words


@pytest.mark.parametrize("over", [1, 3])
def test_subject_is_cut_before_a_placeholder(over):
    subject, kept = _grown(MAX_SUBJECT, over=over)
    assert make_ticket(subject=subject).subject == kept


@pytest.mark.parametrize("over", [1, 3])
def test_reason_is_cut_before_a_placeholder(sara, over):
    reason, kept = _grown(MAX_REASON, over=over)
    draft = make_drafts(make_ticket(text="سلام"))[0]
    assert rate(draft, agent=sara, stars=2, reason=reason).reason == kept


def test_text_that_just_fits_is_kept_whole():
    subject, words = _grown(MAX_SUBJECT, over=0)
    assert make_ticket(subject=subject).subject == f"{words} [EMAIL_1]"


def test_preview_ends_before_a_placeholder():
    ticket = make_ticket(text="x" * (PREVIEW - 4) + f" {PHONE}")
    (row,) = load([ticket.pk])
    assert row.preview == "x" * (PREVIEW - 4) + " "
    assert ticket.messages.get().text.endswith("[PHONE_1]")


def test_half_a_placeholder_is_not_shown_while_it_is_written(monkeypatch):
    monkeypatch.setattr(draft_rows, "FLUSH_SECONDS", 0)
    fill_slots()
    ticket = make_ticket()
    seen = []

    def look(step: int) -> None:
        seen.append(Suggestion.objects.get(ticket=ticket, slot="A").text)

    text = "به [ PHONE _1 ] زنگ بزنید"  # written word by word
    monkeypatch.setattr(suggesting, "generate", scripted((text, "x", "y"), at_step=look))
    suggesting.suggest_for_ticket(ticket.pk)
    assert seen == ["", *["به"] * 4, "به [ PHONE _1 ]", "به [ PHONE _1 ] زنگ"]
    assert Suggestion.objects.get(ticket=ticket, slot="A").text == "به [PHONE_1] زنگ بزنید"
