import pytest

from doors.webhooks_out import endpoints
from tests.doors.webhooks_out.receiver import receiver


@pytest.fixture
def there(settings):
    with receiver() as state:
        settings.FETCH_ALLOW = [f"127.0.0.1:{state.port}"]
        yield state


@pytest.fixture
def endpoint(there, mina):
    row, there.key = endpoints.create(name="shop", url=there.url, actor=mina)
    return row
