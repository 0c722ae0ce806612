"""The desk under load: agents who walk through inbox and tickets, and pages that stand open.

`python -m bench.desk [--json] [--tickets 100000] [--agents 20] [--streams 500] [--seconds 60]
[--full]`. A home of its own, a real server, tickets by COPY. Reported are the server's own times
(p50, p95 in milliseconds) of inbox, its live part, search and ticket page at `--tickets`, held
against the same walk at `--few` tickets; the number of queries of each page at both sizes, which
must be equal; the web process's memory over time, and its processor time per answer, which says
the same on a busy machine too. `--full`: an hour.
"""

import argparse
import asyncio
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from bench.own_home import own_home
from tests.live_desk import free_port

COSTS = ("threads", "web_cpu_ms", "connections")
PAGES = ("inbox", "news", "search", "ticket")
ARRIVES_EVERY = 1.0
ROUNDS = 12
STARTS_WITHIN = 240.0
ENDS_WITHIN = 120.0
APP = "bench.timed_app:application"
FEW_STREAMS = 50
FULL_SECONDS = 3600.0


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.desk", description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--few", type=int, default=1_000)
    parser.add_argument("--agents", type=int, default=20)
    parser.add_argument("--streams", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--think", type=float, default=4.0)
    parser.add_argument("--full", action="store_true", help="an hour")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # ends the server and the database too
    with own_home():
        report = measure(given)
    if given.json:
        print(json.dumps(report))
    else:
        for name, value in report.items():
            print(f"{name:>24}: {value}")
    if report["queries_few"] != report["queries_many"] or report["failed"] or report["broken"]:
        sys.exit(1)


def measure(given: argparse.Namespace) -> dict[str, Any]:
    import django

    django.setup()
    from django.core.management import call_command

    from bench.desks.making import make_people, make_tickets, make_versions

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    agents, versions = make_people(given.agents), make_versions()
    cookies = [_cookie(agent) for agent in agents]
    make_tickets(given.few, agents=agents, versions=versions, seed=1)
    report: dict[str, Any] = {"tickets": given.tickets, "streams": given.streams}
    report["queries_few"], report["alone_few"] = queries(agents[0]), alone(agents[0])
    few = _walked(given, cookies, seconds=min(given.seconds, 15.0), streams=FEW_STREAMS)
    make_tickets(given.tickets - given.few, agents=agents, versions=versions, seed=2)
    report["queries_many"], report["alone_many"] = queries(agents[0]), alone(agents[0])
    seconds = FULL_SECONDS if given.full else given.seconds
    many = _walked(given, cookies, seconds=seconds, streams=given.streams)
    for page in PAGES:
        report[f"{page}_few"], report[f"{page}_many"] = few.get(page), many.get(page)
        if few.get(page) and many.get(page):
            report[f"{page}_ratio"] = round(many[page]["p50"] / few[page]["p50"], 2)
    report |= {name: many[name] for name in ("rss_mb", "events", "broken", "reopened", *COSTS)}
    report["load"] = many["load"]
    report["failed"] = few["failed"] + many["failed"]
    return report


def queries(agent: Any) -> dict[str, int]:
    """Of each page, asked in this process: the fewest of three times, as what a process remembers
    for some seconds is asked for again now and then."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    found = {}
    client = _client(agent)
    for name, path in _addresses().items():
        counts = []
        for _time in range(3):
            with CaptureQueriesContext(connection) as asked:
                assert client.get(path).status_code == 200
            counts.append(len(asked))
        found[name] = min(counts)
    return found


def alone(agent: Any) -> dict[str, float]:
    """The best time of each page, in milliseconds, asked in this process: on a busy machine, what
    comes nearest to a quiet one's."""
    found = {}
    client = _client(agent)
    for name, path in _addresses().items():
        seconds = []
        for _round in range(ROUNDS):
            began = time.perf_counter()
            client.get(path)
            seconds.append(time.perf_counter() - began)
        found[name] = round(1000 * min(seconds), 1)
    return found


def _client(agent: Any) -> Any:
    from django.test import Client

    client = Client(headers={"host": "localhost"})
    client.force_login(agent)
    return client


def _addresses() -> dict[str, str]:
    from tickets.models import Ticket

    waiting = Ticket.objects.filter(team=None, state="ready").order_by("pk")
    first = waiting.values_list("pk", flat=True)[0]
    return {
        "inbox": "/",
        "all": "/?state=all",
        "search": "/?state=all&q=invoice%20refund",
        "ticket": f"/tickets/{first}/",
        "walk": f"/tickets/{first}/?assignee=somebody&lang=en&sort=priority",
    }


def _walked(
    given: argparse.Namespace, cookies: Sequence[str], *, seconds: float, streams: int
) -> dict[str, Any]:
    from bench.desks.walking import walk

    with _server() as (process, port), _arriving() as most:
        watch = _Memory(process.pid)
        walking = walk(port, cookies, streams=streams, seconds=seconds, think=given.think)
        walked = asyncio.run(walking)
        watch.stop()
    answers = sum(map(len, walked.seconds.values()))
    report: dict[str, Any] = {page: _percentiles(walked.seconds[page]) for page in PAGES}
    return report | {
        "rss_mb": watch.summary(),
        "threads": watch.threads,
        "web_cpu_ms": round(1000 * watch.cpu_seconds / max(1, answers), 1),
        "connections": most[0],
        "load": os.getloadavg()[0],
        "events": walked.events,
        "broken": walked.broken,
        "reopened": walked.reopened,
        "failed": walked.failed,
    }


def _percentiles(seconds: Sequence[float]) -> dict[str, float] | None:
    if len(seconds) < 2:
        return None
    cuts = statistics.quantiles(seconds, n=20)
    milliseconds = {"p50": statistics.median(seconds), "p95": cuts[-1], "max": max(seconds)}
    found = {name: round(value * 1000, 1) for name, value in milliseconds.items()}
    return found | {"count": len(seconds)}


def _cookie(agent: Any) -> str:
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    session = SessionStore()
    session[SESSION_KEY] = str(agent.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = agent.get_session_auth_hash()
    session.create()
    return f"sessionid={session.session_key}"


@contextmanager
def _server() -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", APP, "--port", str(port)]
    command += ["--log-level", "warning", "--timeout-graceful-shutdown", "1"]
    # It closes no connection just as a request goes out: see the limits in `walk`.
    command += ["--timeout-keep-alive", "120"]
    process = subprocess.Popen(command, env=dict(os.environ))
    try:
        deadline = time.monotonic() + STARTS_WITHIN
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the server did not start")
            time.sleep(0.1)
        yield process, port
    finally:
        process.terminate()
        process.wait(ENDS_WITHIN)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def _arriving() -> Iterator[list[int]]:
    """New tickets, by the way that they come in; the most connections that the database had."""
    from django.db import connection

    from tickets.intake import NewTicket, receive

    done, most = threading.Event(), [0]

    def come() -> None:
        number = 0
        while not done.wait(ARRIVES_EVERY):
            number += 1
            name = f"{time.time_ns()}"
            text = f"my modem is off since {number} hours"
            new = NewTicket("arriving", name, "modem", text, contact=f"n{number}@mail.test")
            receive(new)
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                )
                most[0] = max(most[0], cursor.fetchone()[0])
        connection.close()

    thread = threading.Thread(target=come, daemon=True)
    thread.start()
    try:
        yield most
    finally:
        done.set()
        thread.join()  # with its connection


class _Memory:
    """The process's resident memory, every second."""

    def __init__(self, pid: int) -> None:
        import psutil

        self._process = psutil.Process(pid)
        self._seen: list[float] = []
        self._began = sum(self._process.cpu_times()[:2])
        self.cpu_seconds = 0.0
        self.threads = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._done.wait(1.0):
            self._seen.append(self._process.memory_info().rss / 1e6)
            self.threads = max(self.threads, self._process.num_threads())

    def stop(self) -> None:
        self._done.set()
        self._thread.join()
        self.cpu_seconds = sum(self._process.cpu_times()[:2]) - self._began

    def summary(self) -> dict[str, float]:
        """At quarters of the time."""
        seen = self._seen or [0.0]
        last = len(seen) - 1
        places = {f"at_{share}%": seen[last * share // 100] for share in (25, 50, 75, 100)}
        places["most"] = max(seen)
        return {name: round(value, 1) for name, value in places.items()}


if __name__ == "__main__":
    main()
