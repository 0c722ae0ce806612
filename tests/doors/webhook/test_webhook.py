"""What knocks at /doors/in/: only with a signature, only once; and what goes out, signed, once."""

import base64
import hashlib
import hmac
import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from standardwebhooks.webhooks import Webhook

from doors import working
from doors.models import Door, Incoming, Outgoing
from doors.webhook import rates
from doors.webhook.options import Keys, checked, of, secrets_of
from doors.webhook.presets import NAMES, preset
from doors.webhook.signing import Scheme, is_key
from doors.webhook.trying import tried
from tests.doors.webhook.conftest import EVENTS, KEY, MAPPING, OUT_KEY
from tickets.intake import BadTicket
from tickets.models import Message, Reply, Ticket
from tickets.replying import send_reply
from tickets.states import reopen
from tickets.vault import decrypt

PHONE = "0912 345 6789"


def payload(event="created", ticket=1, message=1, text=f"No answer, call {PHONE}", **more):
    return {
        "event": event,
        "ticket": {"id": ticket, "subject": "Help"},
        "message": {"id": message, "text": text},
        "customer": {"email": f"c{ticket}@mail.example", "name": "مریم کریمی"},
        **more,
    }


def signed(body: bytes, *, number="w1", key=KEY, at=None):
    at = at or datetime.now(UTC)
    return {
        "webhook-id": number,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(key).sign(number, at, body.decode()),
    }


def knock(
    told, *, client=None, headers=None, source="another-desk", kind="application/json", **how
):
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    return Client().post(
        reverse("door-in", args=[source]),
        body,
        content_type=kind,
        headers=signed(body, **how) if headers is None else headers,
    )


def answer(ticket, agent, text="Please wait an hour."):
    reply = send_reply(
        ticket.pk, agent=agent, text=text, suggestion_id=None, send_key=f"k{ticket.pk}-{text}"
    )
    Reply.objects.filter(pk=reply.pk).update(held_until=None)
    Outgoing.objects.filter(reply=reply).update(next_at=timezone.now())
    return reply


def work(door):
    """The time of pauses has passed."""
    Outgoing.objects.exclude(state="sent").update(next_at=timezone.now())
    return working.work(door.pk)


def test_a_signed_request_becomes_a_ticket_without_values(door):
    answer = knock(payload())
    assert (answer.status_code, answer.content) == (202, b"Taken in.\n")
    ticket = Ticket.objects.get(source="another-desk")
    assert (ticket.external_id, ticket.subject) == ("1", "Help")
    assert PHONE not in ticket.messages.get().text
    assert decrypt(ticket.customer.contact_encrypted) == "c1@mail.example"


def test_a_repeat_is_answered_and_not_taken_in_again(door):
    for number, status in (("w1", 202), ("w1", 200), ("w2", 202)):
        assert knock(payload(), number=number).status_code == status
    assert Ticket.objects.count() == Message.objects.count() == 1


def test_the_life_of_a_ticket(door):
    knock(payload(), number="a")
    knock(payload("answered", message=2, text="By card."), number="b")
    assert Ticket.objects.get().state == Ticket.State.ANSWERED
    knock(payload("commented", message=3, text="<p>Which</p><p>card?</p>"), number="c")
    ticket = Ticket.objects.get()
    assert ticket.state == Ticket.State.NEW
    assert [one.text for one in ticket.messages.all()][1:] == ["By card.", "Which\n\ncard?"]
    knock(payload("closed"), number="d")
    assert Ticket.objects.get().state == Ticket.State.CLOSED
    assert Message.objects.count() == 3


def test_a_comment_on_a_ticket_that_never_came_makes_it(door):
    knock(payload("commented", ticket=9))
    assert Ticket.objects.get().external_id == "9"


@pytest.mark.parametrize(
    "how",
    [
        {"headers": {}},
        {"key": OUT_KEY},
        {"at": timedelta(minutes=-6)},
        {"at": timedelta(minutes=6)},
        {"headers": {**signed(b"{}"), "webhook-id": "other"}},
        {"headers": {"webhook-id": "x", "webhook-timestamp": "x", "webhook-signature": "x"}},
    ],
)
def test_without_the_right_signature_nothing_comes_in(door, how):
    if "at" in how:
        how = {"at": datetime.now(UTC) + how["at"]}
    answer = knock(payload(), **how)
    assert answer.status_code == 401
    assert answer.content.count(b"\n") == 1
    assert not Incoming.objects.exists()


@pytest.mark.parametrize(
    ("told", "how", "status"),
    [
        (b"{", {}, 400),
        (b"[1]", {}, 400),
        (b"[" * 100_000, {}, 400),
        (b"{}", {"kind": "text/plain"}, 415),
        (b'"' + b"a" * 300_000 + b'"', {}, 413),
        (b"{}", {"source": "nowhere"}, 404),
        (b"{}", {}, 202),  # signed, and nothing that is mapped: never sent again
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line(door, told, how, status):
    answer = knock(told, **how)
    assert answer.status_code == status
    assert answer.content.count(b"\n") == 1
    assert not Ticket.objects.exists()


def test_a_get_is_refused(door, client):
    assert client.get(reverse("door-in", args=["another-desk"])).status_code == 405


def test_a_paused_door_asks_to_come_later(door):
    door.active = False
    door.save()
    answer = knock(payload())
    assert answer.status_code == 503
    assert answer["Retry-After"]
    assert not Incoming.objects.exists()


def test_too_many_requests_are_put_off(door, monkeypatch):
    monkeypatch.setattr(rates, "PER_MINUTE", 2)
    statuses = [knock(payload(message=n), number=str(n)).status_code for n in range(3)]
    assert statuses == [202, 202, 429]
    Door.objects.update(window_at=timezone.now() - timedelta(seconds=61))
    assert rates.allowed(door.pk)


def hmac_headers(body, scheme, key, stamp=""):
    content = {"{body}": body, "{timestamp}{body}": stamp.encode() + body}.get(
        scheme.signed, stamp.encode() + b"." + body
    )
    digest = hmac.new(key.encode(), content, getattr(hashlib, scheme.algorithm)).digest()
    hexed = scheme.encoding == "hex"
    written = digest.hex() if hexed else base64.b64encode(digest).decode()
    told = {scheme.header: scheme.prefix + written}
    return told | ({scheme.timestamp_header: stamp} if scheme.timestamp_header else {})


@pytest.mark.parametrize(
    "scheme",
    [
        Scheme("hmac", "X-Signature", prefix="sha256="),
        Scheme("hmac", "X-Signature", "sha512", "base64"),
        Scheme("hmac", "X-Sig", signed="{timestamp}{body}", timestamp_header="X-Time"),
        Scheme("hmac", "X-Sig", "sha1", signed="{timestamp}.{body}", timestamp_header="X-Time"),
    ],
)
def test_an_hmac_in_a_header(make_door, scheme):
    key = "a key of theirs 123"
    make_door(scheme=scheme, keys=Keys(key, OUT_KEY))
    body = json.dumps(payload()).encode()
    stamp = str(int(time.time()))
    wrong = hmac_headers(body, scheme, key + "!", stamp)
    assert knock(body, headers=wrong).status_code == 401
    assert knock(body + b" ", headers=hmac_headers(body, scheme, key, stamp)).status_code == 401
    old = str(int(time.time()) - 400)
    late = knock(body, headers=hmac_headers(body, scheme, key, old))
    assert late.status_code == (401 if scheme.timestamp_header else 202)
    told = hmac_headers(body, scheme, key, stamp)
    assert knock(body, headers=told).status_code in (200, 202)
    assert knock(body, headers={**told, "webhook-id": "another"}).status_code == 200  # replayed
    assert Ticket.objects.count() == 1


def test_a_secret_word_in_a_header(make_door):
    word = "a-word-of-sixteen"
    make_door(scheme=Scheme("word", "X-Key"), keys=Keys(word, OUT_KEY))
    assert knock(payload(), headers={"X-Key": "another"}).status_code == 401
    assert knock(payload(), headers={}).status_code == 401
    assert knock(payload(), headers={"X-Key": word}).status_code == 202


def test_a_reply_goes_out_signed_with_its_values(make_door, receiver, sara):
    door = make_door(url=receiver.url)
    knock(payload(ticket="a/../b"))
    reply = answer(Ticket.objects.get(), sara, f"We call {PHONE}.")
    assert work(door).sent == 1
    assert receiver.got == {f"reply_{reply.pk}": {"reply": {"text": f"We call {PHONE}."}}}
    assert receiver.paths == ["/tickets/a%2F..%2Fb/reply"]
    row = Outgoing.objects.get()
    assert (row.state, row.remote_id) == ("sent", f"r-reply_{reply.pk}")


def test_closing_again_what_was_opened_again_is_no_repeat(make_door, sara):
    """Where nothing but the body tells one request from another."""
    word = {"X-Key": "a-word-of-sixteen"}
    make_door(scheme=Scheme("word", "X-Key"), keys=Keys(word["X-Key"], OUT_KEY))
    knock(payload(), headers=word)
    closed = payload("closed")
    assert [knock(closed, headers=word).status_code for _time in range(2)] == [202, 200]
    reopen(Ticket.objects.get().pk, actor=sara)
    assert knock(closed, headers=word).status_code == 202
    assert Ticket.objects.get().state == Ticket.State.CLOSED


def test_words_that_came_late_or_in_an_odd_form_are_not_lost(make_door, settings):
    settings.MAX_TICKET_CHARACTERS = 200
    make_door(mapping=MAPPING | {"lang": "lang", "attachments": "files"})
    odd = payload("commented", message=2, text="long " * 100, lang="Persian", files=[])
    odd["customer"]["email"] = "a" * 400
    assert knock(odd, number="a").content == b"Taken in.\n"
    assert knock(payload(text="The beginning."), number="b").content == b"Taken in.\n"
    again = payload(message=3, text="The beginning.")
    assert knock(again, number="c").content == b"The ticket was there already.\n"
    files = payload("commented", message=4, text="", files=["https://files.example/1"])
    assert knock(files, number="d").content == b"Taken in.\n"
    texts = [one.text for one in Message.objects.order_by("pk")]
    assert texts[0].endswith("…")
    assert texts[1] == "The beginning."
    assert len(texts) == 3


def test_lines_in_rows_are_english_whoever_reads_the_page(door, monkeypatch):
    def refuses(*told, **more):
        raise BadTicket(_("The ticket has no text."))

    monkeypatch.setattr("doors.webhook.arriving.receive", refuses)
    with translation.override("fa"):
        knock(payload())
    assert Incoming.objects.filter(why="The ticket has no text.").exists()


def test_our_own_reply_that_comes_back_is_not_taken_in(make_door, receiver, sara):
    door = make_door(url=receiver.url, remote_id="")
    knock(payload())
    answer(Ticket.objects.get(), sara, f"We call {PHONE}.")
    work(door)
    knock(payload("answered", message=5, text=f"We call {PHONE}."), number="echo")
    assert Message.objects.filter(role="agent").count() == 1
    knock(payload("answered", message=6, text="Another one."), number="other")
    assert Message.objects.filter(role="agent").count() == 2


@pytest.mark.parametrize(
    ("status", "state", "seen"),
    [
        (500, "sent", 2),
        (503, "sent", 2),
        (429, "sent", 2),
        (400, "failed", 1),
        (404, "failed", 1),
        (401, "sent", 2),
        (302, "sent", 2),
    ],
)
def test_what_the_receiver_answers_decides(make_door, receiver, sara, status, state, seen):
    door = make_door(url=receiver.url)
    knock(payload())
    answer(Ticket.objects.get(), sara)
    receiver.answers = [status]
    for _round in range(3):
        work(door)
    assert Outgoing.objects.get().state == state
    assert list(receiver.requests.values()) == [seen]


def test_a_reply_waits_as_long_as_the_receiver_asks(make_door, receiver, sara):
    door = make_door(url=receiver.url)
    knock(payload())
    answer(Ticket.objects.get(), sara)
    receiver.answers, before = [429], timezone.now()
    working.work(door.pk)
    assert Outgoing.objects.get().next_at - before >= timedelta(hours=1)


def test_a_receiver_that_knows_no_ids_gets_nothing_twice(make_door, receiver, sara):
    door = make_door(url=receiver.url, repeats=False)
    knock(payload())
    answer(Ticket.objects.get(), sara)
    receiver.drop = True
    for _round in range(3):
        work(door)
    row = Outgoing.objects.get()
    assert row.state == "failed"
    assert "Look in the other program" in row.error
    assert list(receiver.requests.values()) == [1]


def test_an_inner_address_is_not_sent_to(make_door, receiver, sara, settings):
    door = make_door(url=receiver.url)
    knock(payload())
    answer(Ticket.objects.get(), sara)
    settings.FETCH_ALLOW = []
    assert "PASOKH_FETCH_ALLOW" in work(door).trouble
    assert not receiver.requests


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_is_a_whole_mapping(name, db):
    found = preset(name)
    options = of_preset(found)
    assert checked(options, Keys("k" * 20, OUT_KEY, "secret"))["events"]
    assert tried(options, found.sample)[0][0] == "event"


def of_preset(found):
    class Holder:
        options = found.options

    return of(Holder)


def test_the_page_tries_a_payload_masked_and_makes_the_keys_once(client, mina):
    client.force_login(mina)
    client.cookies["django_language"] = "en"
    page = reverse("door-webhook")
    assert client.get(f"{page}?preset=chatwoot").status_code == 200
    shown = client.get(page).content.decode()
    for name, title in zip(NAMES, ("Zendesk", "Freshdesk", "Chatwoot"), strict=True):
        assert f'<a href="?preset={name}"><bdi>{title}</bdi></a>' in shown
    form = {
        "name": "Their desk",
        "kind": "standard",
        "algorithm": "sha256",
        "encoding": "hex",
        "signed": "{body}",
        "method": "POST",
        "mapping": "\n".join(f"{name} = {path}" for name, path in MAPPING.items()),
        "events": "\n".join(f"{name} = {value}" for name, value in EVENTS.items()),
        "sample": json.dumps(payload()),
        "url": "https://desk.example.com/{ticket}",
        "template": "text = $text",
        "active": "on",
    }
    tried = client.post(page, form | {"try": "1"}).content.decode()
    assert "[PHONE_1]" in tried
    assert "What this makes of the payload" in tried
    assert not Ticket.objects.exists()
    theirs = form | {"kind": "hmac", "signature_header": "X-Sig", "try": "1"}
    assert "[PHONE_1]" in client.post(page, theirs).content.decode()  # no key is needed yet
    theirs.pop("try")
    assert "A key has 16 characters" in client.post(page, theirs).content.decode()
    saved = client.post(page, form).content.decode()
    keys = [word for word in saved.replace("<", " ").replace(">", " ").split() if is_key(word)]
    assert len(keys) == 2
    assert knock(payload(), key=keys[0], source="webhook").status_code == 202
    edit = reverse("door-webhook-edit", args=[Door.objects.get().pk])
    shown = client.get(edit).content.decode()
    assert not any(key in shown for key in keys)
    assert client.post(edit, form).status_code == 302
    assert secrets_of(Door.objects.get()).known() == (keys[0],)
    assert client.post(edit, form | {"key_in": KEY}).status_code == 302
    told = secrets_of(Door.objects.get())
    assert told.known() == (KEY, keys[0])  # their side changes it at another moment
    assert told.known(now=time.time() + 25 * 3600) == (KEY,)
    assert knock(payload(message=3), number="w3", key=KEY, source="webhook").status_code == 202
    assert client.post(edit, form | {"name": "Ours"}).status_code == 302
    assert secrets_of(Door.objects.get()).known() == (KEY, keys[0])
    assert knock(payload(message=2), number="w2", key=keys[0], source="webhook").status_code == 202
    bad = client.post(edit, form | {"url": "http://169.254.169.254/"}).content.decode()
    assert "PASOKH_FETCH_ALLOW" in bad


def test_a_link_over_there_leads_to_the_ticket_here(door, client, sara, navid, support):
    door.team = support
    door.save()
    knock(payload())
    page = reverse("door-ticket", args=["another-desk", "1"])
    client.force_login(sara)
    assert client.get(page).url == reverse("ticket", args=[Ticket.objects.get().pk])
    client.force_login(navid)
    assert client.get(page).status_code == 404
