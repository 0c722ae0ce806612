"""How far each row of a generation is: its tokens, its text so far, and why it ended.

Public entries: `RowProgress`, `whole_letters`. Plain Python: the steps of the decode
(`llm.engine.decode`) write here token by token, and the results are read from here.
"""

import time
from collections.abc import Callable, Collection
from typing import Final

from llm.engine.results import Finish, RowResult

Decode = Callable[[list[int]], str]

HALF_LETTER: Final = "�"
ZWNJ: Final = "‌"


def whole_letters(text: str) -> str:
    """The text without an end that may still change or that nobody sees.

    A letter can span two tokens: its first half decodes to U+FFFD. A ZWNJ joins nothing yet, and
    white space may turn out to be the last. What is returned for a row's first tokens is therefore
    always a prefix of what is returned for more of them.
    """
    end = len(text)
    while end and (text[end - 1] in (HALF_LETTER, ZWNJ) or text[end - 1].isspace()):
        end -= 1
    return text[:end].lstrip()


class RowProgress:
    """One row while it is being written. `add` after `finish` changes nothing. `stop`: a text that
    ends the row and is not shown; `spoken`: what is written as people read it (`llm.prompts`)."""

    def __init__(
        self,
        *,
        limit: int,
        end_ids: Collection[int],
        decode: Decode,
        seconds_limit: float | None = None,
        stop: str = "",
        spoken: Callable[[str], str] = str,
    ) -> None:
        self.limit = limit
        self._end_ids = frozenset(end_ids)
        self._decode = decode
        self._stop, self._spoken = stop, spoken
        self._started = time.monotonic()
        self._deadline = None if seconds_limit is None else self._started + seconds_limit
        self._decoding_since: float | None = None
        self._seconds = 0.0
        self._decode_seconds = 0.0
        self._told = ("", 0)
        self.prefill_seconds = 0.0
        self.peak_bytes = 0
        self.ids: list[int] = []
        self.finish: Finish | None = None

    def add(self, token: int) -> bool:
        """Take the next token; False where it adds none (the end mark, or the row had ended)."""
        if self.finish is not None:
            return False
        if token in self._end_ids:
            self.end("stop")
            return False
        self.ids.append(token)
        if self._stop and self._stop in self._decode(self.ids[-len(self._stop) - 2 :]):
            self._drop_stop()
            self.end("stop")
            return False
        if len(self.ids) >= self.limit:
            self.end("length")
        return True

    def begin_decoding(self) -> None:
        """Its prompt has been read; what follows is decoding. Twice does no harm."""
        if self._decoding_since is None:
            self._decoding_since = time.monotonic()

    def check_time(self) -> None:
        if self._deadline is not None and time.monotonic() >= self._deadline:
            self.end("timeout")

    def end(self, finish: Finish) -> None:
        """The first reason stays."""
        if self.finish is None:
            self.finish = finish
            now = time.monotonic()
            self._seconds = now - self._started
            if self._decoding_since is not None:
                self._decode_seconds = now - self._decoding_since

    def news(self) -> str | None:
        """The whole text so far where it grew since it was last asked for."""
        told, length = self._told
        if len(self.ids) == length:
            return None
        text = self.text()
        self._told = (text, len(self.ids))
        return text if text != told else None

    def text(self) -> str:
        return whole_letters(self._spoken(self._decode(self.ids)))

    def _drop_stop(self) -> None:
        """The tokens that only the stop is made of."""
        text = self.text()
        while self.ids:
            last = self.ids.pop()
            if self.text() != text:
                self.ids.append(last)
                return

    def result(self, *, prompt_tokens: int) -> RowResult:
        self.end("cancelled")  # a row that nobody ended
        return RowResult(
            text=self.text(),
            tokens=len(self.ids),
            seconds=self._seconds,
            prompt_tokens=prompt_tokens,
            finish=self.finish or "cancelled",
            prefill_seconds=self.prefill_seconds,
            decode_seconds=self._decode_seconds,
            peak_bytes=self.peak_bytes,
        )
