"""One real django-helpdesk for the tests of its door, emptied between them."""

import pytest

from doors.models import Door
from tests.doors.django_helpdesk.desk import ACCOUNT, PASSWORD, RealDesk
from tickets.vault import encrypt


@pytest.fixture(scope="session")
def running_desk(tmp_path_factory):
    desk = RealDesk.begin(tmp_path_factory.mktemp("there")).start()
    yield desk
    desk.kill()


@pytest.fixture
def there(running_desk, settings):
    for table in ("followupattachment", "followup", "ticket"):
        running_desk.write(f"DELETE FROM helpdesk_{table}")
    for mail in running_desk.folder.glob("mail/*"):
        mail.unlink()
    settings.FETCH_ALLOW = [running_desk.place]
    return running_desk


@pytest.fixture(autouse=True)
def asked(monkeypatch):
    """Drafts and learning are not what is tested here."""
    for task in ("suggest", "learn"):
        monkeypatch.setattr(f"tickets.tasks.{task}.delay", lambda row_id: None)
    monkeypatch.setattr("doors.tasks.work.delay", lambda row_id: None)


@pytest.fixture
def make_door(db):
    def make(desk: RealDesk, **options) -> Door:
        return Door.objects.create(
            kind=Door.Kind.DJANGO_HELPDESK,
            name="The old desk",
            source="old-desk",
            options={
                **{"url": desk.url, "username": ACCOUNT, "settle_seconds": 0, "poll_seconds": 0},
                **options,
            },
            secret_encrypted=encrypt(PASSWORD),
        )

    return make


@pytest.fixture
def door(there, make_door):
    return make_door(there)
