"""The page on which an admin connects a django-helpdesk: it is really asked."""

import pytest
from django.urls import reverse

from doors.models import Door
from people.models import AuditEntry
from tests.doors.django_helpdesk.desk import ACCOUNT, PASSWORD
from tickets.vault import decrypt


@pytest.fixture
def admin(client, mina):
    client.force_login(mina)
    client.cookies["django_language"] = "en"
    return client


def told(there, **more):
    return {
        "name": "The old desk",
        "url": there.url,
        "auth": "basic",
        "username": ACCOUNT,
        "secret": PASSWORD,
        "queues": "1, 2",
        "start": "open",
        **more,
    }


def test_it_is_saved_when_the_other_desk_answers(admin, there):
    page = reverse("door-helpdesk")
    assert admin.post(page, told(there)).status_code == 302
    door = Door.objects.get()
    assert door.source == "django-helpdesk"
    assert door.options["queues"] == [1, 2]
    assert PASSWORD not in str(door.options)
    assert decrypt(door.secret_encrypted) == PASSWORD
    assert AuditEntry.objects.get().action == "door.made"
    edit = reverse("door-helpdesk-edit", args=[door.pk])
    assert PASSWORD not in admin.get(edit).content.decode()
    assert admin.post(edit, told(there, secret="", name="Older")).status_code == 302
    door.refresh_from_db()
    assert (door.name, decrypt(door.secret_encrypted)) == ("Older", PASSWORD)


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"secret": "wrong"}, "does not let us in"),
        ({"url": "https://[broken"}, "Write an address like"),
        ({"url": "http://10.0.0.1/"}, "PASOKH_FETCH_ALLOW"),
        ({"queues": "one"}, "numbers of the queues"),
        ({"username": ""}, "name of the account"),
        ({"secret": ""}, "This field is required"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_saved(admin, there, changed, line):
    answer = admin.post(reverse("door-helpdesk"), told(there, **changed))
    assert line in answer.content.decode()
    assert not Door.objects.exists()
