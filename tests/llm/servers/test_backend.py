"""A draft from a server: what is asked, what comes back, and what goes wrong on the way."""

import itertools
import json
import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from llm.engine.results import EngineError
from llm.models import ModelVersion, Server
from llm.servers import asking, reading
from llm.servers.backend import NotOnAServer, prompt_of, write
from llm.servers.errors import OF_ONE_VERSION, ServerError, Trouble
from tests.llm.servers.conftest import CUSTOMER, PARTS
from tests.llm.servers.scripted import MODEL, PATIENT, closed_port, good, scripted, until

pytestmark = pytest.mark.django_db


@dataclass
class Clock:
    """The time of who asks. It goes on when it waits before another try, and otherwise only by
    what a test says: so long takes each piece that comes, and each look in vain from `begun` on."""

    now: float = 0.0
    per_piece: float = 0.0
    per_look: float = 0.0
    begun: Callable[[], object] = lambda: True

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def looked(self, item: object) -> None:
        if isinstance(item, reading.Piece):
            self.now += self.per_piece
        elif item is None and self.begun():
            self.now += self.per_look


@pytest.fixture
def clock(monkeypatch):
    clock, real = Clock(), reading.Reading.next

    def look(self, seconds):
        item = real(self, seconds)
        clock.looked(item)
        return item

    monkeypatch.setattr(reading.Reading, "next", look)
    monkeypatch.setattr(asking, "time", clock)
    return clock


def trouble(version, **options) -> Trouble:
    with pytest.raises(ServerError) as failed:
        write(version, PARTS, **options)
    assert str(failed.value) == failed.value.trouble.value
    return failed.value.trouble


def test_write_gives_text_and_counts_as_they_came(version_on):
    seen = []
    with scripted() as server:
        result = write(version_on(server.url), PARTS, on_text=seen.append)
    assert result.text == "سلام، فردا می‌رسد."
    assert (result.finish, result.tokens, result.prompt_tokens) == ("stop", 3, 40)
    assert seen[-1] == result.text
    assert all(later.startswith(before) for before, later in itertools.pairwise(seen))
    assert result.seconds >= result.prefill_seconds > 0
    assert result.seconds == pytest.approx(result.prefill_seconds + result.decode_seconds)


def test_write_asks_for_the_served_model_with_the_versions_settings(version_on):
    with scripted() as server:
        version = version_on(server.url)
        version.manifest["generation"] = {"temperature": 0.2, "max_new_tokens": 50}
        version.generation = {"temperature": 0.5, "repetition_penalty": 1.025, "seed": 7}
        write(version, PARTS)
    (body,) = server.requests
    assert body["model"] == MODEL
    assert body["stream"] is True
    assert (body["max_tokens"], body["temperature"], body["seed"]) == (50, 0.5, 7)
    assert body["repetition_penalty"] == 1.025
    assert [one["role"] for one in body["messages"]] == ["system", "user"]
    assert "سفارش‌ها دو روزه می‌رسند." in body["messages"][1]["content"]
    assert server.heads[0].startswith("POST /v1/chat/completions ")


def test_write_gives_a_tuned_version_the_very_prompt_it_was_tuned_on(version_on):
    with scripted() as server:
        version = version_on(server.url)
        version.method, version.prompt_version = "lora", "support-1"
        result = write(version, PARTS)
    (body,) = server.requests
    prompt = prompt_of(version, PARTS)
    assert prompt.version == "support-1"
    assert body["prompt"] == prompt.text + prompt.invocation
    assert "messages" not in body
    assert server.heads[0].startswith("POST /v1/completions ")
    assert result.text == "سلام، فردا می‌رسد."


def test_write_of_a_version_with_an_unknown_layout_is_refused(version_on):
    with scripted() as server:
        version = version_on(server.url)
        version.method, version.prompt_version = "lora", "support-99"
        with pytest.raises(EngineError, match="support-99"):
            write(version, PARTS)
    assert server.connections == 0


def test_write_of_a_local_version_is_refused():
    local = ModelVersion.objects.create(name="base", method="pretrain", digest="0" * 64)
    with pytest.raises(NotOnAServer, match="stands on no server"):
        write(local, PARTS)


def web_page(connection, number):
    connection.reply("200 OK", "<html><h1>Welcome to nginx!</h1></html>", kind="text/html")


def error_page(connection, number):
    connection.reply("502 Bad Gateway", "<html>bad gateway</html>", kind="text/html")


def not_json(connection, number):
    connection.begin()
    connection.send("data: {this is no JSON\n\n")


def deep_json(connection, number):
    connection.begin()
    connection.send("data: " + "[" * 100_000 + "\n\n")


def wrong_shape(connection, number):
    connection.begin()
    connection.event({"choices": "none", "answer": 42})


def wrong_text(connection, number):
    connection.begin()
    choice = {"index": 0, "delta": {"content": {"no": "text"}}}
    connection.event({"choices": [choice]})


def a_list(connection, number):
    connection.begin()
    connection.event(["hello"])


def no_stream(connection, number):
    connection.reply("200 OK", json.dumps({"choices": [{"message": {"content": "hello"}}]}))


def nothing(connection, number):
    connection.begin()


def no_http(connection, number):
    connection.send("SSH-2.0-OpenSSH_9.2\r\n")


def bytes_that_are_no_letters(connection, number):
    connection.begin()
    connection.send(b'data: {"choices": [{"index": 0, "delta": {"content": "\xff\xfe"}}]}\n\n')


def silent_close(connection, number):
    """Nothing at all."""


def cut(connection, number):
    connection.begin()
    connection.say("سلام، سفارش")


def cut_by_chunks(connection, number):
    connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n")
    connection.send("Transfer-Encoding: chunked\r\n\r\n")
    event = json.dumps({"choices": [{"index": 0, "delta": {"content": "سلام"}}]})
    data = f"data: {event}\n\n".encode()
    connection.send(f"{len(data):x}\r\n".encode() + data + b"\r\nff\r\nda")


def error_in_the_stream(connection, number):
    connection.begin()
    connection.say("سلام")
    connection.event({"error": {"message": f"CUDA out of memory for {CUSTOMER}", "code": 500}})


def endless_line(connection, number):
    connection.begin()
    while True:
        connection.send("data: " + "x" * 65536)


def endless_text(connection, number):
    connection.begin()
    while True:
        connection.say("سلام " * 50)


def endless_comments(connection, number):
    connection.begin()
    while True:
        connection.send(": " + "x" * 65536 + "\n\n")


def endless_error(connection, number):
    connection.send("HTTP/1.1 500 Oh\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n")
    while True:
        connection.send("x" * 65536)


def packed(connection, number):
    connection.begin("Content-Encoding: gzip\r\n")
    connection.send(b"\x1f\x8b\x08\x00")


def empty(connection, number):
    connection.begin()
    connection.done(tokens=0)


def tool_call(connection, number):
    connection.begin()
    connection.say("", finish="tool_calls")


def filtered(connection, number):
    connection.begin()
    connection.say("سلام")
    connection.say("", finish="content_filter")


def refusing(status: str, message: str = "no", more: str = ""):
    def script(connection, number):
        body = {"error": {"message": message, "type": "invalid_request_error"}}
        connection.reply(status, json.dumps(body), more=more)

    return script


FAULTS = [
    (web_page, Trouble.WEB_PAGE),
    (error_page, Trouble.FAULT),
    (not_json, Trouble.NONSENSE),
    (deep_json, Trouble.NONSENSE),
    (wrong_shape, Trouble.NONSENSE),
    (wrong_text, Trouble.NONSENSE),
    (a_list, Trouble.NONSENSE),
    (no_stream, Trouble.NONSENSE),
    (nothing, Trouble.NONSENSE),
    (no_http, Trouble.CUT),
    (silent_close, Trouble.CUT),
    (bytes_that_are_no_letters, Trouble.NONSENSE),
    (cut, Trouble.CUT),
    (cut_by_chunks, Trouble.CUT),
    (error_in_the_stream, Trouble.FAULT),
    (endless_line, Trouble.ENDLESS),
    (endless_text, Trouble.ENDLESS),
    (endless_comments, Trouble.ENDLESS),
    (endless_error, Trouble.ENDLESS),
    (packed, Trouble.NONSENSE),
    (empty, Trouble.EMPTY),
    (tool_call, Trouble.NONSENSE),
    (filtered, Trouble.FILTERED),
    (refusing("401 Unauthorized"), Trouble.KEY_REFUSED),
    (refusing("404 Not Found"), Trouble.UNKNOWN_MODEL),
    (refusing("418 Teapot"), Trouble.REJECTED),
    (refusing("400 Bad", "maximum context length is 4096"), Trouble.TOO_LONG),
    (refusing("429 Too Many"), Trouble.BUSY),
    (refusing("500 Oh"), Trouble.FAULT),
    (refusing("503 Busy"), Trouble.BUSY),
]


@pytest.fixture
def _quick_retries(monkeypatch):
    monkeypatch.setattr("llm.servers.asking.FIRST_WAIT", 0.01)


@pytest.mark.usefixtures("_quick_retries")
@pytest.mark.parametrize(("script", "expected"), FAULTS)
def test_write_turns_every_fault_into_one_line(version_on, caplog, script, expected):
    with scripted(script) as server, caplog.at_level(logging.DEBUG):
        version = version_on(server.url)
        assert trouble(version) is expected
        assert isinstance(ServerError(expected), EngineError)
    shown = "" if expected in OF_ONE_VERSION else expected.value
    assert Server.objects.get().last_error == shown
    assert CUSTOMER not in caplog.text
    assert "گلستان" not in caplog.text


def test_write_follows_no_redirect(version_on):
    with scripted() as other:
        target = f"Location: {other.url}/chat/completions\r\n"
        with scripted(refusing("307 Elsewhere", more=target)) as server:
            assert trouble(version_on(server.url)) is Trouble.ELSEWHERE
        assert other.connections == 0


def test_write_to_a_closed_port_says_so_soon(version_on):
    version = version_on(f"http://127.0.0.1:{closed_port()}/v1", seconds=600.0)
    began = time.monotonic()
    assert trouble(version) is Trouble.UNREACHABLE
    assert time.monotonic() - began < 100  # a second, and not all its time


def test_write_tries_again_what_passes_before_the_first_word(version_on):
    def script(connection, number):
        good(connection, number) if number == 2 else refusing("503 Busy")(connection, number)

    with scripted(script) as server:
        assert write(version_on(server.url), PARTS).finish == "stop"
    assert server.connections == 3
    assert Server.objects.get().failures == 0


@pytest.mark.usefixtures("_quick_retries")
@pytest.mark.parametrize(
    ("script", "connections"),
    [
        (refusing("500 Oh"), 3),
        (silent_close, 3),
        (cut, 1),
        (error_in_the_stream, 1),
        (not_json, 1),
        (refusing("401 No"), 1),
        (refusing("429 Later", more="Retry-After: 900\r\n"), 1),
    ],
)
def test_write_asks_so_often(version_on, script, connections):
    with scripted(script) as server:
        trouble(version_on(server.url))
    assert server.connections == connections


def test_write_waits_as_long_as_the_server_asks(version_on):
    def script(connection, number):
        later = refusing("429 Later", more="Retry-After: 1\r\n")
        later(connection, number) if number == 0 else good(connection, number)

    with scripted(script) as server:
        began = time.monotonic()
        write(version_on(server.url), PARTS)
    assert time.monotonic() - began >= 1


def slow_to_begin(server):
    def script(connection, number):
        connection.begin()
        connection.say("")  # a role and no word
        server[0].begun.set()
        server[0].wait(300)

    return script


def slow_name_of_a_header(server):
    def script(connection, number):
        connection.send("HTTP/1.1 200 OK\r\nX-Slow: ")
        server[0].begun.set()
        while not server[0].stopping.wait(0.05):
            connection.send("x")

    return script


def stalls(server):
    def script(connection, number):
        connection.begin()
        connection.say("سلام")
        while not server[0].stopping.wait(0.05):
            connection.send(": still here\n\n")

    return script


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (slow_to_begin, Trouble.SLOW),
        (slow_name_of_a_header, Trouble.SLOW),
        (stalls, Trouble.STALLED),
    ],
)
def test_write_ends_within_its_time(version_on, clock, make, expected):
    held: list = []
    seen: list[str] = []
    with scripted(make(held)) as server:
        held.append(server)
        clock.per_look = PATIENT / 8
        clock.begun = (lambda: seen) if expected is Trouble.STALLED else server.begun.is_set
        assert trouble(version_on(server.url), on_text=seen.append) is expected
        assert server.connections == 1
    assert PATIENT / 2 < clock.now < PATIENT


def test_write_keeps_what_came_when_time_is_over(version_on, clock):
    def script(connection, number):
        connection.begin()
        while True:
            connection.say("سلام ")
            server.wait(0.05)

    clock.per_piece = 20.0
    with scripted(script) as server:
        result = write(version_on(server.url), PARTS, seconds_limit=200.0)
    assert (result.finish, result.seconds) == ("timeout", 200.0)
    assert result.text.split() == ["سلام"] * 10


def test_write_stops_when_asked_and_leaves_the_connection(version_on):
    gone = threading.Event()
    seen: list[str] = []

    def script(connection, number):
        connection.begin()
        connection.say("سلام")
        if connection.is_gone():
            gone.set()

    with scripted(script) as server:
        result = write(
            version_on(server.url), PARTS, on_text=seen.append, should_stop=lambda: bool(seen)
        )
        assert result.finish == "cancelled"
        assert result.text == "سلام"
        assert gone.wait(100)
    assert Server.objects.get().failures == 0


def test_write_stops_while_it_waits_for_the_next_try(version_on, clock):
    with scripted(refusing("429 Later", more="Retry-After: 25\r\n")) as server:
        trouble(version_on(server.url), should_stop=lambda: clock.now > 0)
    assert clock.now < 1
    assert server.connections == 1


def test_write_ends_where_on_text_raises_and_blames_nobody(version_on):
    def break_off(text: str) -> None:
        raise LookupError("the page is gone")

    with scripted() as server, pytest.raises(LookupError):
        write(version_on(server.url), PARTS, on_text=break_off)
    assert Server.objects.get().failures == 0


def test_write_shows_whole_letters_only(version_on):
    seen = []

    def script(connection, number):
        connection.begin()
        connection.say("سل\ufffd")
        connection.send('data: {"choices": [{"index": 0, "delta": {"content": "\\ud83d"}}]}\n\n')
        connection.send('data: {"choices": [{"index": 0, "delta": {"content": "\\ude00"}}]}\n\n')
        connection.say("\x00\x1b[31m\nخوب\u200cاست")
        connection.done()

    with scripted(script) as server:
        result = write(version_on(server.url), PARTS, on_text=seen.append)
    assert result.text == "سل\ufffd😀[31m\nخوب\u200cاست"
    assert not any(text.endswith("\ufffd") or "\x00" in text for text in seen)


def test_write_leaves_out_what_the_server_does_not_know(version_on):
    def script(connection, number):
        body = server.requests[-1]
        if "stream_options" in body or "max_tokens" in body:
            strange = "max_tokens" if "max_tokens" in body else "stream_options"
            refusing("400 Bad", f"Unsupported parameter: '{strange}'")(connection, number)
        else:
            good(connection, number)

    with scripted(script) as server:
        version = version_on(server.url)
        write(version, PARTS)
        assert len(server.requests) == 3
        write(version, PARTS)
    assert len(server.requests) == 4  # it remembers
    assert server.requests[-1]["max_completion_tokens"] == 160


def test_write_reads_reasoning_as_a_sign_of_life(version_on, clock):
    def script(connection, number):
        connection.begin()
        for _ in range(10):  # together longer than silence may be
            delta = {"reasoning_content": "hm"}
            connection.event({"choices": [{"index": 0, "delta": delta}]})
        connection.say("بله.")
        connection.done()

    clock.per_piece = PATIENT / 16
    with scripted(script) as server:
        assert write(version_on(server.url), PARTS).text == "بله."


def test_write_needs_no_end_of_the_stream_once_the_model_has_ended(version_on):
    held: list = []

    def script(connection, number):
        connection.begin()
        connection.say("بله.", finish="length")
        held[0].wait(300)

    with scripted(script) as server:
        held.append(server)
        result = write(version_on(server.url), PARTS)
    assert (result.text, result.finish, result.tokens) == ("بله.", "length", 1)
    assert result.seconds < 100  # and not all its time


def test_write_leaves_no_thread_behind(version_on):
    def readers() -> int:
        return sum("reader" in thread.name for thread in threading.enumerate())

    held: list = []
    with scripted(slow_name_of_a_header(held)) as server:
        held.append(server)
        assert trouble(version_on(server.url, seconds=1.0)) is Trouble.SLOW
        assert until(lambda: readers() == 0)


def test_many_bytes_belong_to_many_tokens():
    assert reading._max_bytes({"max_tokens": 4096}) > 4096 * 300
    assert reading._max_bytes({}) == reading.LEAST_BYTES


@pytest.mark.usefixtures("_quick_retries")
def test_write_leaves_no_connection_open_whatever_went_wrong(version_on):
    """A worker writes for weeks."""

    def script(connection, number):
        FAULTS[number % len(FAULTS)][0](connection, number)

    with scripted(script) as server:
        version = version_on(server.url)
        trouble(version, insist=True)
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(40):
            trouble(version, insist=True)
        assert until(lambda: len(os.listdir("/proc/self/fd")) <= before + 2)
