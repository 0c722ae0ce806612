"""Webhooks reach a receiver that checks them, once for each event, whatever fails on the way."""

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace

import pytest
from django.core import mail
from django.db import connection, transaction
from django.utils import timezone

from doors import http
from doors.models import WebhookDelivery, WebhookEndpoint
from doors.webhooks_out import delivering, endpoints, telling
from people.models import AuditEntry
from tests.live_desk import ROOT, wait_for
from tests.tickets.factories import PHONE, make_ticket
from tickets import states
from tickets.intake import NewTicket, receive
from tickets.merging import merge
from tickets.models import Reply, Ticket
from tickets.replying import send_reply
from tickets.undoing import undo_reply

State = WebhookDelivery.State


def _now(**fields) -> None:
    """As if the pause were over."""
    WebhookDelivery.objects.update(next_at=timezone.now(), **fields)


def _row() -> WebhookDelivery:
    return WebhookDelivery.objects.select_related("endpoint").get()


@pytest.mark.django_db
def test_event_arrives_signed_and_without_words(endpoint, there, sara):
    text = f"my secret words {PHONE}"
    ticket = receive(NewTicket(source="t", external_id="1", subject="", text=text)).ticket
    assert delivering.deliver_due() == 1
    states.close(ticket.pk, actor=sara)
    assert delivering.deliver_due() == 1
    assert (there.refused, [message["type"] for _id, message in there.taken]) == (
        0,
        ["ticket.received", "ticket.closed"],
    )
    _id, message = there.taken[0]
    assert message["data"]["ticket"] == ticket.pk
    assert message["data"]["state"] == "new"
    assert "secret words" not in str(there.taken)
    assert {row.state for row in WebhookDelivery.objects.all()} == {State.DELIVERED}


@pytest.mark.django_db
def test_only_chosen_kinds_and_only_active_endpoints(endpoint, there, mina, sara):
    endpoints.change(endpoint, kinds=["ticket.closed"], actor=mina)
    ticket = make_ticket()
    assert not WebhookDelivery.objects.exists()
    endpoints.change(endpoint, active=False, actor=mina)
    states.close(ticket.pk, actor=sara)
    assert not WebhookDelivery.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_is_never_told(endpoint):
    with transaction.atomic():
        make_ticket()
        assert WebhookDelivery.objects.exists()
        transaction.set_rollback(True)
    assert not WebhookDelivery.objects.exists()


@pytest.mark.django_db
def test_failures_are_tried_again_with_growing_pauses(endpoint, there, monkeypatch):
    there.answers = [(500, {})] * (len(delivering.PAUSES) + 1)
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)
    make_ticket()
    for number, pause in enumerate(delivering.PAUSES, 1):
        assert delivering.deliver_due() == 1
        row = _row()
        assert (row.state, row.attempts, row.status) == (State.WAITING, number, 500)
        assert row.error == "The endpoint answered 500."
        assert pause <= row.next_at - now <= pause * 1.1 + timedelta(seconds=1)
        assert delivering.deliver_due() == 0  # not before its time
        _now()
    delivering.deliver_due()
    assert _row().state == State.FAILED
    assert len({one for one, _message in there.taken}) == 1  # one id, at every attempt
    assert sum(delivering.PAUSES, timedelta()) > timedelta(days=1)
    # a person asks for it again
    assert telling.tell_again(_row())
    delivering.deliver_due()
    assert _row().state == State.DELIVERED
    assert WebhookEndpoint.objects.get().failing_since is None


@pytest.mark.django_db
@pytest.mark.parametrize("moment", [False, True])
def test_other_side_is_given_the_time_it_asks_for(endpoint, there, monkeypatch, moment):
    make_ticket()
    _now()
    seconds = itertools.count(int(time.time()) + 1)  # each look at the clock is one later
    monkeypatch.setattr(http, "time", SimpleNamespace(time=lambda: next(seconds)))
    monkeypatch.setattr(timezone, "now", lambda: datetime.fromtimestamp(next(seconds), UTC))
    at = timezone.now() + timedelta(seconds=600)
    there.answers = [(429, {"Retry-After": format_datetime(at, usegmt=True) if moment else "600"})]
    delivering.deliver_due()
    assert at <= _row().next_at <= at + timedelta(seconds=60)


@pytest.mark.django_db
def test_redirect_is_not_followed(endpoint, there):
    there.answers = [(302, {"Location": there.url})]
    make_ticket()
    delivering.deliver_due()
    assert (_row().state, _row().status, len(there.taken)) == (State.WAITING, 302, 1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "url",
    ["https://127.0.0.1/", "https://169.254.169.254/", "https://[::1]/", "https://localhost:8000/"],
)
def test_own_network_is_not_asked(mina, url):
    endpoints.create(name="inside", url=url, actor=mina)
    make_ticket()
    delivering.deliver_due()
    row = _row()
    assert (row.state, row.status) == (State.WAITING, None)
    assert row.error


@pytest.mark.django_db
@pytest.mark.parametrize(
    "url", ["http://example.com/", "ftp://example.com/", "https://a:b@c.example/", "x", ""]
)
def test_address_that_cannot_be_is_refused(mina, url):
    from runtime.errors import InputError

    with pytest.raises(InputError):
        endpoints.create(name="x", url=url, actor=mina)
    assert not WebhookEndpoint.objects.exists()


@pytest.mark.django_db
def test_endpoint_that_fails_for_days_is_switched_off_and_admins_are_told(
    endpoint, there, settings, django_capture_on_commit_callbacks
):
    settings.TELL_EMAIL = ["admin@desk.example"]
    there.answers = [(500, {}), (500, {})]
    make_ticket()
    delivering.deliver_due()
    assert WebhookEndpoint.objects.get().active
    WebhookEndpoint.objects.update(failing_since=timezone.now() - timedelta(days=6))
    _now()
    with django_capture_on_commit_callbacks(execute=True):
        delivering.deliver_due()
    assert not WebhookEndpoint.objects.get().active
    assert AuditEntry.objects.filter(action="webhook.switched_off").count() == 1
    assert len(mail.outbox) == 1


@pytest.mark.django_db
def test_endpoint_that_is_gone_is_switched_off_at_once(endpoint, there):
    there.answers = [(410, {})]
    make_ticket()
    delivering.deliver_due()
    assert (_row().state, WebhookEndpoint.objects.get().active) == (State.FAILED, False)


@pytest.mark.django_db
def test_failing_endpoint_holds_no_other_up(endpoint, there, mina):
    endpoints.create(name="dead", url="https://169.254.169.254/", actor=mina)
    for _ in range(3):
        make_ticket()
    delivering.deliver_due()
    assert len(there.taken) == 3
    waiting = WebhookDelivery.objects.filter(endpoint__name="dead", attempts__gt=0)
    assert waiting.count() == 1


@pytest.mark.django_db
def test_slow_endpoint_holds_no_other_up(endpoint, there, mina, monkeypatch):
    other, _key = endpoints.create(name="other", url=there.url, actor=mina)
    for _ in range(3):
        make_ticket()
    monkeypatch.setattr(delivering, "SLOW_SECONDS", -1.0)
    assert delivering.deliver_due() == 2
    tried = WebhookDelivery.objects.filter(attempts=1)
    assert set(tried.values_list("endpoint", flat=True)) == {endpoint.pk, other.pk}


@pytest.mark.django_db
def test_both_keys_sign_for_a_day(endpoint, there, mina):
    old, new = there.key, endpoints.rotate(endpoint, actor=mina)
    for key in (old, new):
        there.key = key
        make_ticket()
        delivering.deliver_due()
    assert (len(there.taken), there.refused) == (2, 0)
    endpoint.refresh_from_db()
    tomorrow = timezone.now() + timedelta(hours=25)
    assert endpoints.keys_of(endpoint, now=tomorrow) == [new]
    assert new not in str(bytes(endpoint.secret_encrypted))


@pytest.mark.django_db
def test_reply_is_told_when_it_cannot_be_undone_any_more(endpoint, there, sara):
    ticket = make_ticket()
    delivering.deliver_due()
    there.taken.clear()
    reply = send_reply(
        ticket.pk, agent=sara, text="no", suggestion_id=None, send_key="a", hold=True
    )
    assert delivering.deliver_due() == 0
    undo_reply(reply.pk, agent=sara)
    assert delivering.deliver_due() == 0
    assert there.taken == []
    reply = send_reply(
        ticket.pk, agent=sara, text="yes", suggestion_id=None, send_key="b", hold=True
    )
    Reply.objects.update(held_until=timezone.now())
    _now()
    delivering.deliver_due()
    ((_id, message),) = there.taken
    assert (message["type"], message["data"]["object"]) == ("ticket.replied", reply.pk)


@pytest.mark.django_db
def test_an_endpoint_may_answer_with_a_whole_page(endpoint, there):
    there.answers, there.words = [(200, {})], b"<p>thanks</p>" * 50_000
    make_ticket()
    delivering.deliver_due()
    assert _row().state == State.DELIVERED


@pytest.mark.django_db
def test_an_undone_reply_is_not_told_after_its_ticket_was_merged(endpoint, there, sara):
    target, ticket = make_ticket(), make_ticket()
    reply = send_reply(
        ticket.pk, agent=sara, text="no", suggestion_id=None, send_key="a", hold=True
    )
    merge(ticket.pk, into=target.pk, actor=sara)
    undo_reply(reply.pk, agent=sara)
    _now()
    delivering.deliver_due()
    kinds = {message["type"] for _id, message in there.taken}
    assert "ticket.merged" in kinds
    assert not kinds & {"ticket.replied", "ticket.undone"}


@pytest.mark.django_db(transaction=True)
def test_many_workers_send_each_once(endpoint, there):
    for _ in range(12):
        make_ticket()

    def work(_number: int) -> int:
        try:
            return delivering.deliver_due()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 12
    assert len(there.taken) == len({one for one, _message in there.taken}) == 12


@pytest.mark.django_db(transaction=True)
def test_nothing_is_lost_when_the_worker_is_killed_while_it_sends(endpoint, there):
    there.hold = threading.Event()
    make_ticket()
    worker = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import django; django.setup()\n"
            "from doors.webhooks_out import delivering\n"
            "delivering.SECONDS = 600.0\ndelivering.deliver_due()",
        ],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "PASOKH_DATABASE": connection.settings_dict["NAME"],
            "PASOKH_FETCH_ALLOW": f"127.0.0.1:{there.port}",
        },
    )
    try:
        assert there.came.wait(120)
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    there.hold.set()
    assert _row().state == State.SENDING
    assert delivering.deliver_due() == 0  # perhaps it lives
    WebhookDelivery.objects.update(claimed_at=timezone.now() - delivering.STALE * 2)
    assert delivering.deliver_due() == 1
    assert _row().state == State.DELIVERED
    first, second = (one for one, _message in wait_for(lambda: there.taken))
    assert first == second


@pytest.mark.django_db
def test_worker_whose_claim_was_taken_writes_nothing(endpoint, there):
    make_ticket()
    slow = delivering.claim_next()
    WebhookDelivery.objects.update(claimed_at=timezone.now() - delivering.STALE * 2)
    there.answers = [(204, {}), (500, {})]
    delivering.deliver_due()
    delivering.deliver(slow)
    assert (_row().state, _row().attempts) == (State.DELIVERED, 2)


@pytest.mark.django_db
def test_log_is_kept_for_a_month(endpoint, there):
    make_ticket()
    delivering.deliver_due()
    assert delivering.forget_old() == 0
    WebhookDelivery.objects.update(created_at=timezone.now() - timedelta(days=31))
    assert delivering.forget_old() == 1
    assert Ticket.objects.exists()
