"""How a server does, asked now: `check`, and `try_version` for a few tokens of one version."""

import time
from dataclasses import dataclass
from typing import Any, Final

from llm.engine.results import RowResult
from llm.models import ModelVersion, Server
from llm.prompts import PromptInput, Turn
from llm.servers.backend import write
from llm.servers.breaker import admit
from llm.servers.connecting import connect, key_of, refuse_stranger
from llm.servers.errors import ServerError, Trouble
from llm.servers.faults import trouble_with

CHECK_SECONDS: Final = 5.0
FEW_TOKENS: Final = 12
MAX_LISTED: Final = 200
MAX_LIST_BYTES: Final = 1024 * 1024


@dataclass(frozen=True)
class ServerHealth:
    """`error` "" where it answered; `models`: the names that it serves, where it lists them."""

    server: str
    seconds: float
    models: tuple[str, ...] = ()
    error: str = ""


def check(server: Server, *, seconds: float = CHECK_SECONDS) -> ServerHealth:
    """Ask for its list of models: no word of a customer is sent, and still nothing at all to a
    hosted server that is not allowed. A server that answers is asked again from now on."""
    began = time.monotonic()
    try:
        admission = admit(server, insist=True)
    except ServerError as error:
        return ServerHealth(server.name, 0.0, error=str(error))
    try:
        models = _list_models(admission.server, seconds)
    except ServerError as error:
        admission.failed(error.trouble)
        return ServerHealth(server.name, time.monotonic() - began, error=str(error))
    admission.succeeded()
    return ServerHealth(server.name, time.monotonic() - began, models=models)


def try_version(version: ModelVersion) -> RowResult:
    """A few tokens for a greeting, whatever the breaker says. Raises ServerError."""
    hello = Turn(role="customer", text="Hello")
    parts = PromptInput(lang="en", passages=(), similar=(), turns=(hello,))
    return write(version, parts, max_new_tokens=FEW_TOKENS, insist=True)


def _list_models(server: Server, seconds: float) -> tuple[str, ...]:
    ends_at = time.monotonic() + seconds
    try:
        key_of(server)
        refuse_stranger(server)
        with connect(
            server,
            seconds=seconds,
            max_bytes=MAX_LIST_BYTES,
            is_over=lambda: time.monotonic() > ends_at,
        ) as client:
            listed: Any = getattr(client.models.list(), "data", None)
    except ServerError:
        raise
    except Exception as error:  # noqa: BLE001 - an unknown one is raised again
        raise trouble_with(error) from None
    if not isinstance(listed, list):
        raise ServerError(Trouble.NONSENSE)
    names = (getattr(one, "id", None) for one in listed[:MAX_LISTED])
    return tuple(name[:200] for name in names if isinstance(name, str) and name.isprintable())
