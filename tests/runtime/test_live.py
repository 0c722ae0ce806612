import asyncio

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.db import connections, transaction
from django.test import AsyncClient

from runtime.live import listen, publish


@pytest_asyncio.fixture(autouse=True)
async def close_the_thread_of_async_code():
    """Sync code of async tests has a thread, and with it a database connection, of its own."""
    yield
    await sync_to_async(connections.close_all)()


@sync_to_async
def _say(topic: str, **ids: int) -> None:
    publish(topic, **ids)


async def _next(messages):
    return await asyncio.wait_for(anext(messages), 5)


@pytest.mark.django_db(transaction=True)
async def test_listen_gives_the_messages_of_its_topics_only():
    messages = listen(frozenset({"ticket:1"}))
    assert await _next(messages) == {"topic": "open"}
    await _say("ticket:2", suggestion=9)
    await _say("ticket:1", suggestion=3)
    assert await _next(messages) == {"topic": "ticket:1", "suggestion": 3}
    await messages.aclose()


@pytest.mark.django_db(transaction=True)
async def test_publish_reaches_nobody_before_the_commit():
    messages = listen(frozenset({"ticket:1"}))
    await _next(messages)
    waiting = asyncio.ensure_future(anext(messages))

    @sync_to_async
    def transaction_that_takes_a_while():
        with transaction.atomic():
            publish("ticket:1", reply=1)
            return waiting.done()

    assert await transaction_that_takes_a_while() is False
    assert await asyncio.wait_for(waiting, 5) == {"topic": "ticket:1", "reply": 1}
    await messages.aclose()


@pytest.mark.django_db(transaction=True)
async def test_live_view_streams_to_who_is_signed_in(sara):
    client = AsyncClient()
    await client.aforce_login(sara)
    response = await client.get("/live/?topic=inbox")
    assert response["Content-Type"] == "text/event-stream"
    stream = aiter(response.streaming_content)
    assert await _next(stream) == b'event: open\ndata: {"topic": "open"}\n\n'
    await _say("inbox", ticket=4)
    assert await _next(stream) == b'event: inbox\ndata: {"topic": "inbox", "ticket": 4}\n\n'
    await stream.aclose()


@pytest.mark.django_db(transaction=True)
async def test_live_view_refuses_strangers_and_no_topics(sara):
    client = AsyncClient()
    assert (await client.get("/live/?topic=inbox")).status_code == 403
    await client.aforce_login(sara)
    assert (await client.get("/live/")).status_code == 400
