"""Seeing values and masking what was missed at the desk: who may, and what is written down."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from tests.tickets.factories import EMAIL, PHONE, make_drafts, make_ticket
from tickets.models import PrivacyMiss, VaultEntry, VaultReading

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket():
    return make_ticket(text=f"شماره‌ام {PHONE} و ایمیلم {EMAIL} است، Zarafshan گفت")


@pytest.fixture
def trusted(sara):
    """An agent who may see values."""
    sara.user_permissions.add(Permission.objects.get(codename="reveal_values"))
    return sara


def _reveal(client, ticket, placeholder="[PHONE_1]"):
    return client.post(reverse("ticket-reveal", args=[ticket.pk]), {"placeholder": placeholder})


def test_person_with_the_permission_sees_one_value_and_it_is_written_down(client, trusted, ticket):
    client.force_login(trusted)
    answer = _reveal(client, ticket)
    assert answer.json() == {"value": PHONE}
    assert "no-store" in answer["Cache-Control"]
    reading = VaultReading.objects.get()
    assert (reading.user, reading.ticket, reading.types) == (trusted, ticket, ["PHONE"])
    assert reading.purpose == VaultReading.Purpose.REVEAL


def test_agent_without_the_permission_sees_no_value(client, sara, ticket):
    client.force_login(sara)
    answer = _reveal(client, ticket)
    assert answer.status_code == 403
    assert PHONE not in answer.content.decode()
    assert not VaultReading.objects.exists()
    page = client.get(reverse("ticket", args=[ticket.pk])).content.decode()
    assert 'data-placeholder="[PHONE_1]"' in page
    assert reverse("ticket-reveal", args=[ticket.pk]) not in page


def test_page_has_a_button_for_who_may_reveal_and_no_value(client, trusted, ticket):
    client.force_login(trusted)
    page = client.get(reverse("ticket", args=[ticket.pk])).content.decode()
    assert reverse("ticket-reveal", args=[ticket.pk]) in page
    assert PHONE not in page
    assert not VaultReading.objects.exists()


def test_reveal_is_a_post_of_an_agent(client, outsider, ticket):
    assert _reveal(client, ticket)["Location"].startswith(reverse("login"))
    client.force_login(outsider)
    assert _reveal(client, ticket).status_code == 403
    assert client.get(reverse("ticket-reveal", args=[ticket.pk])).status_code == 405


@pytest.mark.parametrize("placeholder", ["[PHONE_9]", "", "nothing", "[PHONE_1] [EMAIL_1]"])
def test_unknown_placeholder_is_answered_in_one_line(client, trusted, ticket, placeholder):
    client.force_login(trusted)
    answer = _reveal(client, ticket, placeholder)
    assert answer.status_code == 404
    assert answer["Content-Type"].startswith("text/plain")
    assert "no-store" in answer["Cache-Control"]


def test_expired_value_is_gone(client, trusted, ticket):
    VaultEntry.objects.update(expires_at=timezone.now() - timedelta(days=1))
    client.force_login(trusted)
    assert _reveal(client, ticket).status_code == 404
    page = client.get(reverse("ticket", args=[ticket.pk])).content.decode()
    assert reverse("ticket-reveal", args=[ticket.pk]) not in page


def test_value_of_another_ticket_is_not_given(client, trusted, ticket):
    other = make_ticket(text="نه شماره‌ای نه چیزی", contact="")
    client.force_login(trusted)
    assert _reveal(client, other).status_code == 404


def test_draft_chips_are_revealed_like_the_conversation(client, trusted, ticket):
    make_drafts(ticket, texts=("زنگ می‌زنیم به [PHONE_1]", "دو", "سه"))
    client.force_login(trusted)
    fragment = client.get(reverse("ticket-drafts", args=[ticket.pk]), HTTP_HX_REQUEST="true")
    assert reverse("ticket-reveal", args=[ticket.pk]) in fragment.content.decode()


def test_agent_masks_what_was_missed(client, sara, ticket):
    client.force_login(sara)
    answer = client.post(
        reverse("ticket-mask", args=[ticket.pk]), {"text": "Zarafshan", "type": "PERSON"}
    )
    assert answer.status_code == 302
    assert "Zarafshan" not in ticket.messages.get().text
    assert PrivacyMiss.objects.get().marked_by == sara
    assert "Zarafshan" not in answer["Location"]


@pytest.mark.parametrize(
    "data",
    [
        {"text": "", "type": "PERSON"},
        {"text": "Zarafshan", "type": "NO_SUCH"},
        {"text": "stands nowhere", "type": "PERSON"},
        {"text": "[PHONE_1]", "type": "PERSON"},
    ],
)
def test_refused_mask_says_why_and_changes_nothing(client, sara, ticket, data):
    before = ticket.messages.get().text
    client.force_login(sara)
    answer = client.post(reverse("ticket-mask", args=[ticket.pk]), data)
    assert answer.status_code == 400
    assert "errorlist" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert ticket.messages.get().text == before
    assert not PrivacyMiss.objects.exists()


def test_mask_is_for_agents(client, outsider, ticket):
    path = reverse("ticket-mask", args=[ticket.pk])
    assert client.post(path, {"text": "Zarafshan", "type": "PERSON"}).status_code == 302
    client.force_login(outsider)
    assert client.post(path, {"text": "Zarafshan", "type": "PERSON"}).status_code == 403
    assert not PrivacyMiss.objects.exists()
