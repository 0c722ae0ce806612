"""A reply is sent once, by one agent, with the values back in what is delivered."""

import dataclasses
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.fernet import Fernet
from django.db import connection

from tests.tickets.factories import CARD, PHONE, make_drafts, make_ticket
from tickets import kept_drafts, vault
from tickets.models import Message, Reply, Suggestion, Ticket, VaultEntry, VaultReading
from tickets.patterns import add_pattern, set_active
from tickets.replying import (
    AlreadyAnswered,
    BadReply,
    delivered,
    edit_share,
    send_reply,
)

pytestmark = pytest.mark.django_db


def _send(ticket, agent, text="سلام، درست شد.", *, suggestion=None, key=None):
    return send_reply(
        ticket.pk,
        agent=agent,
        text=text,
        suggestion_id=suggestion.pk if suggestion else None,
        send_key=key or str(uuid.uuid4()),
    )


def test_reply_answers_the_ticket(sara):
    ticket = make_ticket()
    drafts = make_drafts(ticket, texts=("سلام، درست شد.", "دو", "سه"))
    reply = _send(ticket, sara, "سلام، درست شد!", suggestion=drafts[0])
    ticket.refresh_from_db()
    assert ticket.state == Ticket.State.ANSWERED
    assert (reply.agent, reply.suggestion) == (sara, drafts[0])
    assert reply.edit_share == pytest.approx(1 / 14)
    assert reply.message.role == Message.Role.AGENT


def test_same_send_twice_is_one_reply(sara):
    ticket = make_ticket()
    first = _send(ticket, sara, key="k")
    kept_drafts.keep(ticket, agent=sara, text="سلام، درست شد.", suggestion_id=None)
    second = _send(ticket, sara, key="k")
    assert first == second
    assert kept_drafts.kept(ticket, agent=sara) is None  # it is sent
    assert Reply.objects.count() == 1
    assert ticket.messages.count() == 2


def test_other_words_by_the_same_key_are_not_lost_in_silence(sara):
    """The answer to the first send got lost on the way, the agent edits on and sends again."""
    ticket = make_ticket()
    _send(ticket, sara, "زنگ بزنید: 0935 111 2233", key="k")
    assert _send(ticket, sara, "زنگ بزنید: 0935 111 2233", key="k").message.text.endswith("_2]")
    with pytest.raises(AlreadyAnswered, match="sent already"):
        _send(ticket, sara, "زنگ نزنید", key="k")
    assert Reply.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_sends_at_the_same_moment_make_one_reply(sara, omid):
    ticket = make_ticket()

    def try_it(number: int) -> str:
        try:
            _send(ticket, (sara, omid)[number % 2], key=f"key-{number % 4}")
        except AlreadyAnswered:
            return "refused"
        finally:
            connection.close()
        return "sent"

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(try_it, range(8)))
    assert Reply.objects.count() == 1
    assert ticket.messages.count() == 2
    assert "refused" in outcomes


def test_second_agent_is_stopped(sara, omid):
    ticket = make_ticket()
    _send(ticket, sara)
    with pytest.raises(AlreadyAnswered):
        _send(ticket, omid)
    assert Reply.objects.count() == 1


def test_closed_ticket_takes_no_reply(sara):
    ticket = make_ticket()
    Ticket.objects.update(state=Ticket.State.CLOSED)
    with pytest.raises(AlreadyAnswered):
        _send(ticket, sara)


def test_send_key_of_another_agent_is_refused(sara, omid):
    ticket = make_ticket()
    _send(ticket, sara, key="k")
    with pytest.raises(BadReply):
        _send(ticket, omid, key="k")
    with pytest.raises(BadReply):
        _send(make_ticket(), sara, key="k")


def test_reply_while_drafts_are_written_cancels_them(sara):
    ticket = make_ticket()
    drafts = make_drafts(ticket)
    Suggestion.objects.update(state=Suggestion.State.WRITING)
    Ticket.objects.update(state=Ticket.State.DRAFTING, claim="worker")
    _send(ticket, sara)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.claim) == (Ticket.State.ANSWERED, "")
    assert {one.state for one in Suggestion.objects.filter(pk__in=[d.pk for d in drafts])} == {
        Suggestion.State.CANCELLED
    }


def test_values_are_put_back_only_in_what_is_delivered(sara):
    ticket = make_ticket()
    reply = _send(ticket, sara, "با [PHONE_1] تماس می‌گیریم، یا با 0935 111 2233")
    assert reply.message.text == "با [PHONE_1] تماس می‌گیریم، یا با [PHONE_2]"
    assert delivered(reply, reader=sara).text == f"با {PHONE} تماس می‌گیریم، یا با 0935 111 2233"


def test_placeholder_that_stands_for_nothing_is_refused(sara):
    ticket = make_ticket()
    with pytest.raises(BadReply, match=r"\[EMAIL_1\]"):
        _send(ticket, sara, "به [EMAIL_1] می‌نویسیم")
    assert ticket.messages.count() == 1
    assert VaultEntry.objects.count() == 1


def test_password_in_a_reply_is_refused_and_kept_nowhere(sara):
    ticket = make_ticket()
    with pytest.raises(BadReply, match=r"kept nowhere|هیچ") as refused:
        _send(ticket, sara, "رمز عبور: Xk9#mq27Lw")
    assert "Xk9" not in str(refused.value)
    assert ticket.messages.count() == 1
    assert VaultEntry.objects.count() == 1


def test_delivered_keeps_the_placeholder_of_an_expired_value(sara):
    ticket = make_ticket()
    reply = _send(ticket, sara, "با [PHONE_1] تماس می‌گیریم")
    VaultEntry.objects.all().delete()
    assert delivered(reply, reader=sara).text == "با [PHONE_1] تماس می‌گیریم"


def test_sending_reads_only_what_stands_in_the_reply_and_is_written_down(sara):
    ticket = make_ticket(text=f"شماره {PHONE} و کارت {CARD}")
    reply = _send(ticket, sara, "با [phone-1] تماس می‌گیریم")
    assert not VaultReading.objects.exists()
    assert delivered(reply, reader=sara).text == f"با {PHONE} تماس می‌گیریم"
    reading = VaultReading.objects.get()
    assert (reading.user, reading.ticket, reading.ticket_number) == (sara, ticket, ticket.pk)
    assert (reading.types, reading.purpose) == (["PHONE"], "send")


def test_reply_without_placeholders_reads_nothing(sara):
    assert delivered(_send(make_ticket(), sara, "سلام"), reader=sara).text == "سلام"
    assert not VaultReading.objects.exists()


def test_delivered_html_is_escaped_after_the_values_are_in_it(sara):
    ticket = make_ticket()
    VaultEntry.objects.filter(ticket=ticket, type="PHONE").update(
        value_encrypted=vault.encrypt("<script>[PHONE_1]</script>")
    )
    reply = _send(ticket, sara, "<i>\n[PHONE_1]")
    html = delivered(reply, reader=sara).html
    assert html == "&lt;i&gt;<br>\n&lt;script&gt;[PHONE_1]&lt;/script&gt;"


def test_reply_that_could_not_be_delivered_is_refused(sara, settings):
    ticket = make_ticket()
    settings.KEYS = dataclasses.replace(settings.KEYS, vault=(Fernet.generate_key().decode(),))
    with pytest.raises(vault.UnreadableVault, match="PASOKH_VAULT_KEYS"):
        _send(ticket, sara, "با [PHONE_1] تماس می‌گیریم")
    assert ticket.messages.count() == 1
    assert _send(ticket, sara, "سلام").message.text == "سلام"


@pytest.mark.parametrize("text", ["", " \n ", "x" * 100_000])
def test_bad_text_is_refused(sara, text):
    ticket = make_ticket()
    with pytest.raises(BadReply):
        _send(ticket, sara, text)
    ticket.refresh_from_db()
    assert ticket.state == Ticket.State.NEW


def test_suggestion_of_another_ticket_is_refused(sara):
    ticket, other = make_ticket(), make_ticket()
    foreign = make_drafts(other)[0]
    with pytest.raises(BadReply):
        _send(ticket, sara, suggestion=foreign)


@pytest.mark.parametrize("key", ["", "k" * 65])
def test_bad_send_key_is_refused(sara, key):
    ticket = make_ticket()
    with pytest.raises(BadReply):
        send_reply(ticket.pk, agent=sara, text="x", suggestion_id=None, send_key=key)


@pytest.mark.parametrize(
    ("draft", "sent", "share"),
    [
        ("abcd", "abcd", 0),
        ("abcd", " abcd\n", 0),
        ("abcd", "abxd", 0.25),
        ("", "abcd", 1),
        ("", "", 0),
    ],
)
def test_edit_share(draft, sent, share):
    assert edit_share(draft, sent) == share


def test_placeholder_of_a_pattern_that_is_switched_off_is_refused_where_it_has_no_value(sara, mina):
    set_active(add_pattern("ORDER", "KZ-#####", user=mina), active=False)
    with pytest.raises(BadReply, match="ORDER_1"):
        _send(make_ticket(), sara, "سفارش [ORDER_1] رسید")
