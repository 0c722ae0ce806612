"""A worker masks what the model found beyond the engine, before anything reads the text."""

import logging
from contextlib import contextmanager

import pytest

from config.doctor import names as doctor_names
from kb.models import Article, Question, Source
from tests.tickets.everywhere import tables_with
from tests.tickets.factories import fill_slots, make_drafts, make_ticket
from tests.tickets.scripted_engine import scripted
from text.persian import terms
from tickets import suggesting, tasks
from tickets.claims import ClaimLost
from tickets.intake import add_customer_message
from tickets.models import Message, PrivacyMiss, Suggestion, Ticket, VaultReading
from tickets.replying import send_reply
from tickets.second_opinion import along, opening, reviewing
from tickets.second_opinion.reviewing import review
from tickets.suggesting import suggest_for_ticket
from tickets.vault import values_of

pytestmark = pytest.mark.django_db

NAME = "ژلمانه پژدوبرگ"
TEXT = f"دامنه {NAME} وصل نیست"


def _ticket(**fields):
    return make_ticket(**({"subject": "کمک", "text": TEXT, "name": ""} | fields))


def _texts(ticket):
    return list(ticket.messages.values_list("text", flat=True))


def _values(ticket):
    return values_of(ticket, reader=None, purpose=VaultReading.Purpose.REVEAL)


def test_without_the_setting_nothing_is_read(django_assert_num_queries):
    ticket = _ticket()
    with django_assert_num_queries(0):
        assert review(ticket.pk) == 0
    assert _texts(ticket) == [TEXT]


def test_ticket_comes_in_without_the_model(model_on):
    """Where pages are served no model is loaded."""
    kept = dict(opening._kept)
    opening._kept.clear()
    assert _texts(_ticket()) == [TEXT]
    assert opening._kept == {}
    opening._kept.update(kept)


def test_name_gets_a_placeholder_in_message_and_subject_and_the_vault_has_it(model_on):
    ticket = _ticket(subject=f"دامنه {NAME}")
    assert review(ticket.pk) == 2
    ticket.refresh_from_db()
    assert ticket.subject == "دامنه [PERSON_1]"
    assert _texts(ticket) == ["دامنه [PERSON_1] وصل نیست"]
    assert _values(ticket) == {"[PERSON_1]": NAME}
    assert not PrivacyMiss.objects.exists()


def test_name_stands_in_no_table_any_more(model_on):
    ticket = _ticket()
    assert tables_with("ژلمانه")
    review(ticket.pk)
    assert tables_with("ژلمانه", "پژدوبرگ", *terms(NAME)) == set()


def test_numbers_go_on_after_those_of_the_engine(model_on):
    ticket = _ticket(text=f"سلام، من رضا احمدی هستم. {TEXT}")
    assert _texts(ticket) == [f"سلام، من [PERSON_1] هستم. {TEXT}"]
    review(ticket.pk)
    assert _texts(ticket) == ["سلام، من [PERSON_1] هستم. دامنه [PERSON_2] وصل نیست"]


def test_each_message_is_read_once(model_on, django_assert_max_num_queries):
    ticket = _ticket()
    review(ticket.pk)
    with django_assert_max_num_queries(2):
        assert review(ticket.pk) == 0
    add_customer_message(ticket, f"باز {NAME} نیست")
    assert review(ticket.pk) == 1
    assert _texts(ticket)[1] == "باز [PERSON_1] نیست"


def test_of_many_messages_the_newest_are_read(model_on, monkeypatch):
    ticket = _ticket(text=f"{NAME} 1")
    for number in range(2, 5):
        add_customer_message(ticket, f"{TEXT} {number}")
    monkeypatch.setattr(reviewing, "MOST", 3)
    monkeypatch.setattr(reviewing, "MOST_CHARACTERS", 2 * len(TEXT) + 5)
    review(ticket.pk)
    assert list(ticket.messages.values_list("second_read", flat=True)) == [False, False, True, True]


def test_whole_name_is_masked_in_older_drafts_and_a_single_word_is_not(model_on):
    ticket = _ticket(text=f"{TEXT} Brannika")
    make_drafts(ticket, texts=(f"سلام {NAME}", "Brannika", "سه"))
    review(ticket.pk)
    assert set(Suggestion.objects.values_list("text", flat=True)) == {
        "سلام [PERSON_1]",
        "Brannika",
        "سه",
    }


def test_public_names_and_words_of_titles_stay(model_on):
    model_on.PUBLIC_NAMES = [NAME]
    opening.required()._read_at = float("-inf")
    source = Source.objects.create(location="x", name="x")
    Article.objects.create(source=source, external_id="x", title="Install Brannika", text="How.")
    ticket = _ticket(text=f"{TEXT} Brannika Quistolm Brannika")
    review(ticket.pk)
    assert _texts(ticket) == [f"{TEXT} [PERSON_1] Brannika"]
    opening.required()._ordinary = frozenset()


def test_places_are_masked_only_where_asked_for(model_on):
    first, second = _ticket(text="app Zemblatown"), _ticket(text="app Zemblatown")
    review(first.pk)
    model_on.NER_ADDRESSES = True
    review(second.pk)
    assert (*_texts(first), *_texts(second)) == ("app Zemblatown", "app [ADDRESS_1]")


def test_score_is_the_settings(model_on):
    model_on.NER_SCORE = 100
    ticket = _ticket()
    review(ticket.pk)
    assert _texts(ticket) == [TEXT]


def test_drafts_and_search_read_the_text_without_the_name(model_on, monkeypatch):
    fill_slots()
    prompts = []
    write = scripted()

    def watched(jobs, **options):
        prompts.extend(job.parts for job in jobs)
        return write(jobs, **options)

    monkeypatch.setattr(suggesting, "generate", watched)
    ticket = _ticket(subject=NAME)
    assert suggest_for_ticket(ticket.pk)
    assert prompts
    assert "[PERSON_1]" in str(prompts[0].turns)
    assert tables_with("ژلمانه") == set()
    assert "ژلمانه" not in str(prompts)


def test_what_an_agent_sent_is_read_before_it_is_learned(model_on, sara):
    ticket = _ticket(text="دامنه وصل نیست")
    reply = send_reply(ticket.pk, agent=sara, text=f"سلام {NAME}", suggestion_id=None, send_key="k")
    # the task itself: in these tests `delay` writes down what was asked for
    tasks.learn.run(reply.pk)
    assert Question.objects.get().answer == "سلام [PERSON_1]"
    assert tables_with("ژلمانه") == set()


def test_message_that_changed_meanwhile_is_left_for_the_next_time(model_on):
    ticket = _ticket()

    @contextmanager
    def held():
        Message.objects.update(text=f"{TEXT} دیگر")
        yield

    from django.db import transaction

    with transaction.atomic():
        assert review(ticket.pk, held=held) == 0
    assert not Message.objects.get().second_read
    assert review(ticket.pk) == 1


def test_worker_that_lost_the_ticket_changes_nothing(model_on):
    ticket = _ticket()

    @contextmanager
    def held():
        raise ClaimLost
        yield

    with pytest.raises(ClaimLost):
        review(ticket.pk, held=held)
    assert _texts(ticket) == [TEXT]


def test_damaged_model_is_said_by_doctor_and_logged_once_and_tickets_go_on(
    settings, copy, caplog, monkeypatch
):
    (copy / "model.safetensors").write_bytes(b"no weights")
    settings.NER_MODEL = str(copy)
    fill_slots()
    monkeypatch.setattr(suggesting, "generate", scripted())
    with caplog.at_level(logging.DEBUG):
        assert [suggest_for_ticket(_ticket().pk) for _ in range(2)] == [True, True]
    said = [one for one in caplog.messages if "PASOKH_NER_MODEL" in one]
    assert len(said) == 1
    assert "ژلمانه" not in caplog.text
    check = doctor_names()
    assert not check.ok
    assert check.detail.startswith("PASOKH_NER_MODEL: copied-ner cannot be used")
    assert {ticket.state for ticket in Ticket.objects.all()} == {Ticket.State.READY}


def test_text_that_the_model_cannot_take_goes_on_without_it(model_on, caplog, monkeypatch):
    ticket = _ticket()

    def fail(texts):
        raise RuntimeError(f"no memory for {texts}")

    monkeypatch.setattr(opening.required().model, "read", fail)
    assert review(ticket.pk) == 0
    assert not Message.objects.get().second_read
    assert "RuntimeError" in caplog.text
    assert "ژلمانه" not in caplog.text


def test_doctor_says_what_the_model_labels(model_on):
    check = doctor_names()
    assert check.ok
    assert check.detail.startswith("tiny-ner labels ADDRESS, PERSON; ")


def test_doctor_without_the_setting_finds_nothing_wrong():
    assert doctor_names().ok
    assert not along.is_reading()
