"""Three drafts are written to their rows, by the claim's holder alone."""

from datetime import timedelta

import pytest
from django.utils import timezone

from kb.indexing import index_articles
from kb.models import Article, CoverageGap, Question, Source
from kb.questions import upsert_question
from llm.models import Slot
from tests.live_desk import wait_for
from tests.tickets.factories import PHONE, fill_slots, make_ticket
from tests.tickets.scripted_engine import scripted
from tickets import draft_rows, suggesting
from tickets.claims import MAX_ATTEMPTS, Claim, ClaimLost, kept_alive
from tickets.draft_rows import DraftRows
from tickets.intake import add_customer_message
from tickets.models import Suggestion, Ticket
from tickets.rating import rate
from tickets.replying import send_reply
from tickets.suggesting import suggest_for_ticket
from tickets.sweeping import sweep

pytestmark = pytest.mark.django_db
STALE = 3600


@pytest.fixture(autouse=True)
def hour(settings):
    """No claim of a test gets stale by itself."""
    settings.STALE_SECONDS = STALE


@pytest.fixture
def engine(monkeypatch):
    """Let the scripted engine write; call it with what it shall do."""

    def use(*args, **options):
        monkeypatch.setattr(suggesting, "generate", scripted(*args, **options))

    fill_slots()
    use()
    return use


def _later(seconds: int):
    return timezone.now() + timedelta(seconds=seconds)


def test_waiting_ticket_gets_three_drafts(engine):
    ticket = make_ticket()
    assert suggest_for_ticket(ticket.pk)
    ticket.refresh_from_db()
    drafts = {draft.slot: draft for draft in ticket.suggestions.all()}
    assert (ticket.state, ticket.claim) == (Ticket.State.READY, "")
    assert {slot: draft.text for slot, draft in drafts.items()} == {
        "A": "سلام یک",
        "B": "سلام دو",
        "C": "سلام سه",
    }
    assert {draft.state for draft in drafts.values()} == {Suggestion.State.READY}
    assert sorted(draft.position for draft in drafts.values()) == [0, 1, 2]
    assert all(draft.first_text_at and draft.finished_at for draft in drafts.values())
    assert drafts["A"].version.name == "tuned-a"


def test_order_differs_between_tickets_and_stays_for_one(engine):
    orders = set()
    for number in range(12):
        ticket = make_ticket()
        # what the order is made of: by chance all could be alike
        Ticket.objects.filter(pk=ticket.pk).update(shuffle_seed=number)
        ticket.messages.update(id=10**9 + number)
        suggest_for_ticket(ticket.pk)
        orders.add("".join(draft.slot for draft in ticket.suggestions.order_by("position")))
    assert len(orders) > 2


def test_second_call_does_nothing(engine):
    ticket = make_ticket()
    assert suggest_for_ticket(ticket.pk)
    before = list(ticket.suggestions.values_list("pk", "finished_at"))
    assert not suggest_for_ticket(ticket.pk)
    assert list(ticket.suggestions.values_list("pk", "finished_at")) == before


def test_claimed_ticket_is_left_to_its_worker(engine):
    ticket = make_ticket()
    assert Claim.take(ticket.pk)
    assert Claim.take(ticket.pk) is None
    assert not suggest_for_ticket(ticket.pk)


def test_unknown_ticket_is_no_error(engine):
    assert not suggest_for_ticket(10**9)


def test_text_reaches_the_rows_while_it_is_written(engine, monkeypatch):
    monkeypatch.setattr(draft_rows, "FLUSH_SECONDS", 0)
    ticket = make_ticket()
    seen = []

    def look(step: int) -> None:
        row = Suggestion.objects.get(ticket=ticket, slot="A")
        seen.append((row.state, row.text))

    engine(("یک دو سه", "x y z", "a b c"), at_step=look)
    suggest_for_ticket(ticket.pk)
    assert seen == [("pending", ""), ("writing", "یک"), ("writing", "یک دو")]


def test_rows_are_not_written_more_often_than_a_reader_sees(
    engine, monkeypatch, django_assert_max_num_queries
):
    passed, made = [0.0], DraftRows.made

    def made_on_a_clock(*args, **options):
        rows = made(*args, **options)
        rows.clock = lambda: passed[0]
        return rows

    def go_on(step: int) -> None:
        passed[0] += draft_rows.FLUSH_SECONDS / 100

    monkeypatch.setattr(DraftRows, "made", made_on_a_clock)
    engine((" ".join(["کلمه"] * 300), "x", "y"), at_step=go_on)
    ticket = make_ticket()
    with django_assert_max_num_queries(120):
        suggest_for_ticket(ticket.pk)


def test_worker_whose_claim_was_taken_over_writes_nothing_more(engine, monkeypatch):
    monkeypatch.setattr(draft_rows, "FLUSH_SECONDS", 0)
    ticket = make_ticket()

    def take_over(step: int) -> None:
        if step == 1:
            Ticket.objects.update(claim="another worker")

    engine(("یک دو سه", "x y z", "a b c"), at_step=take_over)
    assert not suggest_for_ticket(ticket.pk)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.claim) == (Ticket.State.DRAFTING, "another worker")
    rows = ticket.suggestions.order_by("slot")
    assert [row.text for row in rows] == ["یک", "x", "a"]  # as it stood when the claim was lost
    assert not rows.filter(state=Suggestion.State.READY).exists()


def test_claim_lost_before_the_end_finishes_nothing(engine):
    ticket = make_ticket()
    engine(at_step=lambda step: Ticket.objects.update(claim="another worker"))
    assert not suggest_for_ticket(ticket.pk)
    assert not ticket.suggestions.filter(state=Suggestion.State.READY).exists()


def test_reply_sent_meanwhile_stops_the_drafts(engine, sara):
    ticket = make_ticket()

    def answer(step: int) -> None:
        if step == 0:
            send_reply(ticket.pk, agent=sara, text="تمام", suggestion_id=None, send_key="k")

    engine(at_step=answer)
    assert not suggest_for_ticket(ticket.pk)
    ticket.refresh_from_db()
    assert ticket.state == Ticket.State.ANSWERED
    assert {row.state for row in ticket.suggestions.all()} == {Suggestion.State.CANCELLED}


def test_held_refuses_a_lost_claim():
    ticket = make_ticket()
    claim = Claim.take(ticket.pk)
    Ticket.objects.update(claim="another worker")
    with pytest.raises(ClaimLost), claim.held():
        raise AssertionError("entered")


def test_failed_draft_says_why_and_the_ticket_is_ready(engine):
    engine(finish="failed")
    ticket = make_ticket()
    suggest_for_ticket(ticket.pk)
    ticket.refresh_from_db()
    assert ticket.state == Ticket.State.READY
    assert {(row.state, bool(row.error)) for row in ticket.suggestions.all()} == {("failed", True)}


def test_empty_draft_is_a_failed_one(engine):
    engine(("سلام", " ", "سلام"))
    ticket = make_ticket()
    suggest_for_ticket(ticket.pk)
    assert ticket.suggestions.get(slot="B").state == Suggestion.State.FAILED


def test_desk_without_models_still_shows_what_was_found(engine):
    Slot.objects.all().delete()
    upsert_question(Question.Kind.TICKET, "old:1", "fa", "دامنه وصل نمی‌شود", "نیم‌سرورها را بگذارید")
    ticket = make_ticket()
    assert suggest_for_ticket(ticket.pk)
    ticket.refresh_from_db()
    assert ticket.state == Ticket.State.READY
    assert [one["answer"] for one in ticket.found] == ["نیم‌سرورها را بگذارید"]


def test_sources_of_a_draft_are_those_of_its_prompt(engine):
    upsert_question(Question.Kind.TICKET, "old:1", "fa", "دامنه وصل نمی‌شود", "نیم‌سرورها")
    ticket = make_ticket()
    suggest_for_ticket(ticket.pk)
    sources = ticket.suggestions.get(slot="A").sources
    assert [(one["kind"], one["answer"]) for one in sources] == [("question", "نیم‌سرورها")]


def test_later_message_gets_drafts_of_its_own(engine, sara):
    ticket = make_ticket()
    suggest_for_ticket(ticket.pk)
    first = ticket.suggestions.get(slot="A")
    rate(first, agent=sara, stars=2)
    add_customer_message(ticket, "هنوز درست نشده")
    assert suggest_for_ticket(ticket.pk)
    assert ticket.suggestions.count() == 6
    assert first.ratings.count() == 1


def test_prompt_holds_placeholders_and_no_value(engine, monkeypatch):
    seen = []

    def watch(jobs, **options):
        seen.extend(job.parts for job in jobs)
        return scripted()(jobs, **options)

    monkeypatch.setattr(suggesting, "generate", watch)
    suggest_for_ticket(make_ticket().pk)
    assert "[PHONE_1]" in str(seen)
    assert PHONE not in str(seen)


def test_sweep_takes_back_a_stale_claim(engine):
    ticket = make_ticket()
    old = Claim.take(ticket.pk)
    assert sweep()["asked_again"] == 0
    assert sweep(now=_later(STALE + 1))["asked_again"] == 1
    ticket.refresh_from_db()
    assert (ticket.state, ticket.claim) == (Ticket.State.NEW, "")
    assert not old.beat()
    assert suggest_for_ticket(ticket.pk)


def test_beating_claim_is_not_taken_back(engine):
    claim = Claim.take(make_ticket().pk)
    Ticket.objects.update(claimed_at=_later(-STALE - 1))
    assert claim.beat()
    assert sweep()["asked_again"] == 0


def test_sweep_asks_again_for_a_lost_message_but_not_at_every_turn(
    engine, asked, django_capture_on_commit_callbacks
):
    ticket = make_ticket()
    with django_capture_on_commit_callbacks(execute=True):
        assert sweep()["asked_again"] == 0
        assert sweep(now=_later(STALE + 1))["asked_again"] == 1
        assert sweep(now=_later(STALE + 2))["asked_again"] == 0
    assert asked == [("suggest", ticket.pk)]


def test_ticket_that_fails_every_time_is_given_to_the_agent(engine, monkeypatch):
    def crash(*args, **options):
        raise MemoryError

    monkeypatch.setattr(suggesting, "generate", crash)
    ticket = make_ticket()
    for attempt in range(1, MAX_ATTEMPTS + 1):
        with pytest.raises(MemoryError):
            suggest_for_ticket(ticket.pk)
        assert not suggest_for_ticket(ticket.pk)  # the claim is fresh still
        assert sweep(now=_later((STALE + 1) * attempt))["given_up"] == (attempt == MAX_ATTEMPTS)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.attempts) == (Ticket.State.READY, MAX_ATTEMPTS)
    assert {row.state for row in ticket.suggestions.all()} == {Suggestion.State.FAILED}


def test_sweep_forgets_expired_values(engine, settings):
    ticket = make_ticket()
    assert sweep()["forgotten"] == 0
    assert sweep(now=timezone.now() + timedelta(days=settings.VAULT_DAYS + 1))["forgotten"] == 1
    assert not ticket.vault_entries.exists()


@pytest.mark.django_db(transaction=True)
def test_signs_of_life_come_from_a_thread(monkeypatch):
    monkeypatch.setattr("tickets.claims.BEATS", 50 * STALE)
    ticket = make_ticket()
    claim = Claim.take(ticket.pk)
    Ticket.objects.update(claimed_at=_later(-100))
    with kept_alive([claim]) as (lost,):
        wait_for(lambda: Ticket.objects.filter(claimed_at__gt=_later(-10)).exists())
        assert not lost.is_set()
        Ticket.objects.update(claim="another worker")
        assert lost.wait(60)


def test_a_question_that_no_article_answers_is_an_article_to_write(engine):
    ticket = make_ticket(subject="کمک", text=f"کارت هدیه چطور بخرم؟ شماره‌ام {PHONE}")
    assert suggest_for_ticket(ticket.pk)
    gap = CoverageGap.objects.get()
    assert (gap.origin, gap.lang, gap.count) == ("ticket", "fa", 1)
    assert gap.text == "کمک کارت هدیه چطور بخرم؟ شماره‌ام [PHONE_1]"


def test_a_question_that_an_article_answers_is_none(engine):
    article = Article.objects.create(
        source=Source.objects.create(location="x", name="x"),
        external_id="gift",
        title="کارت هدیه",
        text="کارت هدیه را از فروشگاه بخرید.",
        lang="fa",
    )
    index_articles([article])
    ticket = make_ticket(subject="خرید کارت هدیه", text="کارت هدیه چطور بخرم؟")
    assert suggest_for_ticket(ticket.pk)
    assert not CoverageGap.objects.exists()
