"""The actions of `manage.py models` that are about servers: `add_options`, `run_action`."""

from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any, Final

from django.contrib.auth import get_user_model

from llm.models import ModelVersion, Server
from llm.registry import version_named
from llm.servers.breaker import asked_again_at, trouble_of
from llm.servers.errors import ServerError
from llm.servers.health import check, try_version
from llm.servers.registering import (
    ServerNotAdded,
    add_served,
    add_server,
    allow,
    disallow,
    remove_server,
    server_named,
)
from people.roles import is_admin
from runtime.commands import Outcome

SERVER_ACTIONS: Final = (
    "servers",
    "add-server",
    "remove-server",
    "allow",
    "disallow",
    "add-served",
    "check",
)
HELP: Final = (
    " | servers | add-server NAME URL [--key-env VARIABLE] [--seconds 30] [--hosted]"
    " | remove-server NAME | allow SERVER [--by USER] | disallow SERVER"
    " | add-served SERVER SERVED_NAME [--name NAME] [--of VERSION] | check SERVER_OR_VERSION"
)
_OPTIONS: Final = {
    "key_env": ("add-server",),
    "seconds": ("add-server",),
    "hosted": ("add-server",),
    "by": ("allow",),
    "of": ("add-served",),
}


def add_options(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--key-env",
        default="",
        metavar="VARIABLE",
        help="add-server: the environment variable that holds the key.",
    )
    parser.add_argument(
        "--seconds", type=float, help="add-server: the time for a whole answer, 30 by default."
    )
    parser.add_argument(
        "--hosted",
        action="store_true",
        help="add-server: somebody else's, though it stands in a private network.",
    )
    parser.add_argument("--by", default="", metavar="USER", help="allow: the admin who allows it.")
    parser.add_argument(
        "--of",
        default="",
        metavar="VERSION",
        help="add-served: the version whose adapter the server has loaded.",
    )


def refuse_strange_options(action: str, options: dict[str, Any]) -> None:
    for name, actions in _OPTIONS.items():
        if options.get(name) and action not in actions:
            raise ServerNotAdded(f"--{name.replace('_', '-')} belongs to `models {actions[0]}`.")


def run_action(action: str, arguments: list[str], *, name: str, **options: Any) -> Outcome:
    if name and action != "add-served":
        raise ServerNotAdded("--name belongs to `models add` and `models add-served`.")
    if action == "servers":
        _exactly(arguments)
        return _list()
    if action == "add-server":
        server_name, url = _exactly(arguments, "NAME", "URL")
        return _add_server(server_name, url, options)
    if action == "add-served":
        server_name, served = _exactly(arguments, "SERVER", "SERVED_NAME")
        tuned = version_named(options["of"]) if options.get("of") else None
        return _version(add_served(server_named(server_name), served, name=name, tuned=tuned))
    if action == "check":
        return _check(*_exactly(arguments, "SERVER_OR_VERSION"))
    server = server_named(*_exactly(arguments, "SERVER"))
    if action == "remove-server":
        remove_server(server)
        return Outcome({"removed": server.name}, [f"Server {server.name} is removed."])
    if action == "allow":
        return _row(allow(server, by=_admin(options.get("by", ""))))
    return _row(disallow(server))


def _exactly(arguments: list[str], *names: str) -> list[str]:
    if len(arguments) != len(names):
        wanted = " ".join(names) or "no arguments"
        raise ServerNotAdded(f"This needs {wanted}; see `models --help`.")
    return arguments


def _admin(username: str) -> Any:
    if not username:
        return None
    user = get_user_model().objects.filter(username=username, is_active=True).first()
    if user is None or not is_admin(user):
        raise ServerNotAdded("--by names an admin of this desk.")
    return user


def _add_server(name: str, url: str, options: dict[str, Any]) -> Outcome:
    seconds = options.get("seconds")
    server = add_server(
        name,
        url,
        key_env=options.get("key_env", ""),
        seconds=30.0 if seconds is None else seconds,
        hosted=bool(options.get("hosted")),
    )
    return _row(server)


def _list() -> Outcome:
    rows = list(Server.objects.prefetch_related("versions"))
    return Outcome({"servers": [_data(row) for row in rows]}, [_line(row) for row in rows])


def _row(server: Server) -> Outcome:
    return Outcome(_data(server), [_line(server)])


def _data(server: Server) -> dict[str, Any]:
    return {
        "name": server.name,
        "url": server.base_url,
        "hosted": server.hosted,
        "allowed": not server.hosted or server.allowed_at is not None,
        "allowed_at": server.allowed_at,
        "key_env": server.key_env,
        "seconds": server.timeout_seconds,
        "state": server.state,
        "failures": server.failures,
        "asked_again_at": asked_again_at(server),
        "trouble": trouble_of(server),
        "last_ok_at": server.last_ok_at,
        "versions": [version.name for version in server.versions.all()],
    }


def _line(server: Server) -> str:
    whose = "hosted" if server.hosted else "own"
    trouble = trouble_of(server)
    return f"{server.name}: {whose}, {server.base_url}, {server.state}" + (
        f". {trouble}" if trouble else ""
    )


def _version(version: ModelVersion) -> Outcome:
    data = {"name": version.name, "state": version.state, "served_name": version.served_name}
    return Outcome(data, [f"{version.name} is registered ({version.state})."])


def _check(name: str) -> Outcome:
    """A few tokens of a version, or a server's list and a few tokens of each of its versions."""
    server = Server.objects.filter(name=name).first()
    if server is None:
        version = version_named(name)
        if version.server is None:
            raise ServerNotAdded(f"{version.name} stands on no server: see `models show`.")
        tried = [_try(version)]
        return Outcome({"versions": tried}, map(_tried_line, tried), partly=_failed(tried))
    health = check(server)
    versions = [] if health.error else list(server.versions.order_by("name"))
    tried = [_try(version) for version in versions]
    lines = [f"{server.name}: {health.error or f'answers in {health.seconds:.2f} s'}"]
    lines += [f"  serves {model}" for model in health.models]
    return Outcome(
        {"server": asdict(health), "versions": tried},
        [*lines, *map(_tried_line, tried)],
        partly=bool(health.error) or _failed(tried),
    )


def _try(version: ModelVersion) -> dict[str, Any]:
    row: dict[str, Any] = {"version": version.name, "tokens": 0, "seconds": 0.0, "error": ""}
    try:
        result = try_version(version)
    except ServerError as error:
        return row | {"error": str(error)}
    return row | {"tokens": result.tokens, "seconds": result.seconds, "text": result.text}


def _failed(tried: list[dict[str, Any]]) -> bool:
    return any(row["error"] for row in tried)


def _tried_line(row: dict[str, Any]) -> str:
    said = row["error"] or f"{row['tokens']} tokens in {row['seconds']:.2f} s: {row['text']!r}"
    return f"{row['version']}: {said}"
