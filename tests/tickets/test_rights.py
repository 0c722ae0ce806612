"""Everything about a customer is exported; of an erased one nothing is left anywhere."""

import dataclasses
import json

import pytest
from cryptography.fernet import Fernet
from django.db.models.signals import post_delete
from django.utils import timezone

from kb import coverage
from kb.models import CoverageGap, EmbeddingRecipe, Question, QuestionVector
from kb.questions import upsert_question
from kb.retrieval import similar_questions
from tests.tickets.everywhere import tables_with
from tests.tickets.factories import EMAIL, PHONE, make_drafts, make_ticket, make_version
from text.persian import terms
from tickets import vault
from tickets.inbox import page
from tickets.inbox_filters import Filters
from tickets.intake import add_customer_message
from tickets.learning import learn_from
from tickets.models import (
    Customer,
    Message,
    Rating,
    Reply,
    RightsRequest,
    Suggestion,
    Ticket,
    VaultEntry,
    VaultReading,
)
from tickets.rating import rate
from tickets.replying import send_reply
from tickets.reports import rating_table
from tickets.rights import (
    Lesson,
    erase_customer,
    erase_ticket,
    erase_tickets,
    erased_before,
    export_customer,
    export_ticket,
    find_customer,
    tickets_mentioning,
)
from tickets.rights.lessons import forget_lessons, who_learned

pytestmark = pytest.mark.django_db

MARKER = "زرافه‌نشان"
# too long to stand by chance in what is encrypted
WORDS = ("زرافه", "zarafezarafe", "qilinmark", *terms(f"{MARKER} zarafezarafe qilinmark"))
TEXT = f"سلام {MARKER} zarafezarafe من وصل نمی‌شود، شماره‌ام {PHONE} است"


@pytest.fixture
def lived(sara, omid):
    """A customer's ticket with all that a desk makes of one."""
    ticket = make_ticket(subject=f"مشکل {MARKER} با qilinmark", text=TEXT)
    drafts = make_drafts(ticket, texts=(f"پیش‌نویس {MARKER}", "دو", "سه"))
    Suggestion.objects.filter(pk=drafts[0].pk).update(
        sources=[{"kind": "question", "id": 1, "text": MARKER, "answer": "", "score": 1}]
    )
    rate(drafts[0], agent=sara, stars=4, reason=f"به {MARKER} جواب داد")
    coverage.record(
        f"{ticket.subject}\n{ticket.messages.get().text}",
        lang="fa",
        origin=CoverageGap.Origin.TICKET,
    )
    reply = send_reply(
        ticket.pk,
        agent=omid,
        text=f"سلام، {MARKER} درست شد [PHONE_1]",
        suggestion_id=drafts[0].pk,
        send_key="k1",
    )
    learn_from(reply.pk)
    return Ticket.objects.get(pk=ticket.pk)


@pytest.fixture
def neighbour(lived):
    """Another customer's ticket that was shown the first one's past answer."""
    question = Question.objects.get(kind=Question.Kind.TICKET)
    source = {"kind": "question", "id": question.pk, "text": question.text, "answer": "x"}
    other = make_ticket(contact="other@mail.test", text="دامنه من کار نمی‌کند", subject="دامنه")
    kept = {"kind": "chunk", "id": question.pk, "text": "مقاله", "fits": True}
    Ticket.objects.filter(pk=other.pk).update(found=[source, kept])
    draft = make_drafts(other)[0]
    Suggestion.objects.filter(pk=draft.pk).update(sources=[source])
    return other


def _customer() -> Customer:
    customer = find_customer(EMAIL)
    assert customer is not None
    return customer


def test_find_customer_in_any_spelling():
    make_ticket(contact="+98 912 111 2233")
    assert find_customer("۰۹۱۲۱۱۱۲۲۳۳") == Customer.objects.get()
    assert find_customer("0912 111 2234") is None
    assert find_customer("") is None
    assert find_customer("x" * 400) is None


def test_export_has_every_word_with_its_values(lived, mina):
    document = export_customer(_customer(), user=mina)
    assert (document["contact"], document["name"]) == (EMAIL, "مریم کریمی")
    (ticket,) = document["tickets"]
    assert [one["text"] for one in ticket["messages"]] == [
        TEXT,
        f"سلام، {MARKER} درست شد {PHONE}",
    ]
    assert ticket["subject"] == f"مشکل {MARKER} با qilinmark"
    assert ticket["suggestions"][0]["ratings"][0]["reason"] == f"به {MARKER} جواب داد"
    json.dumps(document)


def test_export_is_written_down(lived, mina):
    export_customer(_customer(), user=mina)
    reading = VaultReading.objects.get(purpose=VaultReading.Purpose.EXPORT)
    assert (reading.user, reading.ticket, reading.types) == (mina, lived, ["PHONE"])
    request = RightsRequest.objects.get()
    assert (request.kind, request.requested_by) == ("export", mina)
    assert request.counts["messages"] == 2
    assert [one["kind"] for one in export_customer(_customer(), user=mina)["requests"]] == [
        "export"
    ]


def test_export_says_nothing_of_others(neighbour, mina):
    text = json.dumps(export_customer(_customer(), user=mina), ensure_ascii=False)
    assert "other@mail.test" not in text
    assert "دامنه من کار" not in text
    assert "sara" not in text


def test_export_goes_on_where_a_key_is_lost(lived, mina, settings):
    keys = dataclasses.replace(settings.KEYS, vault=(Fernet.generate_key().decode(),))
    settings.KEYS = keys
    document = export_customer(_customer(), user=mina)
    assert document["tickets"][0]["messages"][0]["text"] == TEXT.replace(PHONE, "[PHONE_1]")


def test_erased_customer_stands_in_no_table(neighbour, mina):
    assert tables_with(*WORDS) > {"tickets_message", "kb_question", "kb_posting", "tickets_ticket"}
    erase_customer(_customer(), user=mina)
    assert tables_with(*WORDS, EMAIL) == set()
    assert not VaultEntry.objects.filter(ticket__customer=None).exists()
    assert find_customer(EMAIL) is None
    assert similar_questions(f"{MARKER} zarafezarafe", k=5, lang="fa") == []


def test_erasing_leaves_others_alone(neighbour, mina):
    erase_customer(_customer(), user=mina)
    neighbour.refresh_from_db()
    assert [one["kind"] for one in neighbour.found] == ["chunk"]
    assert neighbour.messages.get().text == "دامنه من کار نمی‌کند"
    assert find_customer("other@mail.test") is not None


def test_erasing_keeps_the_stars_and_nothing_to_read(lived, sara, mina):
    before = rating_table()
    erase_customer(_customer(), user=mina)
    assert rating_table() == before
    left = Ticket.objects.get()
    assert (left.subject, left.customer, left.found) == ("", None, [])
    assert left.external_id != lived.external_id
    assert {one.text for one in Message.objects.all()} == {""}
    assert Rating.objects.get().reason == ""
    assert Suggestion.objects.get().text == ""
    assert Reply.objects.get().edit_share is not None
    assert not page(Filters(state="all"), reader=mina).tickets


def test_unrated_ticket_goes_whole(mina):
    make_ticket()
    erase_customer(_customer(), user=mina)
    assert not Ticket.objects.exists()
    assert not Message.objects.exists()
    assert not Customer.objects.exists()


def test_request_remains_with_counts_and_no_words(lived, mina):
    customer = _customer()
    digest = customer.contact_hmac
    request = erase_customer(customer, user=mina)
    request.refresh_from_db()
    assert request.counts == {
        "tickets": 1,
        "messages": 2,
        "values": 1,
        "suggestions": 3,
        "reasons": 1,
        "past_answers": 1,
    }
    assert (request.customer_hmac, request.requested_by) == (digest, mina)
    assert request.finished_at is not None
    assert erased_before(EMAIL.upper()) == request


def test_erasing_twice_does_no_harm(lived, mina):
    customer = _customer()
    erase_customer(customer, user=mina)
    again = erase_customer(customer, user=mina)
    assert again.counts == {}
    assert RightsRequest.objects.count() == 2


def test_erasing_that_was_cut_off_goes_on_and_still_names_the_versions(lived, mina):
    """The process dies when the data sets are changed and the rows are not."""
    version = make_version("v-cut")
    left = {"cut": True}

    def dies(sender, lessons, **_):
        if left.pop("cut", False):
            raise SystemExit

    def learned(sender, lessons, **_):
        return [version.name] if "cut" in left else []

    who_learned.connect(learned)
    forget_lessons.connect(dies)
    try:
        with pytest.raises(SystemExit):
            erase_customer(_customer(), user=mina)
        assert RightsRequest.objects.get().finished_at is None
        assert Message.objects.filter(text__contains=MARKER).exists()
        request = erase_customer(_customer(), user=mina)
    finally:
        who_learned.disconnect(learned)
        forget_lessons.disconnect(dies)
    assert RightsRequest.objects.get() == request
    assert request.versions == ["v-cut"]
    assert tables_with(*WORDS) == set()


def test_past_answer_that_is_learned_again_meanwhile_goes_too(lived, mina):
    """A worker that had read the reply before it went writes the past answer once more."""
    waiting = [Question.objects.get(kind=Question.Kind.TICKET).external_id]

    def relearn(sender, **_):
        if waiting:
            upsert_question("ticket", waiting.pop(), "fa", f"{MARKER} باز", "جواب")

    post_delete.connect(relearn, sender=Question)
    try:
        erase_customer(_customer(), user=mina)
    finally:
        post_delete.disconnect(relearn, sender=Question)
    assert not waiting
    assert tables_with(*WORDS) == set()


def test_ticket_without_customer_is_exported_and_erased_by_its_number(mina):
    ticket = make_ticket(contact="", text=TEXT)
    document = export_ticket(ticket, user=mina)
    assert document["tickets"][0]["messages"][0]["text"] == TEXT
    request = erase_ticket(ticket, user=mina)
    assert request.counts["tickets"] == 1
    assert tables_with(*WORDS) == set()


def test_erasing_one_ticket_leaves_the_customers_others(mina):
    first, second = make_ticket(), make_ticket()
    erase_ticket(first, user=mina)
    assert list(_customer().tickets.all()) == [second]


def test_tickets_of_others_that_mention_the_contact_are_named(mina):
    make_ticket(contact="09123456789", text="سلام")
    about = make_ticket(contact="friend@mail.test", text=f"شماره دوستم +98{PHONE[1:]} است")
    make_ticket(contact="", text="شماره من 0935 111 2233 است")
    customer = find_customer(PHONE)
    assert tickets_mentioning(PHONE, besides=customer) == [about.pk]


def test_gap_of_a_customers_words_goes_and_others_stay(lived, mina):
    coverage.record("قیمت هاست ابری", lang="fa", origin=CoverageGap.Origin.DESK)
    assert CoverageGap.objects.count() == 2
    erase_customer(_customer(), user=mina)
    assert CoverageGap.objects.get().text == "قیمت هاست ابری"


def test_worker_that_drafts_meanwhile_writes_nothing(mina):
    from tickets.claims import Claim, ClaimLost

    ticket = make_ticket()
    claim = Claim.take(ticket.pk)
    erase_customer(_customer(), user=mina)
    with pytest.raises(ClaimLost), claim.held():
        pass


def test_erase_tickets_takes_many(sara):
    pks = [make_ticket(contact=f"c{number}@mail.test").pk for number in range(5)]
    assert erase_tickets(pks[:3])["tickets"] == 3
    assert sorted(Ticket.objects.values_list("pk", flat=True)) == pks[3:]


def test_lessons_say_which_answers_and_show_none(lived):
    from tickets.rights.lessons import lessons_of

    found = lessons_of([lived])
    assert {one.key for one in found} >= {f"{lived.source}:{lived.external_id}"}
    assert MARKER not in repr(found)
    assert isinstance(found[0], Lesson)


def test_customer_who_writes_during_the_erasure_is_erased_with_it(lived, mina):
    customer = _customer()
    add_customer_message(lived, f"باز هم {MARKER}")
    Ticket.objects.filter(pk=lived.pk).update(updated_at=timezone.now())
    erase_customer(customer, user=mina)
    assert tables_with(MARKER) == set()
    assert vault.contact_hmac(EMAIL) == customer.contact_hmac


def test_vectors_of_past_answers_go_with_them(lived, mina):
    recipe = EmbeddingRecipe.objects.create(kind="offline", model="m", dimension=2, text_version=1)
    question = Question.objects.get(kind=Question.Kind.TICKET)
    QuestionVector.objects.create(recipe=recipe, question=question, vector=[0.1, 0.2])
    erase_customer(_customer(), user=mina)
    assert not QuestionVector.objects.exists()


def test_words_of_others_stay_in_the_index(lived, mina):
    kept = upsert_question("ticket", "test:kept", "fa", "سلام دامنه من وصل نیست", "درست شد")
    erase_customer(_customer(), user=mina)
    found = similar_questions("دامنه وصل نیست", k=5, lang="fa")
    assert [one.question_id for one in found] == [kept.pk]
