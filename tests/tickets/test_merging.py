"""Two tickets of one matter: words, values and half-typed words go over, nothing is mixed up."""

import pytest

from kb.models import Question
from tests.tickets.factories import PHONE, make_drafts, make_ticket
from tickets import vault
from tickets.inbox_filters import Filters, matching
from tickets.intake import add_customer_message
from tickets.learning import learn_from, past_question_id
from tickets.merging import BadMerge, merge
from tickets.models import Message, Note, ReplyDraft, Suggestion, Ticket, VaultEntry
from tickets.rating import rate
from tickets.replying import delivered, send_reply
from tickets.rights import lessons
from tickets.rights.erasing import erase_customer
from tickets.rights.requests import ERASED
from tickets.states import BadChange, close

pytestmark = pytest.mark.django_db

OTHER_PHONE = "0935 111 2233"


@pytest.fixture
def pair():
    """One customer's two tickets, in which PHONE_1 is not the same number."""
    first = make_ticket(text=f"my number is {PHONE}", subject="first", lang="en")
    second = make_ticket(text=f"I have {OTHER_PHONE} and {PHONE}", subject="second", lang="en")
    return first, second


def _values(ticket, reader) -> dict[str, str]:
    return vault.values_of(ticket, reader=reader, purpose="send")


def test_merge_numbers_placeholders_anew(pair, sara):
    first, second = pair
    assert second.messages.get().text == "I have [PHONE_1] and [PHONE_2]"
    Note.objects.create(ticket=second, author=sara, text="call [PHONE_2], not [PHONE_1]")
    draft = make_drafts(second, texts=("we call [PHONE_1]", "b", "c"))[0]
    rate(draft, agent=sara, stars=3, reason="[PHONE_2] is right")
    merge(second.pk, into=first.pk, actor=sara)
    texts = list(first.messages.values_list("text", flat=True))
    assert texts == ["my number is [PHONE_1]", "I have [PHONE_2] and [PHONE_1]"]
    assert first.notes.get().text == "call [PHONE_1], not [PHONE_2]"
    draft.refresh_from_db()
    assert (draft.ticket_id, draft.text) == (first.pk, "we call [PHONE_2]")
    assert draft.ratings.get().reason == "[PHONE_1] is right"
    values = _values(first, sara)
    assert values == {"[PHONE_1]": PHONE, "[PHONE_2]": OTHER_PHONE}
    assert not VaultEntry.objects.filter(ticket=second).exists()


def test_value_that_was_forgotten_shares_no_number(pair, sara):
    first, second = pair
    VaultEntry.objects.filter(ticket=second).delete()
    merge(second.pk, into=first.pk, actor=sara)
    assert first.messages.last().text == "I have [PHONE_2] and [PHONE_3]"
    assert _values(first, sara) == {"[PHONE_1]": PHONE}
    add_customer_message(first, f"a third: 0919 222 3344, and {PHONE}")
    assert first.messages.last().text == "a third: [PHONE_4], and [PHONE_1]"


def test_reply_after_a_merge_puts_the_right_values_back(pair, sara):
    first, second = pair
    merge(second.pk, into=first.pk, actor=sara)
    text = "we called [PHONE_2]"
    sent = send_reply(first.pk, agent=sara, text=text, suggestion_id=None, send_key="k")
    assert delivered(sent, reader=sara).text == f"we called {OTHER_PHONE}"


def test_merged_ticket_closes_and_the_other_waits(pair, sara, omid):
    first, second = pair
    since = second.waiting_since
    send_reply(first.pk, agent=sara, text="done", suggestion_id=None, send_key="k")
    Suggestion.objects.filter(pk=make_drafts(second)[0].pk).update(state="writing")
    Suggestion.objects.exclude(state="writing").delete()
    assert merge(second.pk, into=first.pk, actor=omid) is True
    assert merge(second.pk, into=first.pk, actor=omid) is False
    first.refresh_from_db()
    second.refresh_from_db()
    assert (second.state, second.merged_into, second.waiting_since) == ("closed", first, None)
    assert (first.state, first.waiting_since) == ("new", since)
    assert Suggestion.objects.get().state == "cancelled"
    kinds = [list(one.events.values_list("kind", "object_id")) for one in pair]
    assert ("merged", second.pk) in kinds[0]
    assert ("merged", first.pk) in kinds[1]


def test_later_message_goes_to_where_the_ticket_went(pair, sara):
    first, second = pair
    third = make_ticket(text="once more")
    merge(third.pk, into=second.pk, actor=sara)
    merge(second.pk, into=first.pk, actor=sara)
    message = add_customer_message(third, "hello again")
    assert message.ticket_id == first.pk
    assert first.messages.count() == 4
    assert not Ticket.objects.get(pk=third.pk).messages.exists()
    with pytest.raises(BadChange, match=f"merged into ticket {first.pk}"):
        close(third.pk, actor=sara)


def test_words_are_found_where_they_went(pair, sara):
    first, second = pair
    merge(second.pk, into=first.pk, actor=sara)
    found = matching(Filters(state="all", q="have"), reader=sara)
    assert not found.filter(pk=second.pk).exists()
    found = matching(Filters(state="all", q="number"), reader=sara)
    assert [one.pk for one in found] == [first.pk]


def test_half_typed_replies_are_kept_together(pair, sara, omid):
    first, second = pair
    for ticket, agent, text in (
        (first, sara, "dear customer"),
        (second, sara, "we call [PHONE_1]"),
        (second, omid, "mine"),
    ):
        kept = vault.encrypt(text)
        ReplyDraft.objects.create(ticket=ticket, agent=agent, text_encrypted=kept)
    merge(second.pk, into=first.pk, actor=sara)
    drafts = {one.agent: vault.decrypt(one.text_encrypted) for one in ReplyDraft.objects.all()}
    assert drafts == {sara: "dear customer\n\nwe call [PHONE_2]", omid: "mine"}


def test_tickets_of_two_customers_are_never_one(mina):
    first, second = make_ticket(), make_ticket(contact="other@mail.test")
    with pytest.raises(BadMerge, match="two customers"):
        merge(second.pk, into=first.pk, actor=mina)
    assert not Ticket.objects.exclude(merged_into=None).exists()


@pytest.mark.parametrize("nobodys", ["source", "target"])
def test_ticket_that_is_nobodys_becomes_the_customers(pair, sara, nobodys):
    """Who asks to be erased is, with all that was merged."""
    first, second = pair
    customer = first.customer
    Ticket.objects.filter(pk=(second if nobodys == "source" else first).pk).update(customer=None)
    merge(second.pk, into=first.pk, actor=sara)
    assert list(customer.tickets.order_by("pk")) == [first, second]
    erase_customer(customer, user=sara)
    assert not Message.objects.exists()
    assert not Ticket.objects.exists()


def test_erased_ticket_is_merged_with_nothing(pair, mina):
    first, second = pair
    Ticket.objects.filter(pk=first.pk).update(source=ERASED, customer=None)
    with pytest.raises(BadMerge, match="There is no ticket"):
        merge(second.pk, into=first.pk, actor=mina)


def test_merge_with_nothing_itself_or_another_teams_is_refused(pair, sara, navid):
    first, second = pair
    Ticket.objects.filter(pk=second.pk).update(team=navid.teams.get())
    for source, target in ((first, second), (second, first)):
        with pytest.raises(BadMerge, match="There is no ticket"):
            merge(source.pk, into=target.pk, actor=sara)
    with pytest.raises(BadMerge):
        merge(first.pk, into=first.pk, actor=sara)
    with pytest.raises(BadMerge):
        merge(first.pk, into=10**12, actor=sara)
    assert Ticket.objects.exclude(state="closed").count() == 2


def test_what_was_learned_before_a_merge_is_still_known_by_its_name(pair, sara):
    first, second = pair
    send_reply(second.pk, agent=sara, text="done", suggestion_id=None, send_key="k")
    merge(second.pk, into=first.pk, actor=sara)
    learned = past_question_id(second.source, second.external_id, turn=1)
    assert learned in lessons.keys_of([first])


def test_reply_not_learned_before_a_merge_takes_no_others_name(pair, sara, asked):
    """Both are the first turn of their ticket, and the second one of them stands first."""
    first, second = pair
    late = send_reply(second.pk, agent=sara, text="late", suggestion_id=None, send_key="a")
    known = send_reply(first.pk, agent=sara, text="known", suggestion_id=None, send_key="b")
    assert learn_from(known.pk)
    merge(second.pk, into=first.pk, actor=sara)
    assert learn_from(late.pk) is False
    assert list(Question.objects.values_list("answer", flat=True)) == ["known"]
    add_customer_message(first, "hello again")
    after = send_reply(first.pk, agent=sara, text="after", suggestion_id=None, send_key="c")
    assert learn_from(after.pk)
    assert set(Question.objects.values_list("answer", flat=True)) == {"known", "after"}
