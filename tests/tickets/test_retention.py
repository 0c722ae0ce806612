"""Rules delete what is old, and only that; nothing without a rule."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from kb.models import Question
from kb.questions import upsert_question
from tests.another_process import holding
from tests.tickets.factories import make_drafts, make_ticket
from tickets.learning import past_question_id
from tickets.models import (
    Customer,
    Message,
    RetentionRule,
    Suggestion,
    Ticket,
    VaultEntry,
    VaultReading,
)
from tickets.rating import rate
from tickets.rights import retention
from tickets.rights.retention import Applied, BadRule, set_rule
from tickets.tasks import apply_retention

pytestmark = pytest.mark.django_db

NOW = timezone.now()
OLD = NOW - timedelta(days=40)
Kind = RetentionRule.Kind


def _aged(ticket, *, state, messages_at=OLD):
    Ticket.objects.filter(pk=ticket.pk).update(state=state, created_at=OLD)
    Message.objects.filter(ticket=ticket).update(created_at=messages_at)
    return ticket


def _removed(kind, **options):
    return {one.kind: one.removed for one in retention.apply(now=NOW, **options)}.get(kind)


def test_nothing_goes_without_a_rule():
    _aged(make_ticket(), state="closed")
    assert [one.kind for one in retention.apply(now=NOW)] == ["vault"]
    assert Ticket.objects.count() == 1
    assert {rule.days for rule in retention.rules()} == {None}


@pytest.mark.parametrize(("days", "left"), [(39, 0), (41, 1)])
def test_closed_ticket_goes_at_its_age_with_its_past_answer(days, left):
    ticket = _aged(make_ticket(), state="answered")
    external_id = past_question_id(ticket.source, ticket.external_id)
    upsert_question("ticket", external_id, "fa", "پرسش", "پاسخ")
    set_rule(Kind.CLOSED_TICKETS, days)
    assert _removed(Kind.CLOSED_TICKETS) == 1 - left
    assert Ticket.objects.count() == left
    assert Question.objects.count() == left


def test_open_ticket_and_one_that_was_written_to_stay():
    _aged(make_ticket(), state="new")
    _aged(make_ticket(), state="closed", messages_at=NOW)
    _aged(make_ticket(), state="spam")
    set_rule(Kind.CLOSED_TICKETS, 30)
    assert _removed(Kind.CLOSED_TICKETS) == 0
    assert Ticket.objects.count() == 3


def test_spam_has_a_rule_of_its_own():
    _aged(make_ticket(), state="spam")
    kept = _aged(make_ticket(), state="closed")
    set_rule(Kind.SPAM, 30)
    assert _removed(Kind.SPAM) == 1
    assert Ticket.objects.get() == kept


def test_draft_that_was_not_sent_goes_and_its_stars_stay(sara):
    drafts = make_drafts(make_ticket())
    rate(drafts[0], agent=sara, stars=2, reason="کوتاه")
    Suggestion.objects.update(created_at=OLD)
    Suggestion.objects.filter(pk=drafts[2].pk).update(created_at=NOW)
    set_rule(Kind.SUGGESTIONS, 30)
    assert _removed(Kind.SUGGESTIONS) == 2
    rated, young = Suggestion.objects.order_by("pk")
    assert (rated.text, rated.ratings.get().stars, rated.ratings.get().reason) == ("", 2, "")
    assert young.text == "سه"
    assert _removed(Kind.SUGGESTIONS) == 0


def test_customer_without_tickets_and_old_reading_go(sara):
    ticket = make_ticket()
    alone = Customer.objects.create(contact_hmac="x", contact_encrypted=b"y")
    Customer.objects.update(created_at=OLD)
    for at in (OLD, NOW):
        reading = VaultReading.objects.create(
            user=sara, ticket=ticket, ticket_number=ticket.pk, purpose="reveal"
        )
        VaultReading.objects.filter(pk=reading.pk).update(at=at)
    set_rule(Kind.CUSTOMERS, 30)
    set_rule(Kind.READINGS, 30)
    assert retention.apply(now=NOW)[1:] == [
        Applied("customers", 30, 1),
        Applied("readings", 30, 1),
    ]
    assert not Customer.objects.filter(pk=alone.pk).exists()
    assert VaultReading.objects.get().at == NOW


def test_dry_run_counts_and_removes_nothing():
    _aged(make_ticket(), state="closed")
    VaultEntry.objects.update(expires_at=OLD)
    set_rule(Kind.CLOSED_TICKETS, 30)
    found = retention.apply(now=NOW, dry_run=True)
    assert [(one.kind, one.removed) for one in found] == [("vault", 1), ("closed_tickets", 1)]
    assert Ticket.objects.count() == VaultEntry.objects.count() == 1
    assert retention.rules()[0].last_applied_at is None


def test_more_than_a_batch_goes(monkeypatch):
    monkeypatch.setattr(retention, "AT_A_TIME", 2)
    for number in range(5):
        _aged(make_ticket(contact=f"c{number}@mail.test"), state="closed")
    set_rule(Kind.CLOSED_TICKETS, 30)
    assert _removed(Kind.CLOSED_TICKETS) == 5
    rule = RetentionRule.objects.get(kind=Kind.CLOSED_TICKETS)
    assert (rule.last_applied_at, rule.last_removed) == (NOW, 5)


def test_schedule_applies_a_rule_once_a_day():
    set_rule(Kind.CLOSED_TICKETS, 30)
    _aged(make_ticket(), state="closed")
    apply_retention()
    assert not Ticket.objects.exists()
    _aged(make_ticket(), state="closed")
    apply_retention()
    assert Ticket.objects.count() == 1
    RetentionRule.objects.update(last_applied_at=NOW - timedelta(days=1))
    apply_retention()
    assert not Ticket.objects.exists()


def test_run_out_of_time_is_due_again():
    set_rule(Kind.CLOSED_TICKETS, 30)
    _aged(make_ticket(), state="closed")
    assert retention.apply_due(now=NOW, seconds=0.0) == []
    assert RetentionRule.objects.get(kind=Kind.CLOSED_TICKETS).last_applied_at is None


@pytest.mark.django_db(transaction=True)
def test_two_schedules_do_not_work_at_once():
    set_rule(Kind.READINGS, 30)
    with holding(retention._LOCK):
        assert retention.apply_due(now=NOW) == []
    assert [one.kind for one in retention.apply_due(now=NOW)] == ["readings"]


@pytest.mark.parametrize("days", [0, -1, 36_501])
def test_bad_number_of_days_is_refused(days):
    with pytest.raises(BadRule):
        set_rule(Kind.SPAM, days)
    with pytest.raises(BadRule):
        set_rule("everything", 3)


def test_command_says_what_went(capsys):
    _aged(make_ticket(), state="spam")
    set_rule(Kind.SPAM, 30)
    call_command("apply_retention", "--dry-run")
    assert "spam older than 30 days: 1 would go." in capsys.readouterr().out
    call_command("apply_retention", "--json")
    assert '{"kind": "spam", "days": 30, "removed": 1}' in capsys.readouterr().out


def test_words_of_what_went_leave_the_index():
    from tests.tickets.everywhere import tables_with

    ticket = _aged(make_ticket(text="زرافه zarafezarafe"), state="closed")
    external_id = past_question_id(ticket.source, ticket.external_id)
    upsert_question("ticket", external_id, "fa", "زرافه zarafezarafe", "پاسخ")
    upsert_question("ticket", "test:kept", "fa", "هاست", "پاسخ")
    assert tables_with("zarafezaraf") == {
        *("tickets_message", "tickets_ticket"),  # the ticket's own words, and what finds it
        *("kb_question", "kb_posting"),
    }
    set_rule(Kind.CLOSED_TICKETS, 30)
    retention.apply(now=NOW)
    assert tables_with("zarafezaraf") == set()


def test_frequent_words_of_an_erased_customer_go_with_the_schedule(monkeypatch, mina):
    from kb.postings import removing
    from tests.tickets.everywhere import tables_with
    from tickets.rights import erase_ticket

    monkeypatch.setattr(removing, "MOST_BYTES", 0)  # every word counts as frequent
    ticket = make_ticket(text="زرافه zarafezarafe")
    external_id = past_question_id(ticket.source, ticket.external_id)
    upsert_question("ticket", external_id, "fa", "زرافه zarafezarafe", "پاسخ")
    erase_ticket(ticket, user=mina)
    assert tables_with("zarafezaraf") == {"kb_posting"}
    retention.apply_due()
    assert tables_with("zarafezaraf") == set()
