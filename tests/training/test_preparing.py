"""Everything before training: nothing of the holdout is seen, the scan masks every canary, and what
cannot be trained on is refused in one line."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings as desk_settings

from kb.models import Question
from kb.questions import KnownQuestion, upsert_questions
from tests.tickets.factories import make_drafts, make_ticket
from tests.training.tiny import base_recipe, tuned_recipe
from tickets import rating, replying
from tickets.intake import add_customer_message
from tickets.learning import learn_from
from tickets.models import Ticket
from tickets.rights.erasing import erase_ticket
from training.datasets import prepare, prepared_from, read_rows
from training.datasets.canaries import plant, texts_of
from training.datasets.checks import lengths
from training.datasets.files import freeze, path_of
from training.datasets.gathering import found
from training.datasets.holdouts import Kept, choose
from training.datasets.nearness import Questions, duplicates
from training.datasets.preparing import Leak, NothingToLearn, PrivacyScanFailed
from training.datasets.rows import Row, lesson_of, unit_of
from training.datasets.scanning import Scan
from training.methods.batches import TuningBatches
from training.models import DatasetSnapshot
from training.recipes import Prompts, Rows

SAMPLE_BASE = Path(desk_settings.BASE_DIR, "sample", "models", "base")
SCHEDULE = {"steps": 4, "batch": 4, "learning_rate": 1e-2}
WORDS = [
    *("panel", "parcel", "invoice", "domain", "router", "mailbox"),
    *("refund", "printer", "coupon", "account", "camera"),
]


def _row(key, **fields):
    values = {"kind": "ticket", "lang": "en", "question": f"about {key}", "answer": "so", "at": "1"}
    return Row(key=key, **(values | fields))


def _of(count, **fields):
    return [_row(f"t:{n}", **fields) for n in range(count)]


@pytest.fixture
def home(db, settings, tmp_path):
    settings.PASOKH_HOME = tmp_path
    return tmp_path


@pytest.fixture
def desk(home):
    _past(range(33))


def _past(numbers):
    upsert_questions(
        KnownQuestion(
            "ticket",
            f"t:{n}",
            "en",
            f"where do i find the {WORDS[n % 11]} of number {n * 7919}",
            f"The {WORDS[n % 11]} stands in the list, line {n // 11}.",
        )
        for n in numbers
    )


def _recipe(**changes):
    rows = {"holdout": 0.2, "sources": ["ticket", "reply"], **changes.pop("rows", {})}
    return tuned_recipe(rows=rows, **changes)


def test_customer_stands_on_one_side_and_the_newest_rows_are_kept_out():
    rows = [
        _row(f"t:{n}", customer=f"c{n % 40}", at=f"2026-01-{n // 10 + 1:02}T{n % 10}")
        for n in range(200)
    ]
    held = choose(rows, share=0.2)
    customers = {row.customer for row in held}
    assert 20 <= len(held) <= 60
    assert not [row for row in rows if row.customer in customers and row not in held]
    assert rows[-1] in held
    assert choose(list(reversed(rows)), share=0.2) == held
    assert choose(rows, share=0.0) == []
    heavy = [replace(row, customer="one") for row in rows[:150]]
    assert not [row for row in choose([*heavy, *rows[150:]], share=0.1) if row.customer == "one"]


def test_turns_drafts_and_copies_stand_where_their_ticket_does():
    names = ("t:1", "t:1#2", "t:1#3~draft7", "t:1~draft7~pair8", "t:1~canary0")
    assert {unit_of(_row(name)) for name in names} == {"t:1"}
    assert lesson_of("t:1#3~draft7") == "t:1#3"


def test_kept_out_are_the_holdout_its_customers_and_its_questions_in_nearly_the_same_words():
    held = [
        _row("h", customer="c", question="How can I move my old mailbox to the new server now?")
    ]
    rows = [
        *_of(9),
        _row("h"),
        _row("h~draft3", kind="rated"),
        _row("x", customer="c"),
        _row("same", question="how can I move my old mailbox, to the new server now"),
        _row("near", question="How can I move my old mailbox to a new server now?"),
        _row("far", question="How can I move my parcel to another address before Monday?"),
    ]
    kept, left_out = Kept(held, rows, share=0.0).without(rows)
    assert {row.key for row in kept} == {*(f"t:{n}" for n in range(9)), "far"}
    assert left_out == {"holdout": 2, "customer": 1, "question": 1, "near_question": 1}


def test_questions_are_compared_in_any_spelling_and_short_ones_as_a_whole():
    seen = Questions(["دامنهٔ من كی وصل می‌شود؟", "reset 12", ""])
    assert seen.has("دامنه من کی وصل می شود")
    assert seen.has("Reset: 12")
    assert not seen.has("reset 13")
    assert not seen.has("")
    long = "please tell me when the parcel of last week will arrive at my"
    assert duplicates([long, f"{long} ", f"{long} home", "other", "Other!"]) == (2, 1)


def test_prepare_lets_nothing_of_the_holdout_be_seen(desk):
    made = prepare(_recipe(rows={"validation": 0.2}))
    held = {row.key for row in made.kept_out}
    texts = {row.question for row in made.kept_out}
    rows = [*made.material.rows, *made.material.validation]
    assert 3 <= len(held) <= 12
    assert made.checks.leaks == 0
    assert not held & {lesson_of(row.key) for row in rows}
    assert not texts & {asked for row in rows for asked, _ in row.similar}
    assert any(row.similar for row in made.kept_out)
    assert {lesson_of(row.key) for row in rows} | held == {f"t:{n}" for n in range(33)}
    assert not {row.key for row in made.material.rows} & {
        row.key for row in made.material.validation
    }
    assert len(made.material.validation) >= 3
    assert made.checks.left_out["holdout"] == len(held)
    assert made.dataset.checks == json.loads(json.dumps(made.checks.as_data()))
    assert read_rows(path_of(made.dataset)) == rows


def test_holdout_stays_as_rows_come_until_it_is_too_small(home):
    _past(range(15))
    first = prepare(_recipe())
    _past(range(15, 20))
    second = prepare(_recipe(seed=9))
    assert second.holdout == first.holdout
    assert second.kept_out == first.kept_out
    _past(range(20, 105))
    third = prepare(_recipe())
    assert third.holdout.pk > first.holdout.pk
    assert len(third.kept_out) > 2 * len(first.kept_out)
    learned = {lesson_of(row.key) for one in (first, second) for row in one.material.rows}
    assert not {row.key for row in third.kept_out} & learned


def test_holdout_holds_what_the_team_sends_once_there_is_enough(desk, sara):
    recipe = _recipe(rows={"holdout": 0.5, "max_rows": 400})
    assert {row.kind for row in prepare(recipe).kept_out} == {"ticket"}
    _answered(sara, range(44))
    assert {row.kind for row in prepare(recipe).kept_out} == {"reply"}


def _answered(agent, numbers, again=None):
    for n in numbers:
        text = f"{WORDS[n % 11]} bought in week {n} is broken"
        ticket = make_ticket(text=text, subject="", contact=f"a{n}@mail.test", lang="en")
        if again:
            _send(ticket, agent, f"Which one of {n}?")
            add_customer_message(ticket, f"{text}, {again}")
        _send(ticket, agent, f"Bring it to desk {n}.")


def _send(ticket, agent, text):
    reply = replying.send_reply(
        ticket.pk, agent=agent, text=text, suggestion_id=None, send_key=f"{ticket.pk}:{text}"
    )
    learn_from(reply.pk)


@pytest.mark.parametrize("rows", [{"max_rows": 30}, {"max_rows": 30, "share": 0.6}])
def test_no_prompt_shows_a_holdout_answer_that_the_recipe_itself_does_not_read(desk, sara, rows):
    """Search finds every past answer, whatever a recipe's sources and number of rows are."""
    _answered(sara, range(44))
    first = prepare(_recipe(rows={"holdout": 0.5, "max_rows": 400}))
    held = {row.answer for row in first.kept_out}
    assert {row.kind for row in first.kept_out} == {"reply"}
    made = prepare(_recipe(rows={"holdout": 0.5, **rows}))
    assert made.holdout == first.holdout
    assert not held & {answer for row in made.material.rows for _, answer in row.similar}

    corpus = prepare(_recipe(method="continued", rows={"holdout": 0.5, **rows})).material.corpus
    questions = {row.question for row in first.kept_out}
    assert corpus is None or not questions & {one.question for one in corpus.asked}


def test_base_reads_no_question_of_a_frozen_holdout(desk, tmp_path):
    from kb.importing import import_sources

    (tmp_path / "a.md").write_text("---\ntitle: Parcels\nlang: en\n---\nThey come by post.\n")
    import_sources([tmp_path / "a.md"])
    held = {row.question for row in prepare(_recipe(rows={"holdout": 0.4})).kept_out}
    asked = {one.question for one in prepare(base_recipe()).material.corpus.asked}
    assert asked
    assert not held & asked


def test_other_turns_of_a_ticket_are_in_none_of_its_prompts_though_they_are_no_rows(desk, sara):
    _answered(sara, range(12), again="once more")
    made = prepare(_recipe(rows={"holdout": 0.1, "share": 0.4, "sources": ["reply"]}))
    for row in made.material.rows:
        number = row.question.split("in week ")[1].split()[0]
        own = {f"Bring it to desk {number}.", f"Which one of {number}?"}
        assert not own & {answer for _, answer in row.similar}


def test_own_past_answer_leads_no_prompt_to_its_article(home, tmp_path):
    """While it was written nobody knew where its answer would stand."""
    from kb.importing import import_sources
    from kb.models import Article

    texts = {"Panel": "Blue panels hang on the walls.", "Post": "All parcels come by post."}
    for name, words in texts.items():
        (tmp_path / f"{name}.md").write_text(f"---\ntitle: {name}\nlang: en\n---\n{words}\n")
    import_sources([tmp_path / f"{name}.md" for name in texts])
    question = "zebra quartz by the blue walls of panels come"
    asked = {"Post": question, "Panel": "nobody knows why"}
    upsert_questions(
        KnownQuestion("ticket", key, "en", asked[title], "Yes.", Article.objects.get(title=title))
        for key, title in (("t:1", "Post"), ("t:2", "Panel"))
    )
    rows = [_row("t:1", question=question), _row("t:3", question=question)]
    first = [row.passages[0][0] for row in found(rows, budget=Prompts().as_budget())]
    assert first == ["Panel", "Post"]


def test_customers_who_were_learned_from_are_in_no_later_holdout():
    rows = [_row(f"t:{n}", customer=f"c{n % 50}", at=f"2026-01-01T{n:04}") for n in range(100)]
    first = {row.customer for row in choose(rows, share=0.4)}
    later = choose(rows, share=0.4, learned={*sorted(first)[:5], "t:3"})
    assert later
    assert not {row.customer for row in later} & {*sorted(first)[:5], "c3"}
    everybody = {row.customer for row in rows}
    assert choose(rows, share=0.4, learned=everybody) == choose(rows, share=0.4)


def test_holdout_that_follows_has_nobody_whom_a_recipe_with_a_smaller_share_learned_from(home):
    _past(range(60))
    first = prepare(_recipe(rows={"holdout": 0.02}))
    learned = {lesson_of(row.key) for row in first.material.rows}
    _past(range(60, 140))
    second = prepare(_recipe(rows={"holdout": 0.4}))
    assert second.holdout != first.holdout
    assert not learned & {row.key for row in second.kept_out}


def test_customer_who_was_merged_since_stays_kept_out():
    held = [_row("t:1", customer="before")]
    rows = [_row("t:1", customer="after"), _row("t:2", customer="after"), _row("t:1#2"), *_of(9)]
    kept, _ = Kept(held, rows, share=0.0).without(rows[:3])
    assert kept == []


def test_recipes_that_read_other_kinds_of_rows_freeze_no_holdout_again_and_again(desk, sara):
    _past(range(33, 66))
    _answered(sara, range(44))
    ways = [{"holdout": 0.5, "sources": one} for one in (["reply"], ["ticket"])]
    first, second = (prepare(_recipe(rows=rows)) for rows in ways)
    assert [{row.kind for row in one.kept_out} for one in (first, second)] == [
        {"reply"},
        {"ticket"},
    ]
    assert [prepare(_recipe(rows=rows)).holdout for rows in ways] == [first.holdout, second.holdout]
    both = prepare(_recipe(rows={"holdout": 0.5}))
    held = {row.key for one in (first, second) for row in one.kept_out}
    assert not held & {lesson_of(row.key) for row in both.material.rows}


def test_prepared_from_the_files_is_the_same_whatever_the_desk_knows_by_now(desk):
    recipe = _recipe(rows={"validation": 0.2, "share": 0.7})
    made = prepare(recipe, _canaries=3)
    Question.objects.all().delete()
    again = prepared_from(recipe, made.dataset, holdout=made.holdout)
    assert again == replace(made, new=0)
    assert len(again.canaries) == 3


@pytest.mark.parametrize("moment", ["Freezing a holdout", "Scanning and checking"])
def test_who_is_erased_while_a_data_set_is_made_is_not_in_it(desk, sara, moment):
    _answered(sara, range(12))
    gone = Ticket.objects.filter(customer__isnull=False).order_by("pk")[3]
    words = gone.messages.first().text
    said = []

    def report(text):
        if text.startswith(moment) and not said:
            erase_ticket(gone, user=None)
            said.append(text)

    made = prepare(_recipe(), report=report)
    assert said
    everything = [*made.material.rows, *made.kept_out]
    assert len(everything) > 20
    assert words not in "\n".join(texts_of(everything))
    files = [path_of(one) for one in DatasetSnapshot.objects.all()]
    assert words not in "\n".join(path.read_text() for path in files)


def test_share_takes_that_part_of_the_rows(desk):
    whole = prepare(_recipe(), _canaries=0).material.rows
    fifth = prepare(_recipe(rows={"share": 0.2}), _canaries=0).material.rows
    assert len(fifth) == round(0.2 * len(whole))
    assert {row.key for row in fifth} < {row.key for row in whole}


def test_same_desk_is_not_searched_again(desk, monkeypatch):
    from training.datasets import gathering

    first = prepare(_recipe())
    searched = []
    search = gathering.build_prompt_input
    monkeypatch.setattr(
        gathering, "build_prompt_input", lambda *a, **o: searched.append(1) or search(*a, **o)
    )
    assert prepare(_recipe()).dataset == first.dataset
    assert searched == []
    _past([40])
    prepare(_recipe())
    assert searched != []


def test_look_keeps_no_data_set(desk):
    looked = prepare(_recipe(), keeps=False)
    assert [one.kind for one in DatasetSnapshot.objects.all()] == ["holdout"]
    assert prepare(_recipe()).dataset.digest == looked.dataset.digest


def test_preferences_are_frozen_without_those_of_the_holdout(desk, sara):
    for n in range(12):
        text = f"my {WORDS[n % 11]} of week {n} never came"
        ticket = make_ticket(text=text, subject="", contact=f"a{n}@mail.test", lang="en")
        best, _, worst = make_drafts(ticket, texts=(f"good {n}", f"mid {n}", f"poor {n}"))
        rating.rate(best, agent=sara, stars=5)
        rating.rate(worst, agent=sara, stars=1)
    preference = {"beta": 0.1, "least_gap": 2}
    made = prepare(_recipe(method="dpo", preference=preference))
    assert made.dataset.kind == "preferences"
    pairs = made.material.preferences
    assert {one.chosen.split()[0] for one in pairs} == {"good"}
    assert len(pairs) + sum(made.checks.left_out.values()) == 12
    assert prepared_from(_recipe(method="dpo", preference=preference), made.dataset).material == (
        made.material
    )


def test_base_reads_a_corpus(desk, tmp_path):
    from kb.importing import import_sources

    (tmp_path / "a.md").write_text("---\ntitle: Parcels\nlang: en\n---\nThey come by post.\n")
    import_sources([tmp_path / "a.md"])
    made = prepare(base_recipe())
    assert made.dataset.kind == "corpus"
    assert made.material.corpus.sections[0].title == "Parcels"
    assert prepared_from(base_recipe(), made.dataset).material == made.material

    recipe = _recipe(method="continued")
    both = prepare(recipe)
    assert both.material.corpus.sections == made.material.corpus.sections
    assert len(both.material.corpus.asked) == 33 - len(both.kept_out)
    assert both.material.rows
    assert prepared_from(recipe, both.dataset).material == both.material


@pytest.mark.parametrize(
    ("count", "says"), [(0, "no answered questions"), (1, "at least 2 must be left")]
)
def test_nothing_or_one_row_is_refused(home, count, says):
    _past(range(count))
    with pytest.raises(NothingToLearn, match=says):
        prepare(_recipe())
    assert not DatasetSnapshot.objects.exclude(kind="holdout").exists()


def test_rows_that_are_all_too_long_are_refused(desk):
    with pytest.raises(NothingToLearn, match=r"rows are longer than the 8 tokens"):
        prepare(_recipe(text={"max_tokens": 8}))


def test_canary_that_the_scan_overlooks_ends_everything(desk, monkeypatch):
    monkeypatch.setattr(Scan, "said", lambda self, text: text)
    with pytest.raises(PrivacyScanFailed, match="nothing is trained"):
        prepare(_recipe())
    assert not DatasetSnapshot.objects.exclude(kind="holdout").exists()


def test_row_that_leaks_ends_everything(desk, monkeypatch):
    without = Kept.without
    monkeypatch.setattr(Kept, "without", lambda self, rows: (list(rows), without(self, rows)[1]))
    with pytest.raises(Leak, match="nothing is trained"):
        prepare(_recipe())


def test_scan_masks_canaries_of_every_type_in_both_languages(db):
    rows = [
        _row("a"),
        _row("b", lang="fa", question="سلام", answer="درود", turns=(("customer", "x"),)),
    ]
    copies, canaries = plant(rows, count=56, seed=5)
    assert Counter(kind for kind, _ in canaries.values).most_common(1)[0][1] == 1
    bare = "\n".join(texts_of(copies))
    assert canaries.found_in(bare) == len(canaries) == 14
    persian = bare.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))
    numbers = sum(value.isdigit() for _, value in canaries.values)
    assert canaries.found_in(persian) >= numbers
    assert canaries.found_in("\n".join(texts_of(Scan().rows(copies)))) == 0
    assert "zq" not in repr(canaries)


def test_scan_leaves_the_words_of_articles_and_takes_out_customers(db):
    passage = (("Contact", "Call 021-44556677, or Sara's own 0912 345 6789."),)
    row = _row("a", answer="call 021-44556677", passages=passage, similar=(("0912 345 6789", "x"),))
    scan = Scan()
    clean = scan.row(row)
    assert clean.passages[0][1] == "Call 021-44556677, or Sara's own •••."
    assert (clean.answer, clean.similar[0][0]) == ("call [LANDLINE_1]", "[PHONE_1]")
    assert scan.types == {"ARTICLE": 1, "LANDLINE": 1, "PHONE": 1}
    again = Scan()
    assert (again.row(clean), again.types) == (clean, {})


@pytest.mark.parametrize("exact", [False, True])
def test_lengths_say_what_is_cut_shortened_and_dropped(exact):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(SAMPLE_BASE) if exact else None
    rows = [_row("a", answer="x " * n, question="why " * 40) for n in (5, 330, 500, 3000)]
    recipe = _recipe(text={"max_tokens": 400}, schedule=SCHEDULE | {"max_answer_tokens": 900})
    size = lengths(rows, recipe=recipe, company="", tokenizer=tokenizer)
    assert (size.rows, size.limit, size.exact) == (4, 400, exact)
    assert size.longest > size.p95 >= size.median > 50
    assert (size.cut >= 1, size.dropped >= 1, size.shortened) == (True, True, 1)
    if exact:  # what the method itself leaves out
        made = TuningBatches(rows, recipe=recipe, tokenizer=tokenizer, company="", room=400)
        assert made.left_out == {"too_long": size.dropped}


def test_frozen_rows_leave_nothing_half_written_when_the_disk_is_full(home, monkeypatch):
    from training.datasets import files

    def full(draft, path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        freeze(_of(3), {})
    assert list((home / "datasets").iterdir()) == []
    assert not DatasetSnapshot.objects.exists()


def test_rows_settings_have_every_source_that_is_gathered():
    assert set(Rows().sources) <= {
        "ticket",
        "reply",
        "article",
        "faq",
        "generated",
        "rated",
        "file",
    }
