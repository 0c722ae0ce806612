"""One address over HTTP: limits, redirects, tries, and reasons that people can read."""

import gzip
import socket
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace

import pytest

from kb.importing.web import failures, fetching
from kb.importing.web.fetching import Fetcher, FetchFailed, Gone, NotPermitted, Stopped
from kb.importing.web.guard import Guard, parse_allowed
from tests.kb.web.sites import Answer, html, redirect, tagged
from tests.live_desk import wait_for


@pytest.fixture
def waits():
    """The pauses that a fetch asked for; none of them is slept."""
    return []


@pytest.fixture
def fetcher(site, waits):
    return Fetcher(
        Guard(parse_allowed([site.place])),
        wait=waits.append,
        connect_seconds=60,
        read_seconds=60,
        total_seconds=120,
        max_bytes=100_000,
    )


def test_a_page_is_read_with_its_headers(site, fetcher, settings):
    settings.FETCH_CONTACT = "https://desk.example/about"
    site.pages["/a?b=1"] = Answer(
        "سلام".encode(),
        headers={
            "Content-Type": "Text/HTML; Charset=UTF-8",
            "ETag": '"7"',
            "Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT",
            "X-Robots-Tag": "noindex",
        },
    )
    found = fetcher.fetch(site.url("/a?b=1#part"))
    assert found.data.decode() == "سلام"
    assert (found.media_type, found.charset, found.etag) == ("text/html", "utf-8", '"7"')
    assert found.robots == "noindex"
    assert site.requests[0]["User-Agent"] == "Pasokh/1.0 (+https://desk.example/about)"
    assert site.requests[0]["Host"] == site.place


def test_a_packed_page_is_unpacked(site, fetcher):
    site.pages["/"] = Answer(gzip.compress(b"x" * 50_000), headers={"Content-Encoding": "gzip"})
    assert fetcher.fetch(site.url()).data == b"x" * 50_000


def test_a_gzip_bomb_is_given_up_within_the_limit(site, fetcher):
    bomb = gzip.compress(b"\0" * 50_000_000)
    assert len(bomb) < fetcher.max_bytes
    site.pages["/"] = Answer(bomb, headers={"Content-Encoding": "gzip"})
    with pytest.raises(FetchFailed, match="more than 100,000 bytes"):
        fetcher.fetch(site.url())


def test_a_page_that_is_too_long_is_given_up_or_cut(site, fetcher):
    site.pages["/"] = Answer(b"x" * 200_000)
    with pytest.raises(FetchFailed, match="more than 100,000 bytes"):
        fetcher.fetch(site.url())
    assert len(fetcher.fetch(site.url(), cut=5_000).data) == 5_000


def test_an_endless_page_is_given_up(site, fetcher):
    def endless(request):
        request.send_response(200)
        request.end_headers()
        try:
            while True:
                request.wfile.write(b"x" * 10_000)
        except OSError:
            return

    site.pages["/"] = endless
    with pytest.raises(FetchFailed, match="more than"):
        fetcher.fetch(site.url())


@pytest.mark.parametrize("where", ["body", "headers", "unsized body"])
def test_a_server_that_drips_is_given_up_in_time(site, fetcher, where, monkeypatch):
    monkeypatch.setattr(fetching, "TRIES", 1)
    fetcher.read_seconds, fetcher.total_seconds = 0.5, 1
    drops = []

    def drip(request):
        head = "Content-Length: 100000\r\n" if where == "body" else ""
        start = f"HTTP/1.0 200 OK\r\n{head}X: "
        request.wfile.write((start if where == "headers" else f"{start}\r\n\r\n").encode())
        try:
            for _ in range(600):
                request.wfile.write(b"x")
                request.wfile.flush()
                drops.append(1)
                time.sleep(0.05)
        except OSError:
            return

    site.pages["/"] = drip
    with pytest.raises(FetchFailed, match="did not answer in time"):
        fetcher.fetch(site.url())
    assert len(drops) < 500  # of 600: half a minute


def test_a_server_that_says_nothing_is_tried_again_and_given_up(site, fetcher, waits):
    silence = threading.Event()
    fetcher.read_seconds = 0.1
    site.pages["/"] = lambda request: silence.wait(60) and None
    with pytest.raises(FetchFailed, match="did not answer in time"):
        fetcher.fetch(site.url())
    silence.set()
    wait_for(lambda: len(site.hits) == fetching.TRIES)
    assert waits == [0.01, 0.02]


def test_a_body_that_breaks_off_is_no_page(site, fetcher):
    site.pages["/"] = Answer(b"half an article", headers={"Content-Length": "5000"})
    with pytest.raises(FetchFailed, match=r"connection to 127\.0\.0\.1 failed"):
        fetcher.fetch(site.url())


def test_a_server_that_is_busy_is_tried_again(site, fetcher, waits):
    answers = [Answer(b"", 503), Answer(b"", 429, {"Retry-After": "7"}), html("At last")]
    site.pages["/"] = lambda request: answers.pop(0)
    assert b"At last" in fetcher.fetch(site.url()).data
    assert waits == [0.01, 7.0]


def test_a_date_to_come_back_at_is_understood(site, fetcher, waits, monkeypatch):
    now = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)
    monkeypatch.setattr(failures, "datetime", SimpleNamespace(now=now.astimezone))
    at = format_datetime(now + timedelta(seconds=30), usegmt=True)
    answers = [Answer(b"", 503, {"Retry-After": at}), html("At last")]
    site.pages["/"] = lambda request: answers.pop(0)
    fetcher.fetch(site.url())
    assert waits == [30]


def test_a_server_that_asks_for_hours_is_left_alone(site, fetcher, waits):
    site.pages["/"] = Answer(b"", 503, {"Retry-After": "7200"})
    with pytest.raises(FetchFailed, match="come back in 120 minutes"):
        fetcher.fetch(site.url())
    assert (len(site.hits), waits) == (1, [])


@pytest.mark.parametrize(
    ("status", "reason"),
    [(404, "not there"), (410, "not there"), (403, "does not let us"), (418, "answered 418")],
)
def test_a_refusal_is_not_tried_again(site, fetcher, status, reason):
    site.pages["/"] = Answer(b"", status)
    with pytest.raises(FetchFailed, match=reason) as raised:
        fetcher.fetch(site.url())
    assert isinstance(raised.value, Gone) == (status in (404, 410))
    assert (raised.value.status, len(site.hits)) == (status, 1)


def test_nobody_listening_is_a_reason_without_details(fetcher):
    with socket.socket() as bound:  # and never listens: nobody else gets the port
        bound.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{bound.getsockname()[1]}"
        fetcher.guard = Guard(parse_allowed([place]))
        with pytest.raises(FetchFailed) as raised:
            fetcher.fetch(f"http://{place}/?token=secret")
    assert str(raised.value) == "The connection to 127.0.0.1 failed."


def test_an_unknown_name_is_said_so(fetcher):
    def resolve(host, port, **kwargs):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    fetcher.guard = Guard(resolve=resolve)
    with pytest.raises(FetchFailed, match=r"name no\.such\.invalid is not known"):
        fetcher.fetch("http://no.such.invalid/")


def test_a_page_without_tls_where_it_should_be_is_a_failure(site, fetcher):
    with pytest.raises(FetchFailed, match=r"certificate|connection"):
        fetcher.fetch(f"https://{site.place}/")


def test_an_unchanged_page_is_not_sent_again(site, fetcher):
    site.pages["/"] = tagged(html("Same"), '"v1"')
    assert fetcher.fetch(site.url(), etag='"v1"').unchanged
    assert not fetcher.fetch(site.url(), etag='"v0"').unchanged


def test_redirects_are_followed_up_to_a_limit(site, fetcher):
    for number in range(10):
        site.pages[f"/{number}"] = redirect(f"/{number + 1}", 302)
    site.pages["/10"] = html("The end")
    found = fetcher.fetch(site.url("/5"))
    assert (found.url, found.redirected) == (site.url("/10"), True)
    with pytest.raises(FetchFailed, match="redirected too often"):
        fetcher.fetch(site.url("/0"))


def test_a_permanent_redirect_may_be_reported_instead(site, fetcher):
    site.pages["/old"] = redirect("/new")
    found = fetcher.fetch(site.url("/old"), follow_permanent=False)
    assert found.moved_to == site.url("/new")
    assert site.hits == ["/old"]


def test_a_slash_at_the_end_is_no_move(site, fetcher):
    site.pages["/old"], site.pages["/old/"] = redirect("/old/"), html("Here")
    assert fetcher.fetch(site.url("/old"), follow_permanent=False).url == site.url("/old/")


def test_each_hop_asks_for_permission(site, fetcher):
    site.pages["/a"], site.pages["/b"] = redirect("/b", 302), redirect("/c", 302)

    def permit(url: str) -> None:
        if url.endswith("/c"):
            raise NotPermitted("not /c")

    with pytest.raises(NotPermitted):
        fetcher.fetch(site.url("/a"), permit=permit)
    assert site.hits == ["/a", "/b"]


def test_a_stop_while_waiting_ends_the_fetch(site, fetcher):
    def stop(seconds: float) -> None:
        raise Stopped

    fetcher.wait = stop
    site.pages["/"] = Answer(b"", 503)
    with pytest.raises(Stopped):
        fetcher.fetch(site.url())
    assert len(site.hits) == 1


def test_an_unknown_packing_is_refused(site, fetcher):
    site.pages["/"] = Answer(b"zzzz", headers={"Content-Encoding": "br"})
    with pytest.raises(FetchFailed, match="packs the page"):
        fetcher.fetch(site.url())
