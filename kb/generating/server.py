"""Which server writes questions, and whether articles may be sent to it: `configured()`.

A server of one's own stands on this machine or in a private network. To any other nothing is sent
before an admin has named its host, and internal articles only where that was allowed as well.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings

from llm.servers.addresses import is_own
from runtime.errors import InputError

if TYPE_CHECKING:
    from openai import OpenAI

CONNECT_SECONDS = 10.0


class ServerNotSet(InputError):
    """The settings name no server, no model, or an address that is none."""


class ServerNotAllowed(InputError):
    """A server of somebody else, and nobody has allowed it by name."""


@dataclass(frozen=True)
class Server:
    """`internal`: internal articles may be sent too."""

    url: str
    model: str
    key: str
    internal: bool


def configured() -> Server:
    """Raises ServerNotSet or ServerNotAllowed; nothing has been sent then."""
    url, model = settings.QUESTIONS_URL.rstrip("/"), settings.QUESTIONS_MODEL
    if not url or not model:
        raise ServerNotSet(
            "Set PASOKH_QUESTIONS_URL and PASOKH_QUESTIONS_MODEL to an OpenAI-compatible server "
            "and its model, e.g. http://127.0.0.1:8080/v1 and qwen3-8b."
        )
    scheme, host = _address(url)
    own = is_own(host)
    if not own and host not in settings.QUESTIONS_HOSTS:
        raise ServerNotAllowed(
            f"{host} is no server of your own: articles would leave the house. "
            f"To allow it, set PASOKH_QUESTIONS_HOSTS={host}."
        )
    if not own and scheme != "https":
        raise ServerNotAllowed(f"{host} is no server of your own: reach it by https.")
    return Server(url, model, settings.QUESTIONS_KEY, own or settings.QUESTIONS_INTERNAL)


def connect(server: Server, *, timeout: float) -> "OpenAI":
    """A redirect is not followed: it could lead to a host that nobody allowed. Retries are ours,
    so that they can be stopped."""
    from openai import DefaultHttpxClient, OpenAI, Timeout

    limits = Timeout(timeout, connect=min(timeout, CONNECT_SECONDS))
    return OpenAI(
        base_url=server.url,
        api_key=server.key or "none",
        timeout=limits,
        max_retries=0,
        http_client=DefaultHttpxClient(follow_redirects=False, timeout=limits),
    )


def _address(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise ServerNotSet("PASOKH_QUESTIONS_URL must be an address like http://127.0.0.1:8080/v1.")
    return parts.scheme, host.lower()
