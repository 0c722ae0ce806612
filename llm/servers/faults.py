"""What a failed request means: `trouble_with`, from the client's exception to one of our lines.

An exception's own text may repeat what was sent, so none is shown, logged or kept.
"""

import re
import ssl
from collections.abc import Iterator
from typing import Any, Final

from llm.servers.errors import ServerError, Trouble

MAX_SAID: Final = 4000

_STATUS: Final = {
    401: Trouble.KEY_REFUSED,
    402: Trouble.KEY_REFUSED,
    403: Trouble.KEY_REFUSED,
    404: Trouble.UNKNOWN_MODEL,
    408: Trouble.BUSY,
    409: Trouble.BUSY,
    413: Trouble.TOO_LONG,
    425: Trouble.BUSY,
    429: Trouble.BUSY,
    503: Trouble.BUSY,
    529: Trouble.BUSY,
}
_TOO_LONG = re.compile(r"context[_ ](?:length|size|window)|maximum (?:context|model) length", re.I)


class ServerRefusal(ServerError):
    """`text`: what the server said, for finding the option that it minds; never shown."""

    def __init__(
        self, trouble: Trouble, *, status: int, text: str, retry_after: float | None
    ) -> None:
        super().__init__(trouble, retry_after=retry_after)
        self.status, self.text = status, text


def trouble_with(error: BaseException, *, words_came: bool = False) -> ServerError:
    """Which trouble an exception of the client stands for. Anything unknown is raised as it is."""
    from openai import APIConnectionError, APIError, APIStatusError, APITimeoutError, OpenAIError

    ours = _ours_in(error)
    if ours is not None:
        return ServerError(ours.trouble, words_came=words_came)
    if isinstance(error, APIStatusError):
        return _by_status(error)
    if isinstance(error, APITimeoutError):
        timed_out = Trouble.STALLED if words_came else Trouble.SLOW
        return ServerError(timed_out, words_came=words_came)
    if isinstance(error, APIConnectionError):
        return ServerError(_broken(error, words_came=words_came), words_came=words_came)
    if isinstance(error, APIError):  # an error in the midst of the stream
        return ServerError(Trouble.FAULT, words_came=words_came)
    # no JSON, JSON too deep, bytes that are no letters, headers that are none
    if isinstance(error, OpenAIError | ValueError | RecursionError | TypeError | AttributeError):
        return ServerError(Trouble.NONSENSE, words_came=words_came)
    raise error


def _ours_in(error: BaseException) -> ServerError | None:
    """The client wraps what our own limits raise."""
    return next((one for one in _chain(error) if isinstance(one, ServerError)), None)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _broken(error: BaseException, *, words_came: bool) -> Trouble:
    from httpx2 import ConnectError, ConnectTimeout

    if any(isinstance(one, ssl.SSLCertVerificationError) for one in _chain(error)):
        return Trouble.CERTIFICATE
    connected = not isinstance(error.__cause__, ConnectError | ConnectTimeout)
    return Trouble.CUT if words_came or connected else Trouble.UNREACHABLE


def _by_status(error: Any) -> ServerError:
    status = int(error.status_code)
    text = str(getattr(error, "message", ""))[:MAX_SAID]
    if status in _STATUS:
        trouble = _STATUS[status]
    elif 300 <= status < 400:
        trouble = Trouble.ELSEWHERE
    elif status >= 500 and status != 501:
        trouble = Trouble.FAULT
    else:
        trouble = Trouble.TOO_LONG if _TOO_LONG.search(text) else Trouble.REJECTED
    return ServerRefusal(trouble, status=status, text=text, retry_after=_retry_after(error))


def _retry_after(error: Any) -> float | None:
    try:
        seconds = float(error.response.headers.get("retry-after", ""))
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None
