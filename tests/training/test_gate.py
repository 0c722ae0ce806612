"""The gate on real rows: judge, admit, review with live ratings, roll back, two at once."""

import random
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone, translation

from llm import registry
from llm.models import ModelVersion, Slot, SlotEvent
from llm.prompts import PROMPT_VERSION
from tests.llm.test_registry import make_folder
from tickets.models import Rating, Suggestion, Ticket
from training.evaluation.kept import Kept, Line
from training.gate import admit, failed, judge, review, worst_slot
from training.gate.admitting import LOCK
from training.gate.reasons import Why
from training.gate.reviewing import began
from training.models import Decision, Evaluation, TrainingRun

Kind = Decision.Kind
State = ModelVersion.State
LEAST = 10


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def versions(db, tmp_path, settings):
    return registered(tmp_path, settings)


def registered(tmp_path, settings):
    settings.PASOKH_HOME = tmp_path / "home"
    settings.CANARY_LEAST_RATINGS = LEAST
    settings.CANARY_SHARE = 0.3
    base = registry.add_version(make_folder(tmp_path, "base")[1])
    found = {"base": base}
    for name in ("one", "two", "three"):
        found[name] = registry.add_version(make_folder(tmp_path, name, base=base)[1])
    registry.set_slot("A", found["one"])
    return found


def evaluation(version, scores, *, lang="fa", canaries=0, **measures) -> Evaluation:
    """Of rows r0, r1, … with these scores; `lang` and what `measures` names: one for all, or a
    list."""
    holdout = Evaluation.objects.count()
    path = f"evaluations/{version.name}-{holdout}.jsonl"

    def of(value, at):
        return value[at] if isinstance(value, list) else value

    usual = {"score": 0.0, "refusal": 0.0, "right_language": 1.0, "repetition": 0.0}
    with Kept(settings.PASOKH_HOME / path) as kept:
        kept.add(
            Line(
                f"r{at}",
                of(lang, at),
                "",
                "x",
                "stop",
                1.0,
                1,
                measures=usual
                | {"score": score}
                | {name: of(value, at) for name, value in measures.items()},
            )
            for at, score in enumerate(scores)
        )
    return Evaluation.objects.create(
        version=version,
        dataset_digest="d" * 64,
        metrics={"rows": len(scores), "canaries": canaries, "score": sum(scores) / len(scores)},
        path=path,
    )


CHANCE = random.Random(1)
OLD = [CHANCE.uniform(30, 60) for _ in range(40)]
BETTER = [one + CHANCE.gauss(8, 6) for one in OLD]
ALIKE = [one + CHANCE.gauss(0, 8) for one in OLD]


def test_version_that_is_clearly_better_passes(versions):
    verdict = judge(evaluation(versions["two"], BETTER), evaluation(versions["one"], OLD))
    assert (verdict.passes, verdict.why, verdict.against) == (True, Why.BETTER, "one")
    gap = verdict.figures["difference"]
    assert 0 < gap["low"] < gap["mean"] < gap["high"]
    assert gap["rows"] == 40


@pytest.mark.parametrize(
    ("scores", "fields", "why"),
    [
        (ALIKE, {}, Why.NOT_BETTER),
        ([one - 5 for one in OLD], {}, Why.WORSE_LANGUAGE),
        (BETTER, {"canaries": 1}, Why.CANARY_FOUND),
        (BETTER, {"refusal": [1.0] * 3 + [0.0] * 37}, Why.REFUSES_MORE),
        (BETTER, {"right_language": [0.0] + [1.0] * 39}, Why.WRONG_LANGUAGE),
        (BETTER, {"repetition": 0.06}, Why.REPEATS_MORE),
        (BETTER[:19], {}, Why.TOO_FEW_ROWS),
    ],
)
def test_version_is_refused(versions, scores, fields, why):
    new = evaluation(versions["two"], scores, **fields)
    verdict = judge(new, evaluation(versions["one"], OLD))
    assert (verdict.passes, verdict.why) == (False, why)
    decision = admit(None, versions["two"], "A", verdict)
    assert (decision.kind, decision.why, decision.against) == (Kind.REFUSED, why, versions["one"])
    assert Slot.objects.get(name="A").canary is None


def test_language_that_falls_refuses_what_is_better_on_the_whole(versions):
    langs = ["fa"] * 40 + ["en"] * 20
    old = OLD + [50.0] * 20
    new = [one + 20 for one in OLD] + [47.5] * 20
    verdict = judge(
        evaluation(versions["two"], new, lang=langs), evaluation(versions["one"], old, lang=langs)
    )
    assert verdict.figures["difference"]["low"] > 0
    assert verdict.why == Why.WORSE_LANGUAGE
    few = judge(
        evaluation(versions["two"], new[:-1], lang=langs),
        evaluation(versions["one"], old[:-1], lang=langs),
    )
    assert few.passes  # 19 English rows say nothing


@pytest.mark.parametrize(("people", "why"), [(9, Why.TOO_FEW_CUSTOMERS), (10, Why.NOT_BETTER)])
def test_rows_of_one_customer_are_one_opinion(versions, people, why):
    """One happy person asked most of them: clear over rows, not over people."""
    scores = [50.0 + (9 if at >= people - 1 else -1) for at in range(40)]
    new, old = evaluation(versions["two"], scores), evaluation(versions["one"], [50.0] * 40)
    assert judge(new, old).passes
    path = settings.PASOKH_HOME / new.path
    with Kept(path) as kept:
        lines = [
            replace(line, customer=f"c{min(int(key[1:]), people - 1)}")
            for key, line in kept.lines.items()
        ]
    path.unlink()
    with Kept(path) as kept:
        kept.add(lines)
    verdict = judge(new, old)
    assert verdict.figures["difference"]["clusters"] == people
    assert (verdict.passes, verdict.why) == (False, why)


def test_admitted_version_is_the_canary_and_the_row_says_why(versions):
    decision = let_in(versions)
    slot = Slot.objects.get(name="A")
    assert (decision.kind, decision.slot, decision.against) == (Kind.CANARY, "A", versions["one"])
    assert (slot.version, slot.canary, slot.canary_share) == (versions["one"], versions["two"], 0.3)
    assert SlotEvent.objects.first().why == decision.why == Why.BETTER
    assert decision.figures["difference"]["low"] > 0


def let_in(versions, name="two"):
    live = Slot.objects.get(name="A").version
    new = evaluation(versions[name], BETTER)
    return admit(None, versions[name], "A", judge(new, evaluation(live, OLD)))


def test_first_version_of_an_empty_slot_serves_at_once_if_it_says_anything(versions):
    good = judge(evaluation(versions["two"], BETTER), None)
    assert good.passes
    decision = admit(None, versions["two"], "B", good)
    assert (decision.kind, Slot.objects.get(name="B").version) == (Kind.PROMOTED, versions["two"])
    assert judge(evaluation(versions["two"], [0.0] * 30), None).why == Why.SAYS_NOTHING
    assert judge(evaluation(versions["two"], BETTER, canaries=2), None).why == Why.CANARY_FOUND


def test_version_of_an_empty_slot_may_be_judged_against_the_base(versions):
    verdict = judge(evaluation(versions["two"], BETTER), evaluation(versions["base"], OLD))
    decision = admit(None, versions["two"], "B", verdict)
    assert (decision.kind, decision.why) == (Kind.PROMOTED, Why.BETTER)


def test_run_that_goes_on_is_decided_once(versions):
    run = TrainingRun.objects.create(recipe="tiny")
    verdict = judge(evaluation(versions["two"], BETTER), evaluation(versions["one"], OLD))
    failed(run, slot="A", version=versions["two"])
    first = admit(run, versions["two"], "A", verdict)
    assert first.kind == Kind.CANARY
    assert admit(run, versions["two"], "A", verdict) == first
    assert SlotEvent.objects.filter(kind="canary").count() == 1


def test_slot_that_changed_meanwhile_admits_nobody(versions):
    verdict = judge(evaluation(versions["two"], BETTER), evaluation(versions["one"], OLD))
    registry.set_slot("A", versions["three"])
    decision = admit(None, versions["two"], "A", verdict)
    assert (decision.kind, decision.why) == (Kind.REFUSED, Why.SLOT_CHANGED)
    assert Slot.objects.get(name="A").canary is None


def test_damaged_version_is_not_admitted(versions):
    registry.folder_of(versions["two"]).joinpath("model.safetensors").write_bytes(b"other")
    decision = let_in(versions)
    assert (decision.kind, decision.why) == (Kind.REFUSED, Why.NOT_ADMITTED)
    assert "error" in decision.figures
    assert Slot.objects.get(name="A").canary is None


def test_newer_canary_takes_the_place_of_one_that_is_tried(versions):
    let_in(versions)
    let_in(versions, "three")
    assert Slot.objects.get(name="A").canary == versions["three"]
    gone = Decision.objects.get(kind=Kind.RETIRED)
    assert (gone.version, gone.why) == (versions["two"], Why.REPLACED)


def test_failed_run_leaves_a_row(versions):
    decision = failed(None, slot="A", why="The data set is empty.")
    assert (decision.kind, decision.why) == (Kind.FAILED, "The data set is empty.")


# --- live ratings


def rated(version, stars, *, agent, slot="A", is_canary=False, lang="fa", at=None):
    """A rated draft for each of `stars`, one after the other."""
    begin = at or timezone.now()
    drafts = []
    ticket = Ticket.objects.create(
        lang=lang, external_id=f"t{Ticket.objects.count()}", created_at=begin
    )
    for _ in stars:
        message = ticket.messages.create(role="customer", text="x", created_at=begin)
        drafts.append(
            Suggestion(
                ticket=ticket,
                message=message,
                slot=slot,
                version=version,
                prompt_version=PROMPT_VERSION,
                position=0,
                state=Suggestion.State.READY,
                is_canary=is_canary,
            )
        )
    made = Suggestion.objects.bulk_create(drafts)
    ratings = Rating.objects.bulk_create(
        Rating(suggestion=one, agent=agent, stars=given)
        for one, given in zip(made, stars, strict=True)
    )
    for number, (draft, rating) in enumerate(zip(made, ratings, strict=True)):
        moment = begin + timedelta(microseconds=number)
        Suggestion.objects.filter(pk=draft.pk).update(created_at=moment)
        Rating.objects.filter(pk=rating.pk).update(created_at=moment, updated_at=moment)
    return made


def both(versions, sara, canary, live, **fields):
    rated(versions["two"], canary, agent=sara, is_canary=True, **fields)
    rated(versions["one"], live, agent=sara, **fields)


GOOD, POOR = [4] * LEAST, [1] * 8 + [4] * 2


def test_canary_that_agents_like_better_is_promoted_once(versions, sara):
    let_in(versions)
    assert review() == []
    both(versions, sara, GOOD, POOR)
    (decision,) = review()
    assert (decision.kind, decision.why) == (Kind.PROMOTED, Why.RATED_BETTER)
    assert (decision.version, decision.against) == (versions["two"], versions["one"])
    slot = Slot.objects.get(name="A")
    assert (slot.version, slot.canary, slot.previous) == (versions["two"], None, versions["one"])
    assert decision.figures["canary"] == {
        "rated": 10,
        "positive": 10,
        "share": 1.0,
        "low": pytest.approx(0.7225, abs=1e-3),
        "high": 1.0,
    }
    assert review() == []


def test_canary_that_agents_like_less_is_retired(versions, sara):
    let_in(versions)
    both(versions, sara, POOR, GOOD)
    (decision,) = review()
    assert (decision.kind, decision.why) == (Kind.RETIRED, Why.RATED_WORSE)
    slot = Slot.objects.get(name="A")
    assert (slot.version, slot.canary) == (versions["one"], None)
    versions["two"].refresh_from_db()
    assert versions["two"].state == State.RETIRED


def test_too_few_ratings_wait_and_so_does_what_chance_can_explain(versions, sara):
    let_in(versions)
    both(versions, sara, GOOD[:9], POOR)
    assert review() == []
    rated(versions["one"], [5] * 30, agent=sara)
    rated(versions["two"], [4], agent=sara, is_canary=True)
    assert review() == []  # 10 of 10 against 32 of 40
    assert Slot.objects.get(name="A").canary == versions["two"]


def test_last_look_decides(versions, sara):
    let_in(versions)
    mixed = [4, 1] * (4 * LEAST)
    both(versions, sara, mixed, mixed)
    (decision,) = review()
    assert (decision.kind, decision.why) == (Kind.PROMOTED, Why.RATED_NO_WORSE)
    assert decision.figures["look"] == 4


def test_last_look_retires_what_is_lower(versions, sara):
    let_in(versions)
    both(versions, sara, [4, 1] * (4 * LEAST), [4, 1] * (4 * LEAST - 2) + [4] * 4)
    (decision,) = review()
    assert (decision.kind, decision.why) == (Kind.RETIRED, Why.RATED_LOWER)


def test_look_is_taken_at_its_own_moment_however_late_it_is_asked(versions, sara):
    """A review that comes late sees the same first ten of each as one in time would have."""
    let_in(versions)
    both(versions, sara, GOOD, POOR)
    both(versions, sara, [1] * 10, [5] * 10, at=timezone.now() + timedelta(minutes=1))
    (decision,) = review()
    assert decision.kind == Kind.PROMOTED
    assert (decision.figures["look"], decision.figures["live"]["rated"]) == (1, 10)


def test_language_that_suffers_retires_the_canary(versions, sara):
    let_in(versions)
    now = timezone.now()
    for number in range(LEAST):
        at = now + timedelta(minutes=number)
        both(versions, sara, [1], [5], lang="en", at=at)
        both(versions, sara, [5] * 3, [5, 1, 1], lang="fa", at=at)
    (decision,) = review()
    assert (decision.kind, decision.why) == (Kind.RETIRED, Why.RATED_WORSE_LANGUAGE)
    assert decision.figures["worse_in"] == "en"


def test_draft_counts_once_with_its_newest_rating(versions, sara, omid):
    let_in(versions)
    both(versions, sara, GOOD, GOOD)
    for draft in Suggestion.objects.filter(is_canary=True):
        Rating.objects.create(suggestion=draft, agent=omid, stars=1)
    (decision,) = review()
    assert decision.figures["canary"]["rated"] == LEAST
    assert decision.figures["canary"]["positive"] == 0
    assert decision.kind == Kind.RETIRED


def test_ratings_from_before_the_canary_or_of_another_slot_do_not_count(versions, sara):
    before = timezone.now() - timedelta(days=1)
    rated(versions["one"], [1] * 40, agent=sara, at=before)
    let_in(versions)
    rated(versions["two"], GOOD, agent=sara, is_canary=True)
    rated(versions["one"], [1] * 40, agent=sara, slot="B")
    assert review() == []


def test_broken_canary_is_retired(versions, sara):
    let_in(versions)
    ModelVersion.objects.filter(pk=versions["two"].pk).update(state=State.BROKEN)
    (decision,) = review()
    assert (decision.kind, decision.why) == (Kind.RETIRED, Why.BROKEN)
    assert Slot.objects.get(name="A").canary is None


def test_canary_whose_files_were_damaged_is_not_promoted(versions, sara):
    let_in(versions)
    both(versions, sara, GOOD, POOR)
    registry.folder_of(versions["two"]).joinpath("model.safetensors").write_bytes(b"other")
    (decision,) = review()
    assert (decision.kind, decision.why) == (Kind.RETIRED, Why.BROKEN)
    slot = Slot.objects.get(name="A")
    assert (slot.version, slot.canary) == (versions["one"], None)


def test_canary_that_serves_in_another_slot_is_promoted_too(versions, sara):
    let_in(versions)
    registry.set_slot("B", versions["two"])
    both(versions, sara, GOOD, POOR)
    (decision,) = review()
    assert decision.kind == Kind.PROMOTED
    assert Slot.objects.get(name="A").version == versions["two"]


def test_another_share_is_no_new_beginning_and_another_live_version_is(versions):
    let_in(versions)
    first = began("A", versions["two"])
    registry.set_canary("A", versions["two"], share=0.5)
    assert (
        began("A", versions["two"])
        == first
        == SlotEvent.objects.get(previous=None, kind="canary").at
    )
    registry.set_slot("A", versions["three"])
    assert began("A", versions["two"]) > first


def test_promotion_that_agents_like_less_is_rolled_back_once(versions, sara):
    let_in(versions)
    both(versions, sara, GOOD, [4] * 2 + [1] * 8)
    assert [one.kind for one in review()] == [Kind.PROMOTED]
    earlier = timezone.now() - timedelta(days=3)
    rated(versions["one"], [5] * 50, agent=sara, at=earlier)
    rated(versions["two"], [1] * 9 + [5], agent=sara)
    (decision,) = review()
    assert (decision.kind, decision.why) == (Kind.ROLLED_BACK, Why.PROMOTION_WORSE)
    assert (decision.version, decision.against) == (versions["two"], versions["one"])
    assert Slot.objects.get(name="A").version == versions["one"]
    assert review() == []


def test_promotion_by_a_person_is_not_rolled_back(versions, sara):
    rated(versions["one"], [5] * 50, agent=sara)
    registry.set_slot("A", versions["two"], by=sara)
    rated(versions["two"], [1] * 20, agent=sara)
    assert review() == []
    assert Slot.objects.get(name="A").version == versions["two"]


def test_worst_slot_is_empty_then_untuned_then_worst_rated(versions, sara):
    assert worst_slot() == "B"
    registry.set_slot("B", versions["base"])
    registry.set_slot("C", versions["three"])
    assert worst_slot() == "B"
    registry.set_slot("B", versions["two"])
    rated(versions["one"], [5] * 9 + [1], agent=sara, slot="A")
    rated(versions["two"], [5, 1] * 10, agent=sara, slot="B")
    rated(versions["three"], [5] * 3, agent=sara, slot="C")
    assert worst_slot() == "B"
    rated(versions["two"], [5] * 80, agent=sara, slot="B")
    assert worst_slot() == "C"  # three ratings prove little
    registry.set_canary("C", versions["two"], share=0.3)
    assert worst_slot() == "A"


@pytest.mark.django_db(transaction=True)
def test_two_reviews_at_once_decide_once(tmp_path, settings, django_user_model):
    versions = registered(tmp_path, settings)
    agent = django_user_model.objects.create_user("sara")
    let_in(versions)
    both(versions, agent, GOOD, POOR)
    ready = threading.Barrier(3)
    made = []

    def one_review():
        try:
            ready.wait(timeout=60)
            made.extend(review())
        finally:
            connection.close()

    threads = [threading.Thread(target=one_review) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert [one.kind for one in made] == [Kind.PROMOTED]
    assert Decision.objects.filter(kind=Kind.PROMOTED).count() == 1
    assert LOCK == 7_263_033


def test_decision_and_slot_change_together_or_not_at_all(versions, sara, monkeypatch):
    let_in(versions)
    both(versions, sara, GOOD, POOR)

    def no_room(*arguments, **fields):
        raise RuntimeError("the row cannot be written")

    monkeypatch.setattr("training.gate.reviewing.note", no_room)
    with pytest.raises(RuntimeError):
        review()
    slot = Slot.objects.get(name="A")
    assert (slot.version, slot.canary) == (versions["one"], versions["two"])
