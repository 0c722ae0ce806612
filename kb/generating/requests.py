"""One passage to the server and back: `Requests.ask(passage)`.

What passes (too many requests, a fault, no answer in time) is tried again after a growing, jittered
wait, or after what the server asks for, which then holds for all requests. What will not pass (a
wrong key, an unknown model) ends the run. Errors name a status and never repeat what was sent.
"""

import random
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from kb.generating.prompting import LEVELS, Passage, answer_format, answer_tokens, messages
from kb.generating.reading import read_pairs
from kb.generating.server import Server, connect
from runtime.errors import InputError

TRIES = 6
FIRST_WAIT = 1.0
LONGEST_WAIT = 60.0
LONGEST_RETRY_AFTER = 300.0
UNREADABLE_TRIES = 2
_PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_REFUSED = frozenset({301, 302, 303, 307, 308, 401, 402, 403, 404})
_OTHER_FORMAT = frozenset({400, 415, 422, 501})


class ServerRefused(InputError):
    """The server will not serve this key, model or address: no sense in going on."""


class RequestFailed(Exception):
    """This passage got no answer. `tokens`: what it cost all the same."""

    def __init__(self, reason: str, tokens: int = 0) -> None:
        super().__init__(reason)
        self.reason, self.tokens = reason, tokens


class Stopped(Exception):
    """Somebody asked to stop while this request waited."""


@dataclass(frozen=True)
class Answer:
    pairs: list[tuple[str, str]]
    tokens: int


class Requests:
    """Used by several threads at once. `stop` cuts waits short."""

    def __init__(
        self, server: Server, *, count: int, timeout: float, stop: threading.Event
    ) -> None:
        self._client = connect(server, timeout=timeout)
        self._model, self._count, self._stop = server.model, count, stop
        self._level = 0
        self._limit = "max_tokens"
        self._free_at = 0.0

    def close(self) -> None:
        self._client.close()

    def ask(self, passage: Passage) -> Answer:
        """Raises RequestFailed, ServerRefused, Stopped."""
        tokens = 0
        for _try in range(UNREADABLE_TRIES):
            try:
                content, cost = self._complete(passage)
            except RequestFailed as failed:
                raise RequestFailed(failed.reason, tokens + failed.tokens) from failed
            tokens += cost
            pairs = read_pairs(content)
            if pairs:
                return Answer(pairs, tokens)
            if self._stop.is_set():
                break
        raise RequestFailed("the answer is no JSON with questions", tokens)

    def _complete(self, passage: Passage) -> tuple[str, int]:
        from openai import APIConnectionError, APIStatusError, APITimeoutError, OpenAIError

        tries, level, limit = 0, self._level, self._limit
        while True:
            self._wait_until_free()
            try:
                content, tokens = self._send(passage, level, limit)
            except APIStatusError as error:
                status = error.status_code
                if status == 400 and limit == "max_tokens" and "max_tokens" in str(error):
                    limit = "max_completion_tokens"
                    continue
                if status in _OTHER_FORMAT and level + 1 < LEVELS:
                    level += 1
                    continue
                reason, pause = _status_reason(error), _retry_after(error.response.headers)
                _refuse(error, reason)
                if status not in _PASSING:
                    raise RequestFailed(reason) from None
            except APITimeoutError:
                reason, pause = "no answer in time", None
            except APIConnectionError:
                reason, pause = "the server cannot be reached", None
            except (OpenAIError, ValueError):
                raise RequestFailed("the answer is not as the protocol has it") from None
            else:
                self._level, self._limit = max(level, self._level), limit
                return content, tokens
            tries += 1
            if tries >= TRIES:
                raise RequestFailed(reason)
            self._pause(tries, pause)

    def _send(self, passage: Passage, level: int, limit: str) -> tuple[str, int]:
        options: dict[str, Any] = {limit: answer_tokens(self._count)}
        wanted = answer_format(level)
        if wanted is not None:
            options["response_format"] = wanted
        asked: list[Any] = messages(passage, count=self._count)
        got = self._client.chat.completions.create(model=self._model, messages=asked, **options)
        choices = getattr(got, "choices", None) or []
        content = (choices[0].message.content if choices else None) or ""
        usage = getattr(got, "usage", None)
        if usage is not None and usage.total_tokens:
            return content, usage.total_tokens
        letters = sum(len(one["content"]) for one in asked) + len(content)
        return content, letters // 3  # a server that does not count

    def _pause(self, tries: int, asked: float | None) -> None:
        if asked is not None and asked > LONGEST_RETRY_AFTER:
            raise ServerRefused(
                f"The server asks to wait {round(asked)} seconds: go on later, nothing is lost."
            )
        wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (tries - 1)) * random.uniform(0.5, 1.0)  # noqa: S311
        if asked is not None:
            self._free_at = max(self._free_at, time.monotonic() + asked)
            wait = asked + wait / 4
        if self._stop.wait(wait):
            raise Stopped

    def _wait_until_free(self) -> None:
        wait = self._free_at - time.monotonic()
        if self._stop.is_set() or (wait > 0 and self._stop.wait(wait)):
            raise Stopped


def _status_reason(error: Any) -> str:
    return f"HTTP {error.status_code} from the server"


def _refuse(error: Any, reason: str) -> None:
    if error.status_code in _REFUSED or getattr(error, "code", None) == "insufficient_quota":
        raise ServerRefused(
            f"{reason}: check PASOKH_QUESTIONS_URL, _MODEL and _KEY, and what the account may use."
        ) from None


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds, from Retry-After (a number or a date) or retry-after-ms."""
    try:
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
        value = headers.get("retry-after", "")
        if value.replace(".", "", 1).isdigit():
            return float(value)
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time()) if value else None
    except (ValueError, TypeError, OverflowError):
        return None
