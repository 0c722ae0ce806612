"""A new ticket's form and a canned reply's: what was typed comes back, encrypted, to one alone."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from django.utils import timezone

from tests.tickets.factories import PHONE
from tickets import kept_forms
from tickets.models import CannedReply, Ticket

pytestmark = pytest.mark.django_db

NEW = "/tickets/new/"


def _keep(client, form="ticket", **values):
    return client.post(reverse("form-keep", args=[form]), values)


def _shown(client) -> dict:
    form = client.get(NEW).context["form"]
    return {name: form[name].value() for name in form.fields}


def test_what_was_typed_is_there_when_the_form_opens_again(desk, support):
    blank = {name: value or "" for name, value in _shown(desk).items()}
    typed = blank | {"text": f"با {PHONE}", "name": "مریم", "lang": "fa", "team": support.pk}
    assert _keep(desk, **typed, csrf="x").json() == {"kept": True}
    answer = desk.get(NEW)
    assert _shown(desk) == typed | {"team": str(support.pk)}
    assert "sent is back" in answer.content.decode()
    desk.post(reverse("form-keep", args=["ticket"]), {"again": "1"})
    assert _shown(desk)["text"] in ("", None)
    assert "sent is back" not in desk.get(NEW).content.decode()


def test_nobody_else_gets_it_and_nothing_readable_is_stored(desk, omid, client):
    _keep(desk, text=f"با {PHONE}")
    (session,) = Session.objects.all()
    stored = str(session.get_decoded())
    # With spaces and quotes: a hash, a moment or a sealed text has any few letters by chance.
    assert not [plain for plain in (PHONE, "'text'", '"text"') if plain in stored]
    client.logout()
    client.force_login(omid)
    assert _shown(client)["text"] is None


def test_ticket_that_was_made_is_not_brought_back_by_a_slow_page(desk):
    typed = _shown(desk) | {"text": "سلام", "team": "", "lang": "fa"}
    sent = {name: value or "" for name, value in typed.items()}
    _keep(desk, **sent)
    assert desk.post(NEW, sent)["Location"] == reverse("ticket", args=[Ticket.objects.get().pk])
    assert _shown(desk)["text"] is None
    assert _keep(desk, **sent).json() == {"kept": False}
    assert _shown(desk)["text"] is None


def test_nothing_typed_is_nothing_kept(desk):
    _keep(desk, text="سلام", external_id="x")
    assert _keep(desk, text=" ", lang="fa", external_id="x").json() == {"kept": False}
    assert _shown(desk)["text"] is None


def test_canned_reply_comes_back_until_it_is_saved(client, mina):
    client.force_login(mina)
    reply = CannedReply.objects.create(title="سلام", text="متن")
    page = reverse("canned-edit", args=[reply.pk])
    _keep(client, f"canned-{reply.pk}", title="سلام", text="متن تازه")
    assert client.get(page).context["form"]["text"].value() == "متن تازه"
    assert client.get(reverse("canned-new")).context["form"]["text"].value() is None
    client.post(page, {"title": "سلام", "text": "متن تازه‌تر"})
    assert not client.get(page).context["is_back"]


def test_old_ones_and_those_that_no_key_opens_are_left_out(desk, settings, monkeypatch):
    _keep(desk, text="سلام")
    later = timezone.now() + kept_forms.KEPT_FOR + timedelta(minutes=1)
    monkeypatch.setattr(kept_forms.timezone, "now", lambda: later)
    assert kept_forms.kept(desk.session, "ticket") == {}
    monkeypatch.undo()
    rows = {"ticket": {"at": timezone.now().timestamp(), "sealed": "of another key"}}
    assert kept_forms.kept({"kept_forms": rows}, "ticket") == {}


def test_few_forms_are_kept_and_none_that_is_too_long(desk, settings):
    for number in range(kept_forms.MOST + 2):
        _keep(desk, f"canned-{number}", text="x")
    assert list(desk.session["kept_forms"]) == [
        f"canned-{number}" for number in range(2, kept_forms.MOST + 2)
    ]
    settings.MAX_TICKET_CHARACTERS = 10
    assert _keep(desk, text="x" * 5100).status_code == 400
    for unknown in ("other", "canned-x", "ticket-"):
        assert _keep(desk, unknown, text="x").status_code == 404
