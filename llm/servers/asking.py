"""One answer from a server, within its time: `ask`.

What passes (refused, overloaded, a fault of the moment) is tried again after a growing, jittered
wait, but only while no word has come: half an answer and another half are no answer. A server that
does not know one of our options is asked once more without it.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from llm.engine.results import Finish
from llm.models import Server
from llm.servers.errors import PASSING, ServerError, Trouble
from llm.servers.faults import trouble_with
from llm.servers.options import Options
from llm.servers.reading import Ended, Piece, Reading, start, whole_letters

TRIES: Final = 3
FIRST_WAIT: Final = 0.3
SILENCE_SHARE: Final = 0.5
"""Of the time for a whole answer: so long may the first token, and each one after it, take."""
LOOK_SECONDS: Final = 0.1
"""How often somebody is asked whether to stop while nothing comes."""
AFTER_FINISH_SECONDS: Final = 1.0
"""For the count of tokens, which comes after the end."""
CHARACTERS_PER_TOKEN: Final = 32

OnText = Callable[[str], None]
"""Called with the whole text so far, whole letters only."""
ShouldStop = Callable[[], bool]


@dataclass(frozen=True)
class Answer:
    """`tokens` and `prompt_tokens` None where the server does not count; `pieces` then says in how
    many parts the text came. Seconds from the first try; `first_seconds` to the first token."""

    text: str
    finish: Finish
    pieces: int
    tokens: int | None
    prompt_tokens: int | None
    first_seconds: float
    seconds: float


@dataclass(frozen=True)
class Limits:
    """`ends_at`: of the monotonic clock, for the whole answer; `silence` in seconds."""

    ends_at: float
    silence: float
    tries: int = TRIES

    @classmethod
    def of(cls, seconds: float, *, tries: int = TRIES) -> "Limits":
        return cls(time.monotonic() + seconds, seconds * SILENCE_SHARE, tries)

    @property
    def left(self) -> float:
        return self.ends_at - time.monotonic()


def ask(
    server: Server,
    options: Options,
    limits: Limits,
    *,
    on_text: OnText,
    should_stop: ShouldStop,
) -> Answer:
    """Raises ServerError. Where time is over in the middle of the text, `finish` is timeout."""
    began, tries = time.monotonic(), 0
    while True:
        reading = start(server, options.body(), silence=limits.silence)
        try:
            answer = _receive(reading, options, limits, on_text=on_text, should_stop=should_stop)
            options.keep()
            return _since(began, answer)
        except ServerError as error:
            if options.drop_refused(error):
                continue
            tries += 1
            if not _wait_for_next(error, tries, limits, should_stop):
                raise
        finally:
            reading.close()


def _since(began: float, answer: Answer) -> Answer:
    """Its times from the first try on."""
    seconds = time.monotonic() - began
    first = answer.first_seconds + seconds - answer.seconds
    return replace(answer, seconds=seconds, first_seconds=first)


def _wait_for_next(error: ServerError, tries: int, limits: Limits, should_stop: ShouldStop) -> bool:
    """Whether to try again; the wait is over then."""
    if error.trouble not in PASSING or error.words_came or tries >= limits.tries:
        return False
    wait = FIRST_WAIT * 2 ** (tries - 1) * random.uniform(0.5, 1.0)  # noqa: S311
    wait = max(wait, error.retry_after or 0.0)
    if wait >= limits.left:
        return False
    until = time.monotonic() + wait
    while (rest := until - time.monotonic()) > 0:
        if should_stop():
            return False
        time.sleep(min(rest, LOOK_SECONDS))
    return True


@dataclass
class _Text:
    """What has come of one try."""

    raw: str = ""
    pieces: int = 0
    tokens: int | None = None
    prompt_tokens: int | None = None
    finish: Finish | None = None
    first_at: float = 0.0
    heard_at: float = 0.0

    def add(self, piece: Piece) -> None:
        self.tokens = piece.tokens if piece.tokens is not None else self.tokens
        if piece.prompt_tokens is not None:
            self.prompt_tokens = piece.prompt_tokens
        if piece.text and self.finish is None:
            self.raw += piece.text
            self.pieces += 1
            self.first_at = self.first_at or time.monotonic()
        if piece.text or piece.alive:
            self.heard_at = time.monotonic()
        if piece.finish:
            self.finish = "length" if piece.finish == "length" else "stop"
            self.heard_at = time.monotonic()


def _receive(
    reading: Reading,
    options: Options,
    limits: Limits,
    *,
    on_text: OnText,
    should_stop: ShouldStop,
) -> Answer:
    began = time.monotonic()
    text = _Text(heard_at=began)
    shown = ""
    while True:
        if should_stop():
            return _answer(text, began, "cancelled")
        item = reading.next(min(LOOK_SECONDS, max(limits.left, 0.0)))
        if isinstance(item, Piece):
            text.add(item)
            if len(text.raw) > options.max_tokens * CHARACTERS_PER_TOKEN:
                raise ServerError(Trouble.ENDLESS, words_came=True)
            so_far = whole_letters(text.raw)
            if len(so_far) > len(shown):
                shown = so_far
                on_text(shown)
        elif isinstance(item, Ended):
            return _ended(item, text, began)
        over = _out_of_time(text, limits)
        if over is not None:
            return _answer(text, began, over)


def _out_of_time(text: _Text, limits: Limits) -> Finish | None:
    """How the text ends if its time is over. Raises ServerError where that leaves nothing."""
    quiet = time.monotonic() - text.heard_at
    if text.finish is not None:
        return text.finish if quiet > AFTER_FINISH_SECONDS or limits.left <= 0 else None
    if not text.raw and (quiet > limits.silence or limits.left <= 0):
        raise ServerError(Trouble.SLOW)
    if quiet > limits.silence:
        raise ServerError(Trouble.STALLED, words_came=True)
    return "timeout" if limits.left <= 0 else None


def _ended(ended: Ended, text: _Text, began: float) -> Answer:
    if text.finish is not None:  # whatever went wrong after the end does not matter
        return _answer(text, began, text.finish)
    if ended.error is None:
        raise ServerError(Trouble.CUT if text.raw else Trouble.NONSENSE, words_came=bool(text.raw))
    raise trouble_with(ended.error, words_came=bool(text.raw)) from None


def _answer(text: _Text, began: float, finish: Finish) -> Answer:
    whole = whole_letters(text.raw)
    if not whole.strip() and finish in ("stop", "length"):
        raise ServerError(Trouble.EMPTY)
    now = time.monotonic()
    return Answer(
        text=whole,
        finish=finish,
        pieces=text.pieces,
        tokens=text.tokens,
        prompt_tokens=text.prompt_tokens,
        first_seconds=(text.first_at or now) - began,
        seconds=now - began,
    )
