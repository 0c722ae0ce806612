"""The queue over a real Redis instead of the database: CELERY_BROKER_URL is all that changes."""

import shutil
import socket
import subprocess
from contextlib import suppress

import pytest

from tests.live_desk import free_port, live_desk, wait_for

pytestmark = pytest.mark.redis


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory):
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    port = free_port()
    process = subprocess.Popen(
        ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""],
        cwd=tmp_path_factory.mktemp("redis"),
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: _answers(port))
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait()


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=10):
        return True
    return False


def test_drafts_are_written_with_redis_as_the_broker(redis_url):
    with live_desk(past_tickets=False, CELERY_BROKER_URL=redis_url) as desk:
        ticket = desk.new_ticket("چطور گواهی ssl بگیرم؟", external_id="redis")
        # well before the sweep could have helped
        assert wait_for(lambda: desk.drafts_ready(ticket), seconds=180)
        code = (
            "from django.db import connection; c = connection.cursor();"
            "c.execute(\"SELECT to_regnamespace('pgmq')\"); print(c.fetchone()[0])"
        )
        assert desk.manage("shell", "--no-imports", "-c", code).stdout.strip() == "None"
