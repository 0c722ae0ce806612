"""The queue over a real Redis instead of the database: CELERY_BROKER_URL is all that changes."""

import shutil
import subprocess

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
    yield f"redis://127.0.0.1:{port}/0"
    process.terminate()
    process.wait()


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
