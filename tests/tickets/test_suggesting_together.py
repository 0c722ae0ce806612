"""Waiting tickets are written together, and each is claimed, lost, ended and tried again alone."""

import threading

import pytest

from llm.engine.serving import Draft
from llm.models import Slot
from llm.registry import set_slot
from tests.tickets.factories import fill_slots, make_ticket, make_version
from tests.tickets.scripted_engine import scripted
from tickets import suggesting
from tickets.claims import Claim
from tickets.models import Suggestion, Ticket
from tickets.rating import rate
from tickets.suggesting import suggest_for_ticket
from tickets.sweeping import sweep

pytestmark = pytest.mark.django_db
State = Suggestion.State


@pytest.fixture(autouse=True)
def hour(settings):
    """No claim of a test gets stale by itself."""
    settings.STALE_SECONDS = 3600


@pytest.fixture
def engine(monkeypatch):
    """Let the scripted engine write, and note how many tickets each of its calls wrote."""
    calls = []

    def use(*args, **options):
        write = scripted(*args, **options)

        def generate(jobs, **listeners):
            calls.append(len(jobs))
            return write(jobs, **listeners)

        monkeypatch.setattr(suggesting, "generate", generate)
        return calls

    fill_slots()
    use()
    return use


def _states() -> list[str]:
    return list(Ticket.objects.order_by("pk").values_list("state", flat=True))


def test_waiting_tickets_are_written_together(engine, asked):
    calls = engine()
    tickets = [make_ticket() for _ in range(4)]
    assert suggest_for_ticket(tickets[2].pk)
    assert calls == [4]
    assert _states() == ["ready"] * 4
    assert Suggestion.objects.filter(state=State.READY).count() == 12
    assert not any(suggest_for_ticket(ticket.pk) for ticket in tickets)  # their own messages
    assert calls == [4]


def test_no_more_are_taken_than_the_setting_says_the_oldest_first(engine, settings):
    settings.DRAFT_TICKETS = 3
    calls = engine()
    tickets = [make_ticket() for _ in range(5)]
    assert suggest_for_ticket(tickets[4].pk)
    assert calls == [3]
    assert _states() == ["ready", "ready", "new", "new", "ready"]


def test_drafts_stand_beside_their_own_ticket(engine, monkeypatch):
    def by_question(jobs, **listeners):
        written = []
        for number, job in enumerate(jobs):
            said = job.parts.turns[-1].text
            (drafts,) = scripted((said, said, said))([job])
            listeners["on_drafts"](number, dict(enumerate(drafts)))
            written.append(drafts)
        return written

    monkeypatch.setattr(suggesting, "generate", by_question)
    tickets = [make_ticket(text=f"پرسش {number}") for number in range(3)]
    assert suggest_for_ticket(tickets[0].pk)
    for number, ticket in enumerate(tickets):
        assert {row.text for row in ticket.suggestions.all()} == {f"پرسش {number}"}


def test_lost_claim_stops_its_own_ticket_only(engine):
    tickets = [make_ticket() for _ in range(3)]

    def take_over(step: int) -> None:
        Ticket.objects.filter(pk=tickets[1].pk).update(claim="another worker")

    engine(at_step=take_over)
    assert suggest_for_ticket(tickets[0].pk)
    assert _states() == ["ready", "drafting", "ready"]
    assert not tickets[1].suggestions.filter(state=State.READY).exists()


def test_ticket_that_is_erased_before_its_turn_stops_no_other(engine, monkeypatch):
    tickets = [make_ticket() for _ in range(2)]
    take = Claim.take_untried

    def take_and_lose(at_most):
        claims = take(at_most)
        Ticket.objects.filter(pk=tickets[1].pk).delete()
        return claims

    monkeypatch.setattr(Claim, "take_untried", take_and_lose)
    assert suggest_for_ticket(tickets[0].pk)
    assert _states() == ["ready"]


def test_tickets_of_a_worker_that_failed_are_tried_again_alone(engine, monkeypatch):
    """What made it fail is in one of them: the others must not share its five attempts."""
    tickets = [make_ticket() for _ in range(3)]
    poison = tickets[1].pk
    calls = []

    def crash(jobs, **listeners):
        calls.append(len(jobs))
        if Ticket.objects.get(pk=poison).state == Ticket.State.DRAFTING:
            raise MemoryError
        return scripted()(jobs, **listeners)

    monkeypatch.setattr(suggesting, "generate", crash)
    with pytest.raises(MemoryError):
        suggest_for_ticket(tickets[0].pk)
    Ticket.objects.update(claimed_at="2020-01-01T00:00Z")
    assert sweep()["asked_again"] == 3
    assert suggest_for_ticket(tickets[0].pk)
    assert suggest_for_ticket(tickets[2].pk)
    with pytest.raises(MemoryError):
        suggest_for_ticket(poison)
    assert calls == [3, 1, 1, 1]
    assert _states() == ["ready", "drafting", "ready"]


def test_draft_that_has_ended_is_ready_while_another_is_written(engine, monkeypatch):
    ticket = make_ticket()
    seen = []

    def one_by_one(jobs, **listeners):
        ((first, second, third),) = written = scripted()(jobs)
        for ended in ({2: third}, {0: first}, {1: second}):
            listeners["on_drafts"](0, ended)
            rows = ticket.suggestions.order_by("slot")
            seen.append(("".join(row.state[0] for row in rows), Ticket.objects.get().state))
        return written

    monkeypatch.setattr(suggesting, "generate", one_by_one)
    assert suggest_for_ticket(ticket.pk)
    assert seen == [("ppr", "drafting"), ("rpr", "drafting"), ("rrr", "ready")]


def test_draft_that_was_ready_survives_the_worker(engine, monkeypatch, sara):
    """The agent may have read and rated it: the next attempt writes what is missing."""
    ticket = make_ticket()

    def die_half_way(jobs, **listeners):
        ((first, *_others),) = scripted()(jobs)
        listeners["on_drafts"](0, {0: first})
        raise MemoryError

    monkeypatch.setattr(suggesting, "generate", die_half_way)
    with pytest.raises(MemoryError):
        suggest_for_ticket(ticket.pk)
    kept = ticket.suggestions.get(state=State.READY)
    rate(kept, agent=sara, stars=5, reason="")
    set_slot(kept.slot, make_version("newer"))
    Ticket.objects.update(claimed_at="2020-01-01T00:00Z")
    sweep()
    calls = engine(("دوم یک", "دوم دو"))
    assert suggest_for_ticket(ticket.pk)
    assert calls == [1]
    rows = {row.pk: row for row in ticket.suggestions.all()}
    assert (rows[kept.pk].text, rows[kept.pk].version_id) == (kept.text, kept.version_id)
    assert {row.text for row in rows.values()} == {kept.text, "دوم یک", "دوم دو"}
    assert sorted(row.position for row in rows.values()) == [0, 1, 2]
    assert {row.state for row in rows.values()} == {State.READY}


def test_all_drafts_ready_but_the_ticket_needs_no_model(engine):
    ticket = make_ticket()
    assert suggest_for_ticket(ticket.pk)
    Ticket.objects.update(state=Ticket.State.NEW)  # the worker died before it said so
    calls = engine()
    assert suggest_for_ticket(ticket.pk)
    assert _states() == ["ready"]
    assert calls[-1] == 1  # a call without a draft to write
    assert ticket.suggestions.count() == 3


def test_costs_are_stored_with_the_draft(engine):
    ticket = make_ticket()
    assert suggest_for_ticket(ticket.pk)
    row = ticket.suggestions.first()
    assert (row.prefill_seconds, row.decode_seconds, row.peak_mebibytes) == (0.02, 0.08, 2.0)
    assert row.tokens == 2
    assert row.prompt_tokens > 0


@pytest.mark.parametrize(
    ("finish", "state", "marks"),
    [
        ("stop", State.READY, {}),
        ("length", State.READY, {"unfinished": True}),
        ("timeout", State.CANCELLED, {"unfinished": True}),
        ("cancelled", State.CANCELLED, {}),
        ("failed", State.FAILED, {}),
    ],
)
def test_draft_is_ready_only_if_the_model_ended_it(engine, finish, state, marks):
    engine(finish=finish)
    ticket = make_ticket()
    assert suggest_for_ticket(ticket.pk)
    for row in ticket.suggestions.all():
        assert (row.state, row.marks.get("unfinished", False)) == (state, bool(marks))
    assert _states() == ["ready"]


def test_half_placeholder_of_an_unfinished_draft_is_cut(engine):
    engine(("زنگ بزنید به [PHO",) * 3, finish="timeout")
    ticket = make_ticket()
    assert suggest_for_ticket(ticket.pk)
    assert {row.text for row in ticket.suggestions.all()} == {"زنگ بزنید به"}


def test_slot_that_changes_meanwhile_changes_no_ticket_that_is_written(engine):
    ticket = make_ticket()
    engine(at_step=lambda step: set_slot("A", make_version("newer")))
    assert suggest_for_ticket(ticket.pk)
    assert ticket.suggestions.get(slot="A").version.name == "tuned-a"
    later = make_ticket()
    assert suggest_for_ticket(later.pk)
    assert later.suggestions.get(slot="A").version.name == "newer"


def test_canary_writes_for_its_share_and_says_so(engine):
    Slot.objects.filter(name="A").update(canary=make_version("canary"), canary_share=0.5)
    for number in range(16):
        Ticket.objects.filter(pk=make_ticket().pk).update(shuffle_seed=number)
    while waiting := Ticket.objects.filter(state=Ticket.State.NEW).first():
        assert suggest_for_ticket(waiting.pk)
    rows = Suggestion.objects.filter(slot="A")
    assert rows.count() == 16
    assert {row.version.name for row in rows.filter(is_canary=True)} == {"canary"}
    assert {row.version.name for row in rows.filter(is_canary=False)} == {"tuned-a"}


def test_failed_draft_keeps_what_had_come(engine, monkeypatch):
    ticket = make_ticket()

    def cut(jobs, **listeners):
        (drafts,) = scripted(("سلام، فردا [PHO",) * 3, finish="failed")(jobs)
        listeners["on_drafts"](0, dict(enumerate(drafts)))
        return [drafts]

    monkeypatch.setattr(suggesting, "generate", cut)
    assert suggest_for_ticket(ticket.pk)
    for row in ticket.suggestions.all():
        assert (row.state, row.text) == (State.FAILED, "سلام، فردا")


def test_finished_tickets_do_not_wait_for_the_others(engine, monkeypatch):
    tickets = [make_ticket() for _ in range(2)]
    states = []

    def in_turn(jobs, **listeners):
        written: list[list[Draft]] = scripted()(jobs)
        for number, drafts in enumerate(written):
            listeners["on_drafts"](number, dict(enumerate(drafts)))
            states.append(_states())
        return written

    monkeypatch.setattr(suggesting, "generate", in_turn)
    assert suggest_for_ticket(tickets[0].pk)
    assert states == [["ready", "drafting"], ["ready", "ready"]]


def test_two_workers_share_what_waits(engine):
    """Each claim is one conditional update: a second worker in the middle gets the rest."""
    tickets = [make_ticket() for _ in range(3)]
    other = []

    def second_worker(step: int) -> None:
        if not other:
            late = make_ticket()
            tickets.append(late)
            other.append([Claim.take(ticket.pk) is not None for ticket in tickets])

    engine(at_step=second_worker)
    assert suggest_for_ticket(tickets[0].pk)
    assert other == [[False, False, False, True]]


def test_claims_are_kept_alive_each_for_itself(engine, monkeypatch):
    from tickets import claims

    monkeypatch.setattr(claims, "BEATS", 200_000)
    first, second = (Claim.take(make_ticket().pk) for _ in range(2))
    gone = threading.Event()
    monkeypatch.setattr(
        Claim, "beat_if_connected", lambda self: gone.set() or self.key == first.key
    )
    with claims.kept_alive([first, second]) as (lost_first, lost_second):
        assert lost_second.wait(60)
        assert gone.is_set()
        assert not lost_first.is_set()
