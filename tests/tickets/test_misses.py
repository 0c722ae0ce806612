"""What an agent marks is masked in every place where it stands, and counted."""

import logging

import pytest

from kb import coverage
from kb.models import CoverageGap, Question
from kb.retrieval import similar_questions
from tests.tickets.everywhere import tables_with
from tests.tickets.factories import make_drafts, make_ticket
from text.persian import terms
from text.privacy.spans import PERSON
from tickets.claims import Claim, ClaimLost
from tickets.learning import learn_from
from tickets.misses import BadMiss, mark_missed
from tickets.models import (
    Message,
    PrivacyMiss,
    Rating,
    Suggestion,
    Ticket,
    VaultEntry,
    VaultReading,
)
from tickets.rating import rate
from tickets.replying import send_reply
from tickets.rights.lessons import forget_lessons
from tickets.vault import values_of

pytestmark = pytest.mark.django_db

NAME = "زرغونه پژدوه"  # rare enough that no list of names has it
OTHER_SPELLING = "زرغونه\u200cپژدوه"


def _ticket(**fields):
    values = {"subject": "کمک", "text": f"سلام من {NAME} هستم و دامنه‌ام وصل نیست", "name": ""}
    return make_ticket(**(values | fields))


def _values(ticket):
    return values_of(ticket, reader=None, purpose=VaultReading.Purpose.REVEAL)


@pytest.fixture
def lived(sara):
    """A ticket in whose every text the name stands."""
    ticket = _ticket(subject=f"دامنه {NAME}")
    drafts = make_drafts(ticket, texts=(f"سلام {NAME}، درست شد", "دو", "سه"))
    rate(drafts[0], agent=sara, stars=4, reason=f"نام {OTHER_SPELLING} را گفت")
    reply = send_reply(
        ticket.pk, agent=sara, text=f"سلام {NAME} عزیز", suggestion_id=None, send_key="k"
    )
    learn_from(reply.pk)
    coverage.record(f"{NAME} دامنه ندارد", lang="fa", origin=CoverageGap.Origin.DESK)
    return Ticket.objects.get(pk=ticket.pk)


def test_marked_value_stands_in_no_table_any_more(lived, sara):
    words = ("زرغونه", "پژدوه", *terms(NAME))
    assert tables_with(*words) >= {"tickets_message", "kb_question", "kb_posting"}
    mark_missed(lived, NAME, PERSON, agent=sara)
    assert tables_with(*words) == set()


def test_marked_value_gets_one_placeholder_and_the_vault_has_it(lived, sara):
    mark_missed(lived, NAME, PERSON, agent=sara)
    lived.refresh_from_db()
    assert lived.subject == "دامنه [PERSON_1]"
    first, sent = lived.messages.values_list("text", flat=True)
    assert first == "سلام من [PERSON_1] هستم و دامنه‌ام وصل نیست"
    assert sent == "سلام [PERSON_1] عزیز"
    assert Suggestion.objects.get(slot="A").text == "سلام [PERSON_1]، درست شد"
    assert Rating.objects.get().reason == "نام [PERSON_1] را گفت"
    assert _values(lived) == {"[PERSON_1]": NAME}


def test_past_answer_is_found_by_its_other_words_and_not_by_the_value(lived, sara):
    assert similar_questions("پژدوه", k=5, lang="fa")
    mark_missed(lived, NAME, PERSON, agent=sara)
    question = Question.objects.get(kind=Question.Kind.TICKET)
    assert question.text == "سلام من [PERSON_1] هستم و دامنه‌ام وصل نیست"
    assert question.answer == "سلام [PERSON_1] عزیز"
    assert "پژدوه" not in question.search_form
    assert similar_questions("پژدوه", k=5, lang="fa") == []
    assert [one.question_id for one in similar_questions("دامنه وصل نیست", k=5, lang="fa")] == [
        question.pk
    ]


def test_gap_keeps_its_other_words(lived, sara):
    mark_missed(lived, NAME, PERSON, agent=sara)
    gap = CoverageGap.objects.get()
    assert gap.text == "[PERSON_1] دامنه ندارد"
    coverage.record("دامنه ندارد", lang="fa", origin=CoverageGap.Origin.DESK)
    assert CoverageGap.objects.get().count == 2


def test_gaps_that_become_the_same_are_one(sara):
    ticket = _ticket()
    for query in (f"{NAME} دامنه ندارد", "دامنه ندارد"):
        coverage.record(query, lang="fa", origin=CoverageGap.Origin.API)
    mark_missed(ticket, NAME, PERSON, agent=sara)
    assert [gap.count for gap in CoverageGap.objects.all()] == [2]


def test_other_tickets_of_the_customer_are_masked_too(sara):
    first, second = _ticket(), _ticket(text=f"{OTHER_SPELLING} دوباره نوشتم")
    stranger = _ticket(contact="other@mail.test")
    miss = mark_missed(first, NAME, PERSON, agent=sara)
    assert second.messages.get().text == "[PERSON_1] دوباره نوشتم"
    assert _values(second) == {"[PERSON_1]": NAME}
    assert NAME in stranger.messages.get().text
    assert miss.places == 2


def test_copy_of_the_past_answer_beside_another_draft_is_masked(lived, sara):
    question = Question.objects.get(kind=Question.Kind.TICKET)
    source = {"kind": "question", "id": question.pk, "text": question.text, "answer": f"با {NAME}"}
    other = make_ticket(contact="other@mail.test")
    Ticket.objects.filter(pk=other.pk).update(found=[source])
    mark_missed(lived, NAME, PERSON, agent=sara)
    other.refresh_from_db()
    assert other.found[0]["answer"] == "با [PERSON_1]"
    assert tables_with("پژدوه") == set()


def test_miss_is_counted_and_holds_no_value(lived, sara, caplog):
    with caplog.at_level(logging.DEBUG):
        miss = mark_missed(lived, NAME, PERSON, agent=sara)
    assert (miss.ticket, miss.type, miss.marked_by) == (lived, PERSON, sara)
    assert miss.places == PrivacyMiss.objects.get().places >= 6
    assert NAME not in caplog.text


def test_numbers_go_on_where_the_ticket_is(sara):
    ticket = _ticket(text=f"شماره من 0912 345 6789 است و {NAME} هم ٢٢٣٣٤٤٥ دارد")
    mark_missed(ticket, "2233445", "PHONE", agent=sara)
    text = ticket.messages.get().text
    assert text == f"شماره من [PHONE_1] است و {NAME} هم [PHONE_2] دارد"


def test_destroyed_type_is_masked_and_never_kept(sara):
    ticket = _ticket(text="رمزش همان بادام‌زمینی‌تلخ است که گفتم")
    mark_missed(ticket, "بادام‌زمینی‌تلخ", "PASSWORD", agent=sara)
    assert ticket.messages.get().text == "رمزش همان [PASSWORD_1] است که گفتم"
    assert not VaultEntry.objects.filter(type="PASSWORD").exists()


def test_data_sets_are_told(lived, sara):
    told = []

    def note(sender, lessons, **_):
        told.extend(one.key for one in lessons)

    forget_lessons.connect(note)
    try:
        mark_missed(lived, NAME, PERSON, agent=sara)
    finally:
        forget_lessons.disconnect(note)
    assert told == [f"{lived.source}:{lived.external_id}"]


def test_worker_that_drafts_with_the_value_loses_the_ticket(sara):
    ticket = _ticket()
    claim = Claim.take(ticket.pk)
    mark_missed(ticket, NAME, PERSON, agent=sara)
    with pytest.raises(ClaimLost), claim.held():
        pass
    ticket.refresh_from_db()
    assert ticket.state == Ticket.State.NEW


@pytest.mark.parametrize(
    ("marked", "type_"),
    [
        ("از", PERSON),
        ("", PERSON),
        ("ن" * 201, PERSON),
        ("نوشته‌ای که نیست", PERSON),
        (NAME, "NOTHING"),
        ("[PHONE_1]", PERSON),
        ("!!!", PERSON),
        ("دامن", PERSON),  # part of a word
        ("دامنه", "PHONE"),
    ],
)
def test_bad_mark_is_refused_and_changes_nothing(sara, marked, type_):
    ticket = _ticket(text=f"{NAME} !!! 0912 345 6789 دامنه")
    before = ticket.messages.get().text
    with pytest.raises(BadMiss) as refused:
        mark_missed(ticket, marked, type_, agent=sara)
    assert not marked or marked not in str(refused.value)
    assert ticket.messages.get().text == before
    assert not PrivacyMiss.objects.exists()
    assert not VaultEntry.objects.filter(type=PERSON).exists()


def test_whole_message_is_refused_but_a_short_one(sara):
    long = "این پیام بلند است و کسی نباید بتواند همه آن را یکجا از میان بردارد و تمام"
    ticket = _ticket(text=long)
    with pytest.raises(BadMiss):
        mark_missed(ticket, long, "CUSTOM", agent=sara)
    assert Message.objects.get().text == long
    short = _ticket(contact="", text=NAME)
    mark_missed(short, NAME, PERSON, agent=sara)
    assert short.messages.get().text == "[PERSON_1]"
