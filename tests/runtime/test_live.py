import asyncio
from types import SimpleNamespace

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.db import connections, transaction
from django.test import AsyncClient

from people.managing import change_role, set_active, set_teams
from people.sessions import end_sessions
from runtime import views
from runtime.live import Hub, listen, publish, topic_of
from tests.tickets.factories import make_ticket
from tickets.states import move_to_team


@pytest_asyncio.fixture(autouse=True)
async def close_the_thread_of_async_code():
    """Sync code of async tests has a thread, and with it a database connection, of its own."""
    yield
    await sync_to_async(connections.close_all)()


@sync_to_async
def _say(topic: str, **ids: int) -> None:
    publish(topic, **ids)


async def _next(messages):
    return await asyncio.wait_for(anext(messages), 60)


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
    assert await asyncio.wait_for(waiting, 60) == {"topic": "ticket:1", "reply": 1}
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
    assert await _next(stream) == b'event: inbox\ndata: {"topic": "inbox"}\n\n'
    await stream.aclose()


@pytest.mark.django_db(transaction=True)
async def test_live_view_refuses_strangers_and_no_topics(sara):
    client = AsyncClient()
    assert (await client.get("/live/?topic=inbox")).status_code == 403
    await client.aforce_login(sara)
    assert (await client.get("/live/")).status_code == 400


@pytest.mark.django_db(transaction=True)
async def test_live_view_lets_hear_only_who_may_see(sara, navid, outsider, support, mina):
    ticket = await sync_to_async(make_ticket)(team_id=support.pk)
    for person, topic, status in (
        (sara, f"ticket:{ticket.pk}", 200),
        (navid, f"ticket:{ticket.pk}", 403),
        (outsider, f"ticket:{ticket.pk}", 403),
        (outsider, "inbox", 403),
        (navid, "inbox", 200),
        (sara, "ticket:x", 403),
        (sara, f"ticket:{10**30}", 403),
        (sara, "ticket", 403),
        (sara, "nothing of ours", 403),
        *((sara, f"{job}:1", 403) for job in ("import", "ticket-import", "run")),
        *((mina, f"{job}:1", 200) for job in ("import", "ticket-import", "run")),
        (sara, topic_of(sara.pk), 403),
    ):
        client = AsyncClient()
        await client.aforce_login(person)
        response = await client.get("/live/", {"topic": topic})
        assert response.status_code == status, (person.username, topic)
        response.close()


@pytest.mark.django_db(transaction=True)
async def test_stream_ends_after_a_while_so_that_rights_are_asked_again(sara, monkeypatch):
    """By a clock of its own, which goes on where the stream waits for a message and none comes."""
    opened, now = False, 0.0

    async def wait(pending, *, timeout):
        nonlocal opened, now
        if not opened:
            opened = True
            return await asyncio.wait(pending, timeout=60)
        now += timeout
        assert now < 2 * views.LIVES_SECONDS
        return set(), pending

    own = {"wait": wait, "get_running_loop": lambda: SimpleNamespace(time=lambda: now)}
    monkeypatch.setattr(views, "asyncio", SimpleNamespace(**vars(asyncio) | own))
    client = AsyncClient()
    await client.aforce_login(sara)
    response = await client.get("/live/?topic=inbox")
    first, *others = [part async for part in response.streaming_content]
    assert first.startswith(b"event: open")
    assert set(others) == {b": still here\n\n"}
    assert 0.8 * views.LIVES_SECONDS <= now < 1.2 * views.LIVES_SECONDS + views.KEEP_ALIVE_SECONDS


@pytest.mark.django_db(transaction=True)
async def test_stream_ends_at_once_when_rights_end(sara, omid, mina, support):
    client = AsyncClient()

    async def ends(change, person, topic="inbox"):
        await client.aforce_login(person)
        response = await client.get("/live/", {"topic": topic})
        stream = aiter(response.streaming_content)
        await _next(stream)
        await sync_to_async(publish)(topic_of(0), ask_again=1)  # of somebody else
        await sync_to_async(change)()
        async with asyncio.timeout(60):
            assert [part async for part in stream][1:] == []  # at most what the change itself told

    ticket = await sync_to_async(make_ticket)(team_id=support.pk)
    here = f"ticket:{ticket.pk}"
    await ends(lambda: move_to_team(ticket.pk, None, actor=mina), sara, here)
    await ends(lambda: set_teams(sara, [], by=mina), sara, here)
    await ends(lambda: change_role(sara, "", by=mina), sara)
    await ends(client.logout, omid)
    await ends(lambda: set_active(omid, False, by=mina), omid)
    await ends(lambda: end_sessions(mina), mina)


async def test_hub_forgets_topics_that_nobody_listens_to():
    hub = Hub()
    hub._listening.set()
    hub._task = asyncio.ensure_future(asyncio.sleep(60))
    first, second = hub.subscribe(frozenset({"a", "b"})), hub.subscribe(frozenset({"b"}))
    assert await _next(first) == await _next(second) == {"topic": "open"}
    hub._deliver({"topic": "b", "n": 1})
    assert (await _next(first), await _next(second)) == ({"topic": "b", "n": 1},) * 2
    await first.aclose()
    assert set(hub._queues) == {"b"}
    await second.aclose()
    assert not hub._queues
