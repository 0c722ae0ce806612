"""Canaries and what happens when slots change at once: on real rows, by real connections."""

import threading
from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import translation

from llm import registry
from llm.manifest import ManifestError
from llm.models import ModelVersion, Server, Slot, SlotEvent
from llm.registry import RegistryError, SlotChanged
from llm.registry.serving import takes_canary
from llm.servers.registering import add_served, allow
from tests.live_desk import wait_for
from tests.llm.test_registry import make_folder

State = ModelVersion.State


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def register(tmp_path) -> dict[str, ModelVersion]:
    base = registry.add_version(make_folder(tmp_path, "base")[1])
    found = {"base": base}
    for name in ("one", "two", "three"):
        found[name] = registry.add_version(make_folder(tmp_path, name, base=base)[1])
    return found


@pytest.fixture
def versions(db, tmp_path):
    found = register(tmp_path)
    registry.set_slot("A", found["one"])
    return found


def serving(seed: int) -> dict[str, str]:
    return {choice.slot: choice.version.name for choice in registry.slots_now(seed=seed)}


def state_of(version: ModelVersion) -> str:
    version.refresh_from_db()
    return version.state


def share_of(name: str, *, tickets: int) -> float:
    return sum(serving(seed)["A"] == name for seed in range(tickets)) / tickets


def taken(slot: str, *, tickets: int) -> set[int]:
    """The seeds that get the slot's canary, without asking the database for each."""
    row = Slot.objects.select_related("canary").get(name=slot)
    return {seed for seed in range(tickets) if takes_canary(row, seed)}


def test_canary_writes_for_its_share_of_tickets_and_the_same_ones_always(versions):
    registry.set_canary("A", versions["two"], share=0.1)
    first = taken("A", tickets=10_000)
    assert taken("A", tickets=10_000) == first
    assert 0.09 < len(first) / 10_000 < 0.11  # 0.1 and 3 standard deviations
    for seed in range(20):
        assert serving(seed) == {"A": "two" if seed in first else "one"}


def test_larger_share_keeps_the_tickets_that_it_had(versions):
    registry.set_canary("A", versions["two"], share=0.2)
    before = taken("A", tickets=500)
    registry.set_canary("A", versions["two"], share=0.4)
    assert before < taken("A", tickets=500)


def test_canary_of_every_ticket_and_none_without_a_seed(versions):
    registry.set_canary("A", versions["two"], share=1.0)
    assert share_of("two", tickets=50) == 1.0
    assert [choice.version.name for choice in registry.slots_now()] == ["one"]


def test_canaries_of_two_slots_do_not_choose_the_same_tickets(versions):
    registry.set_slot("B", versions["base"])
    for slot in ("A", "B"):
        registry.set_canary(slot, versions["two"], share=0.3)
    in_both = len(taken("A", tickets=2000) & taken("B", tickets=2000)) / 2000
    assert 0.06 < in_both < 0.12  # 0.09 where they are independent, 0.3 where they are the same


def test_choice_says_that_it_is_a_canary(versions):
    registry.set_canary("A", versions["two"], share=1.0)
    (choice,) = registry.slots_now(seed=7)
    assert (choice.version, choice.is_canary) == (versions["two"], True)
    registry.retire("A")
    (choice,) = registry.slots_now(seed=7)
    assert (choice.version, choice.is_canary) == (versions["one"], False)


def test_slots_and_all_that_they_need_are_one_query(versions, django_assert_num_queries):
    registry.set_canary("A", versions["two"], share=1.0)
    with django_assert_num_queries(1):
        (choice,) = registry.slots_now(seed=7)
        assert choice.version.base is not None
        assert choice.version.server is None
    with django_assert_num_queries(1):
        assert {one.name for one in registry.serving_versions()} == {"one", "two"}


def test_canary_goes_live_and_leaves_a_way_back(versions):
    registry.set_canary("A", versions["two"], share=0.1)
    assert (state_of(versions["one"]), state_of(versions["two"])) == (State.LIVE, State.CANARY)
    slot = registry.promote("A", versions["two"])
    assert (slot.version, slot.previous, slot.canary) == (versions["two"], versions["one"], None)
    assert slot.canary_share == 0.0
    assert (state_of(versions["one"]), state_of(versions["two"])) == (State.RETIRED, State.LIVE)
    registry.rollback("A")
    assert (state_of(versions["one"]), state_of(versions["two"])) == (State.LIVE, State.RETIRED)


def test_promotion_of_another_version_lets_the_canary_be(versions):
    registry.set_canary("A", versions["two"], share=0.1)
    registry.promote("A", versions["three"])
    assert Slot.objects.get(name="A").canary == versions["two"]


def test_ended_canary_is_retired_and_can_be_tried_again(versions):
    registry.set_canary("A", versions["two"], share=0.1)
    registry.retire("A")
    assert state_of(versions["two"]) == State.RETIRED
    assert share_of("two", tickets=200) == 0.0
    registry.set_canary("A", versions["two"], share=0.1)
    assert state_of(versions["two"]) == State.CANARY


def test_canary_in_two_slots_stays_one_until_both_end(versions):
    registry.set_slot("B", versions["base"])
    for slot in ("A", "B"):
        registry.set_canary(slot, versions["two"], share=0.1)
    registry.retire("A")
    assert state_of(versions["two"]) == State.CANARY
    registry.promote("B", versions["two"])
    assert state_of(versions["two"]) == State.LIVE


def test_new_canary_takes_the_place_of_the_former(versions):
    registry.set_canary("A", versions["two"], share=0.1)
    registry.set_canary("A", versions["three"], share=0.1)
    assert state_of(versions["two"]) == State.RETIRED
    assert SlotEvent.objects.first().previous == versions["two"]


def test_broken_canary_gets_no_ticket(versions):
    registry.set_canary("A", versions["two"], share=1.0)
    ModelVersion.objects.filter(name="two").update(state=State.BROKEN)
    assert share_of("two", tickets=50) == 0.0
    registry.retire("A")
    assert state_of(versions["two"]) == State.BROKEN


@pytest.mark.parametrize("share", [0.0, -0.1, 1.01, float("nan"), float("inf")])
def test_canary_needs_a_share(versions, share):
    with pytest.raises(RegistryError, match="over 0 and at most 1"):
        registry.set_canary("A", versions["two"], share=share)
    assert Slot.objects.get(name="A").canary is None


def test_canary_needs_something_to_be_held_against(versions):
    with pytest.raises(RegistryError, match="Slot B is empty"):
        registry.set_canary("B", versions["two"], share=0.1)
    with pytest.raises(RegistryError, match="serves one already"):
        registry.set_canary("A", versions["one"], share=0.1)


@pytest.mark.parametrize("change", ["promote", "canary"])
def test_damaged_files_go_nowhere(versions, tmp_path, change):
    (tmp_path / "two" / "model.safetensors").write_bytes(b"x")
    with pytest.raises(ManifestError, match="version two"):
        _change(change, versions["two"])
    assert serving(1) == {"A": "one"}
    assert state_of(versions["two"]) == State.CANDIDATE


@pytest.mark.parametrize("change", ["promote", "canary"])
def test_version_on_a_hosted_server_waits_until_that_is_allowed(versions, change):
    server = Server.objects.create(name="far", base_url="https://far.test/v1", hosted=True)
    served = add_served(server, "model-1")
    with pytest.raises(RegistryError, match="far belongs to somebody else"):
        _change(change, served)
    allow(server)
    _change(change, ModelVersion.objects.get(pk=served.pk))
    assert serving(1) == {"A": "far-model-1"}


def _change(change: str, version: ModelVersion) -> None:
    if change == "promote":
        registry.promote("A", version)
    else:
        registry.set_canary("A", version, share=1.0)


def test_events_tell_what_became_of_a_slot(versions, mina):
    registry.set_canary("A", versions["two"], share=0.1, by=mina, why="chrF 62")
    registry.promote("A", versions["two"], by=mina)
    registry.rollback("A", by=mina, why="complaints")
    names = ("kind", "version__name", "previous__name", "by__username", "why")
    assert list(SlotEvent.objects.order_by("pk").values_list(*names)) == [
        ("promote", "one", None, None, ""),
        ("canary", "two", None, "mina", "chrF 62"),
        ("promote", "two", "one", "mina", ""),
        ("rollback", "one", "two", "mina", "complaints"),
    ]


def test_refused_change_leaves_no_event(versions):
    before = SlotEvent.objects.count()
    for change in (
        lambda: registry.retire("A"),
        lambda: registry.rollback("A"),
        lambda: registry.promote("A", versions["one"]),
        lambda: registry.promote("A", versions["two"], expected="three"),
    ):
        with pytest.raises(RegistryError):
            change()
    assert SlotEvent.objects.count() == before


def test_change_from_an_old_page_is_refused(versions):
    registry.promote("A", versions["two"], expected="one")
    with pytest.raises(SlotChanged, match="serves two now"):
        registry.promote("A", versions["three"], expected="one")
    with pytest.raises(SlotChanged):
        registry.rollback("A", expected="one")


def at_once(*changes: Callable[[], object], seconds: float = 120.0) -> list[Exception | None]:
    """Run each in a thread with a connection of its own; what each raised."""
    ready = threading.Barrier(len(changes))
    raised: list[Exception | None] = [None] * len(changes)

    def run(number: int, change: Callable[[], object]) -> None:
        try:
            ready.wait()
            change()
        except (AssertionError, DatabaseError, RegistryError) as error:
            raised[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=one, daemon=True) for one in enumerate(changes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds)
        assert not thread.is_alive(), "a change waits for ever"
    return raised


@pytest.mark.django_db(transaction=True)
def test_two_promotions_at_once_from_the_same_page_one_wins(tmp_path):
    found = register(tmp_path)
    for turn in range(5):
        Slot.objects.all().delete()
        SlotEvent.objects.all().delete()
        ModelVersion.objects.update(state=State.CANDIDATE)
        registry.set_slot("A", found["one"])
        raised = at_once(
            lambda: registry.promote("A", found["two"], expected="one"),
            lambda: registry.promote("A", found["three"], expected="one"),
        )
        assert sorted(type(one).__name__ for one in raised) == ["NoneType", "SlotChanged"], turn
        slot = Slot.objects.get(name="A")
        won = "two" if raised[0] is None else "three"
        assert (slot.version.name, slot.previous.name) == (won, "one")
        assert state_of(found["two" if won == "three" else "three"]) == State.CANDIDATE
        assert (
            SlotEvent.objects.filter(kind="promote").count() == 2
        )  # the first one, and one of two


@pytest.mark.django_db(transaction=True)
def test_two_promotions_at_once_without_a_page_both_count_in_turn(tmp_path):
    found = register(tmp_path)
    registry.set_slot("A", found["one"])
    raised = at_once(
        lambda: registry.promote("A", found["two"]), lambda: registry.promote("A", found["three"])
    )
    assert raised == [None, None]
    slot = Slot.objects.get(name="A")
    last = SlotEvent.objects.first()
    assert {slot.version.name, slot.previous.name} == {"two", "three"}
    assert (last.version, last.previous) == (slot.version, slot.previous)
    assert state_of(slot.version) == State.LIVE
    assert state_of(slot.previous) == State.RETIRED


@pytest.mark.django_db(transaction=True)
def test_one_candidate_promoted_to_two_slots_at_once_is_promoted_once(tmp_path):
    found = register(tmp_path)
    raised = at_once(
        lambda: registry.promote("A", found["two"]), lambda: registry.promote("B", found["two"])
    )
    assert sorted(type(one).__name__ for one in raised) == ["NoneType", "RegistryError"]
    assert Slot.objects.filter(version=found["two"]).count() == 1


@pytest.mark.django_db(transaction=True)
def test_changes_that_cross_never_block_each_other_and_states_hold(tmp_path):
    """Each slot changes to what the other one leaves: with locks on versions in the order of use,
    this is a deadlock within a few turns."""
    found = register(tmp_path)
    one, two = (ModelVersion.objects.get(pk=found[name].pk) for name in ("one", "two"))

    def turn(slot: str, *order: ModelVersion) -> None:
        for _ in range(15):
            for version in order:
                registry.set_slot(slot, ModelVersion.objects.get(pk=version.pk))

    assert at_once(lambda: turn("A", one, two), lambda: turn("B", two, one)) == [None, None]
    slots = {slot.name: slot.version for slot in Slot.objects.filter(version__isnull=False)}
    assert slots == {"A": two, "B": one}
    assert (state_of(one), state_of(two)) == (State.LIVE, State.LIVE)
    assert SlotEvent.objects.count() == 60


@pytest.mark.django_db(transaction=True)
def test_reader_sees_all_slots_filled_at_every_moment(tmp_path):
    found = register(tmp_path)
    for name in Slot.NAMES:
        registry.set_slot(name, found["one"])
    over = threading.Event()
    seen = []

    def change() -> None:
        try:
            for number in range(20):
                wait_for(lambda least=number // 4: len(seen) > least)
                registry.set_slot("ABC"[number % 3], found["two"])
                registry.rollback("ABC"[number % 3])
        finally:
            over.set()

    def read() -> None:
        while not over.is_set():
            seen.append(tuple(choice.version.name for choice in registry.slots_now()))

    assert at_once(change, read) == [None, None]
    assert all(len(names) == 3 and names.count("two") <= 1 for names in seen)
    assert len(seen) > 3


@pytest.mark.django_db(transaction=True)
def test_what_names_a_version_is_written_while_a_change_is_under_way(tmp_path):
    """A draft refers to its version: the change's locks must not make it wait."""
    found = register(tmp_path)
    registry.set_slot("A", found["one"])
    changed, written = threading.Event(), threading.Event()

    def change() -> None:
        with transaction.atomic():
            registry.set_slot("A", found["two"])
            changed.set()
            assert written.wait(60), "the writer waited for the change"

    def write() -> None:
        assert changed.wait(60)
        for name in ("one", "two"):
            SlotEvent.objects.create(slot="C", kind="promote", version=found[name])
        assert [choice.version.name for choice in registry.slots_now()] == ["one"]
        written.set()

    assert at_once(change, write) == [None, None]
