import pytest

from doors.webhooks_out import delivering, endpoints
from tests.doors.webhooks_out.receiver import receiver


@pytest.fixture(autouse=True)
def no_hurry(monkeypatch, settings):
    """A moment in which the machine stands still makes no endpoint slow, ends no pass and is too
    long for no undo."""
    for name in ("SECONDS", "SLOW_SECONDS", "PASS_SECONDS"):
        monkeypatch.setattr(delivering, name, 3600.0)
    settings.UNDO_SECONDS = 3600


@pytest.fixture
def there(settings):
    with receiver() as state:
        settings.FETCH_ALLOW = [f"127.0.0.1:{state.port}"]
        yield state


@pytest.fixture
def endpoint(there, mina):
    row, there.key = endpoints.create(name="shop", url=there.url, actor=mina)
    return row
