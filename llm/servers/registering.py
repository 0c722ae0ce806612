"""Servers and the versions that stand on them: `add_server`, `add_served`, `allow`, `disallow`.

A version on a server is known by the name that the server serves it under. That name must stand for
one set of weights for ever (`shop-2026-11-20`, not `latest`), or a draft could not be traced; its
digest is that of the address and the name, since nobody but the server sees its files.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from django.db import IntegrityError, transaction
from django.utils import timezone

from llm.models import ModelVersion, Server
from llm.prompts import SERVER_LAYOUT
from llm.servers.addresses import checked_url, host_of, is_own
from llm.servers.prompting import CHAT
from people.audit import note
from runtime.errors import InputError

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LEAST_SECONDS: Final = 1.0
MOST_SECONDS: Final = 600.0
MAX_SERVERS: Final = 50
MAX_SERVED_NAME: Final = 200

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")


class ServerNotAdded(InputError):
    """A server or a version on it that cannot be registered so."""


def server_named(name: str) -> Server:
    server = Server.objects.filter(name=name).first()
    if server is None:
        raise ServerNotAdded(f"There is no server {name[:100]}; see `models servers`.")
    return server


def add_server(
    name: str, url: str, *, key_env: str = "", seconds: float = 30.0, hosted: bool = False
) -> Server:
    """A server on this machine or in a private network is one's own; any other is hosted, and so
    is one that `hosted` says so of. Nothing is sent yet. Raises ServerNotAdded, BadAddress."""
    if not _NAME.fullmatch(name):
        raise ServerNotAdded("A server's name is letters, digits, and . _ - after the first.")
    if key_env and not _VARIABLE.fullmatch(key_env):
        raise ServerNotAdded(
            "--key-env names an environment variable that holds the key, never the key itself."
        )
    if not LEAST_SECONDS <= seconds <= MOST_SECONDS:
        raise ServerNotAdded("--seconds is from 1 to 600.")
    address = checked_url(url)
    outside = hosted or not is_own(host_of(address))
    if outside and not address.startswith("https:"):
        raise ServerNotAdded("A server outside this machine and its network is reached by https.")
    if Server.objects.count() >= MAX_SERVERS:
        raise ServerNotAdded(f"There are {MAX_SERVERS} servers already; remove one first.")
    try:
        with transaction.atomic():
            return Server.objects.create(
                name=name,
                base_url=address,
                hosted=outside,
                key_env=key_env,
                timeout_seconds=seconds,
            )
    except IntegrityError:
        raise ServerNotAdded(f"There is a server {name} already.") from None


def remove_server(server: Server) -> None:
    """Only one that no version stands on: drafts must stay traceable."""
    if server.versions.exists():
        raise ServerNotAdded(f"Model versions stand on {server.name}; it stays, for their drafts.")
    server.delete()


def allow(server: Server, *, by: "User | None" = None) -> Server:
    """Customers' words may go to this server from now on. `by` is empty for a command."""
    allowing = Server.objects.filter(pk=server.pk, allowed_at=None)
    with transaction.atomic():
        if allowing.update(allowed_at=timezone.now(), allowed_by=by):
            note(by, "server.allowed", f"server {server.name}")
    server.refresh_from_db()
    return server


def disallow(server: Server, *, by: "User | None" = None) -> Server:
    """Nothing more is sent, from the next request on."""
    allowed = Server.objects.filter(pk=server.pk).exclude(allowed_at=None)
    with transaction.atomic():
        if allowed.update(allowed_at=None, allowed_by=None):
            note(by, "server.forbidden", f"server {server.name}")
    server.refresh_from_db()
    return server


def add_served(
    server: Server,
    served_name: str,
    *,
    name: str = "",
    tuned: ModelVersion | None = None,
    generation: Mapping[str, Any] | None = None,
) -> ModelVersion:
    """The model that `server` serves under `served_name`, as a candidate named `name`.

    `tuned`: the version of ours whose adapter the server has loaded: its lineage, recipe and
    settings are kept, and it reads the prompt that it was tuned on. The same again gives the same
    row.
    """
    served_name = served_name.strip()
    if not served_name or len(served_name) > MAX_SERVED_NAME or not served_name.isprintable():
        raise ServerNotAdded("The served name is what `models check SERVER` lists.")
    if tuned is not None and tuned.server_id is not None:
        raise ServerNotAdded(f"Model version {tuned.name} stands on a server itself.")
    digest = _digest(server, served_name)
    known = ModelVersion.objects.filter(digest=digest, server=server).first()
    if known is not None:
        return known
    version_name = name or _version_name(server, served_name)
    if not _NAME.fullmatch(version_name):
        raise ServerNotAdded("Give the version a --name of letters, digits, and . _ -")
    if ModelVersion.objects.filter(name=version_name).exists():
        raise ServerNotAdded(f"The name {version_name} belongs to another version; see --name.")
    return ModelVersion.objects.create(
        name=version_name,
        server=server,
        served_name=served_name,
        folder="",
        digest=digest,
        **_lineage(tuned, version_name, generation or {}),
    )


def _lineage(
    tuned: ModelVersion | None, name: str, generation: Mapping[str, Any]
) -> dict[str, Any]:
    if tuned is None:
        manifest = {"name": name, "method": CHAT, "base": None, "generation": dict(generation)}
        return {
            "method": CHAT,
            "prompt_version": SERVER_LAYOUT,
            "manifest": {**manifest, "prompt_version": SERVER_LAYOUT},
        }
    return {
        "method": tuned.method,
        "base_revision": tuned.base_revision,
        "recipe": tuned.recipe,
        "dataset_digest": tuned.dataset_digest,
        "metrics": tuned.metrics,
        "prompt_version": tuned.prompt_version,
        "generation": tuned.generation,
        "manifest": {**tuned.manifest, "name": name, "tuned_as": tuned.name},
    }


def _version_name(server: Server, served_name: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", served_name).strip("-._")
    return f"{server.name}-{plain}"[:100]


def _digest(server: Server, served_name: str) -> str:
    return hashlib.sha256(f"{server.base_url}\n{served_name}".encode()).hexdigest()
