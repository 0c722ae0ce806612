"""Telling by e-mail and by webhook: a real receiver that checks the signature."""

import base64
import hashlib
import hmac
import http.server
import json
import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone, translation

from config import env
from runtime.webhooks import signature
from tests.another_process import holding
from tests.tickets.factories import make_version
from training.gate import telling
from training.gate.reasons import Why
from training.gate.telling import tell, tell_all
from training.models import Decision

KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture(autouse=True)
def quick(settings, monkeypatch):
    monkeypatch.setattr(telling, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(telling, "SECONDS", 600.0)  # a stall is no receiver that does not answer
    settings.TELL_EMAIL, settings.TELL_WEBHOOK, settings.TELL_KEY = [], "", ""
    settings.LANGUAGE_CODE = "en"
    with translation.override("fa"):  # as in a worker of a Persian desk
        yield


@pytest.fixture
def receiver(settings):
    """Answers what `statuses` says, then 204; keeps what came."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.came.append((dict(self.headers), body))
            self.send_response(server.statuses.pop(0) if server.statuses else 204)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.came, server.statuses = [], []
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    settings.TELL_WEBHOOK = f"http://127.0.0.1:{server.server_port}/hook"
    settings.TELL_KEY = KEY
    yield server
    server.shutdown()
    server.server_close()


def decision(kind=Decision.Kind.PROMOTED, **fields) -> Decision:
    values = {
        "kind": kind,
        "slot": "A",
        "version": make_version("new"),
        "against": make_version("old"),
        "why": str(Why.RATED_BETTER),
        "figures": {"look": 1},
    }
    return Decision.objects.create(**(values | fields))


def test_signature_is_that_of_the_specification():
    """The example in the libraries of Standard Webhooks."""
    body = b'{"test": 2432232314}'
    found = signature(KEY, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_webhook_is_signed_and_told_once(db, receiver):
    made = decision()
    assert tell(made)
    assert tell(made)
    ((headers, body),) = receiver.came
    data = json.loads(body)
    assert data["type"] == "decision.promoted"
    assert data["data"]["version"] == "new"
    assert data["data"]["why"] == Why.RATED_BETTER
    names = {name.lower(): value for name, value in headers.items()}
    signed = f"{names['webhook-id']}.{names['webhook-timestamp']}.".encode() + body
    secret = base64.b64decode(KEY.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
    assert names["webhook-signature"] == f"v1,{expected}"
    made.refresh_from_db()
    assert made.told_at is not None


def test_webhook_is_tried_again_with_the_same_id(db, receiver):
    receiver.statuses = [503, 429]
    assert tell(decision())
    ids = {headers["webhook-id"] for headers, _body in receiver.came}
    assert (len(receiver.came), len(ids)) == (3, 1)


@pytest.mark.parametrize(("statuses", "tries"), [([500] * 3, 3), ([400], 1), ([302], 1)])
def test_receiver_that_refuses_fails_nothing_and_is_told_later(db, receiver, statuses, tries):
    made = decision()
    receiver.statuses = list(statuses)
    assert not tell(made)
    assert len(receiver.came) == tries
    made.refresh_from_db()
    assert made.told_at is None
    receiver.statuses = []
    tell_all()
    made.refresh_from_db()
    assert made.told_at is not None


def test_who_was_told_is_not_told_again_for_the_others_sake(db, receiver, settings):
    settings.TELL_EMAIL = ["ops@desk.test"]
    made = decision()
    receiver.statuses = [400]
    assert not tell(made)
    assert (made.told, len(mail.outbox)) == (["e-mail"], 1)
    tell_all()
    made.refresh_from_db()
    assert (made.told, len(mail.outbox), len(receiver.came)) == (["e-mail", "webhook"], 1, 2)
    assert made.told_at is not None


def test_a_decision_that_another_process_tells_is_left_to_it(transactional_db, receiver):
    made = decision()
    with holding(telling._LOCK, made.pk):
        assert not tell(made)
    assert receiver.came == []
    assert tell(made)


def test_receiver_that_is_not_there_fails_nothing(db, settings):
    settings.TELL_WEBHOOK, settings.TELL_KEY = "http://127.0.0.1:1/hook", KEY
    assert not tell(decision())


def test_mail_says_what_and_why(db, settings):
    settings.TELL_EMAIL = ["ops@desk.test", "lead@desk.test"]
    made = decision()
    assert tell(made)
    (message,) = mail.outbox
    assert message.to == ["ops@desk.test", "lead@desk.test"]
    assert message.subject == "Pasokh: promoted A"
    assert message.body.startswith(
        f"promoted: {Why.RATED_BETTER}\nVersion: new\nHeld against: old\nSlot: A\n"
    )
    assert tell(made)
    assert len(mail.outbox) == 1


def test_mail_server_that_is_not_there_fails_nothing(db, settings):
    settings.TELL_EMAIL = ["ops@desk.test"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    made = decision()
    assert not tell(made)
    made.refresh_from_db()
    assert made.told_at is None


def test_refusals_and_old_news_are_told_to_nobody(db, receiver):
    assert not tell(decision(Decision.Kind.REFUSED))
    old = decision()
    Decision.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=2))
    tell_all()
    assert receiver.came == []


def test_nobody_to_tell_is_no_trouble(db):
    assert not tell(decision())
    tell_all()


@pytest.mark.parametrize("key", ["", "secret", "whsec_!", "whsec_AAAA"])
def test_key_that_signs_nothing_is_a_problem_by_name(monkeypatch, key):
    monkeypatch.setattr(env, "problems", [])
    monkeypatch.setenv("PASOKH_TELL_KEY", key)
    assert env.get_webhook_key("PASOKH_TELL_KEY", needed=True) == ""
    assert "PASOKH_TELL_KEY" in env.problems[0]


@pytest.mark.parametrize(
    ("given", "problem"), [("0.2", ""), ("2", "between"), ("nan", "between"), ("x", "number")]
)
def test_share_is_a_number_within_limits(monkeypatch, given, problem):
    monkeypatch.setattr(env, "problems", [])
    monkeypatch.setenv("PASOKH_CANARY_SHARE", given)
    found = env.get_float("PASOKH_CANARY_SHARE", 0.3, low=0.01, high=0.9)
    assert found == (0.3 if problem else 0.2)
    assert problem in "".join(env.problems)
