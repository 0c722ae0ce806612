"""A server's stream, taken apart in a thread of its own: `start`, then `Reading.next`.

A thread, because nothing else keeps a time limit: a server that sends a byte now and then never
runs into a read's time-out, and a name may take long to resolve. Who waits for the answer looks at
the clock and asks whether to stop; a reader that is left behind ends with its connection.
"""

import queue
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from llm.models import Server
from llm.servers.connecting import connect, refuse_stranger
from llm.servers.errors import ServerError, Trouble

if TYPE_CHECKING:
    from openai import OpenAI

BYTES_PER_TOKEN: Final = 2048
"""Of a stream: a piece of a few letters comes in some 300 bytes of JSON."""
LEAST_BYTES: Final = 256 * 1024
MAX_TOKENS_SAID: Final = 10_000_000

_FINISHES: Final = {"stop": "stop", "eos": "stop", "length": "length"}
_NOT_WHOLE: Final = "\ufffd"
_NO_CONTROLS: Final = {
    code: None for code in [*range(0x20), *range(0x7F, 0xA0)] if chr(code) not in "\n\t"
}


@dataclass(frozen=True)
class Piece:
    """What one event brought. `alive`: the model is at work, though it may be thinking aloud."""

    text: str = ""
    finish: str = ""
    tokens: int | None = None
    prompt_tokens: int | None = None
    alive: bool = False


@dataclass(frozen=True)
class Ended:
    """The last that comes; `error` is what the reader met."""

    error: BaseException | None = None


class Reading:
    """One request that is being answered."""

    def __init__(self) -> None:
        self._pieces: queue.SimpleQueue[Piece | Ended] = queue.SimpleQueue()
        self._over = threading.Event()
        self._client: OpenAI | None = None
        self._socket: socket.socket | None = None

    def next(self, seconds: float) -> Piece | Ended | None:
        """What comes within `seconds`; None for nothing."""
        try:
            return self._pieces.get(timeout=max(seconds, 0.0))
        except queue.Empty:
            return None

    def close(self) -> None:
        """Nobody waits any more. Safe to call again. The server hears of it at once and need not
        write on: closing alone would wait for the read that is under way."""
        self._over.set()
        self._hang_up()
        if self._client is not None:
            self._client.close()

    def _hang_up(self) -> None:
        if self._socket is not None:
            with suppress(OSError):  # it is closed already
                self._socket.shutdown(socket.SHUT_RDWR)

    def _opened(self, opened: socket.socket) -> None:
        self._socket = opened
        if self._over.is_set():
            self._hang_up()

    def _run(self, server: Server, body: Mapping[str, Any], seconds: float) -> None:
        """In a thread of its own: no database here."""
        try:
            refuse_stranger(server)
            self._client = connect(
                server,
                seconds=seconds,
                max_bytes=_max_bytes(body),
                is_over=self._over.is_set,
                on_socket=self._opened,
            )
            if not self._over.is_set():
                self._read(self._client, body)
            self._pieces.put(Ended())
        except Exception as error:  # noqa: BLE001 - handed to the thread that knows what to do
            self._pieces.put(Ended(error))
        finally:
            if self._client is not None:
                self._client.close()

    def _read(self, client: "OpenAI", body: Mapping[str, Any]) -> None:
        kind: Any = client.chat.completions if "messages" in body else client.completions
        with kind.create(stream=True, **body) as stream:
            kind_of_answer = stream.response.headers.get("content-type", "")
            if "html" in kind_of_answer:
                raise ServerError(Trouble.WEB_PAGE)
            for event in stream:
                if self._over.is_set():
                    return
                self._pieces.put(piece_of(event))


def start(server: Server, body: Mapping[str, Any], *, silence: float) -> Reading:
    """Send the request. The reader gives up by itself after `silence` seconds without a byte."""
    reading = Reading()
    threading.Thread(
        target=reading._run, args=(server, body, silence), name="reader", daemon=True
    ).start()
    return reading


def piece_of(event: Any) -> Piece:
    """An event of either kind, chat or completion. Raises ServerError (NONSENSE) for what is none:
    the client builds its objects from whatever came."""
    choices = getattr(event, "choices", None)
    tokens, prompt_tokens = _usage(getattr(event, "usage", None))
    if not isinstance(choices, list):
        raise ServerError(Trouble.NONSENSE)
    if not choices:
        return Piece(tokens=tokens, prompt_tokens=prompt_tokens)
    if (getattr(choices[0], "index", 0) or 0) != 0:
        return Piece()
    finish = getattr(choices[0], "finish_reason", None)
    return Piece(
        text=_text_of(choices[0]),
        finish=_finish(finish),
        tokens=tokens,
        prompt_tokens=prompt_tokens,
        alive=_thinks(choices[0]),
    )


def whole_letters(raw: str) -> str:
    """What a database and a page can hold of the text so far: no control characters, pairs of
    surrogates joined, and without the half letter that some servers send at the end."""
    text = raw.translate(_NO_CONTROLS)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").rstrip(_NOT_WHOLE)


def _text_of(choice: Any) -> str:
    delta = getattr(choice, "delta", None)
    text = getattr(delta, "content", None) if delta is not None else getattr(choice, "text", None)
    if text is None:
        return ""
    if not isinstance(text, str):
        raise ServerError(Trouble.NONSENSE)
    return text


def _thinks(choice: Any) -> bool:
    delta = getattr(choice, "delta", None)
    names = ("reasoning_content", "reasoning")
    return any(isinstance(getattr(delta, name, None), str) for name in names)


def _finish(reason: object) -> str:
    if reason is None or reason == "":
        return ""
    if reason == "content_filter":
        raise ServerError(Trouble.FILTERED)
    if not isinstance(reason, str) or reason not in _FINISHES:
        raise ServerError(Trouble.NONSENSE)
    return _FINISHES[reason]


def _usage(usage: object) -> tuple[int | None, int | None]:
    return _count(usage, "completion_tokens"), _count(usage, "prompt_tokens")


def _count(usage: object, name: str) -> int | None:
    number = getattr(usage, name, None)
    if not isinstance(number, int) or isinstance(number, bool):
        return None
    return number if 0 <= number <= MAX_TOKENS_SAID else None


def _max_bytes(body: Mapping[str, Any]) -> int:
    tokens = body.get("max_tokens") or body.get("max_completion_tokens") or 0
    return max(LEAST_BYTES, int(tokens) * BYTES_PER_TOKEN)
