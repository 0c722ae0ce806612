"""Agents who work and pages that stand open: `walk`, against a real server, in one event loop."""

import asyncio
import html
import random
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx

from runtime.views import LIVES_SECONDS

_TICKET = re.compile(r'id="ticket-\d+" href="([^"]+)"')
_NEXT = re.compile(r'rel="next" href="(/tickets/[^"]+)"')
_SHOWN = re.compile(r'name="shown" value="([\d,]*)"')
WORDS = ("invoice", "مودم", "server slow", "پرداخت سفارش")


@dataclass
class Walked:
    """Seconds on the server by page, events that streams got, how many streams broke before their
    time, and how many were opened again after it."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    opened: int = 0
    events: int = 0
    broken: int = 0
    reopened: int = 0
    failed: list[str] = field(default_factory=list)


async def walk(
    port: int, cookies: Sequence[str], *, streams: int, seconds: float, think: float
) -> Walked:
    """One agent for each cookie; the streams are spread over them, and are all open before."""
    walked = Walked()
    await _warm_up(port, cookies[0])
    listening = [
        asyncio.create_task(_listen(port, cookies[number % len(cookies)], walked))
        for number in range(streams)
    ]
    while walked.opened < streams and not any(task.done() for task in listening):
        await asyncio.sleep(0.1)
    ends = asyncio.get_running_loop().time() + seconds
    # Shorter than the server keeps one: it may close just as a request goes out. A browser asks
    # again then; this client would fail.
    limits = httpx.Limits(max_connections=100, keepalive_expiry=3.0)
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", timeout=60, limits=limits
    ) as client:
        await asyncio.gather(
            *(
                _agent(client, cookie, number, walked, ends, think)
                for number, cookie in enumerate(cookies)
            )
        )
    for task in listening:
        task.cancel()
    await asyncio.gather(*listening, return_exceptions=True)
    return walked


async def _warm_up(port: int, cookie: str) -> None:
    """A web process reads its templates and translations with its first pages."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        headers = {"cookie": cookie, "accept-language": "fa"}
        found = _TICKET.search((await client.get("/", headers=headers)).text)
        ticket = html.unescape(found[1]) if found else "/"
        for path in ("/inbox/news/", "/?state=all&q=modem", ticket):
            await client.get(path, headers=headers)


async def _agent(
    client: httpx.AsyncClient, cookie: str, number: int, walked: Walked, ends: float, think: float
) -> None:
    chance = random.Random(number)
    clock = asyncio.get_running_loop().time

    async def get(page: str, path: str) -> str:
        answer = await client.get(path, headers={"cookie": cookie, "accept-language": "fa"})
        if answer.status_code != 200:
            walked.failed.append(f"{page}: {answer.status_code}")
        walked.seconds[page].append(float(answer.headers["x-seconds"]))
        return answer.text

    async def pause(share: float = 1.0) -> None:
        await asyncio.sleep(think * share * chance.uniform(0.5, 1.5))

    await pause()
    while clock() < ends:
        inbox = await get("inbox", chance.choice(("/", "/", "/?assignee=me", "/?state=all")))
        await pause(0.5)
        shown = _SHOWN.search(inbox)
        await get("news", f"/inbox/news/?shown={shown[1] if shown else ''}")
        if chance.random() < 0.2:
            await pause(0.5)
            inbox = await get("search", f"/?state=all&q={chance.choice(WORDS)}")
        tickets = _TICKET.findall(inbox)
        ticket = chance.choice(tickets) if tickets else None
        for _step in range(3):
            await pause(0.5)
            if ticket is None or clock() > ends:
                break
            following = _NEXT.search(await get("ticket", html.unescape(ticket)))
            ticket = following[1] if following else None


async def _listen(port: int, cookie: str, walked: Walked) -> None:
    """As a page does: a stream that the server ends after its time is opened again."""
    while True:
        began = asyncio.get_running_loop().time()
        await _hear(port, cookie, walked)
        if asyncio.get_running_loop().time() - began < LIVES_SECONDS * 0.8:
            walked.broken += 1
            await asyncio.sleep(1.0)
        else:
            walked.reopened += 1


async def _hear(port: int, cookie: str, walked: Walked) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        request = f"GET /live/?topic=inbox HTTP/1.1\r\nhost: 127.0.0.1\r\ncookie: {cookie}\r\n\r\n"
        writer.write(request.encode())
        while line := await reader.readline():
            walked.opened += line.startswith(b"event: open")
            walked.events += line.startswith(b"event: inbox")
    finally:
        writer.close()
