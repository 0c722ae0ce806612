"""`manage.py start`: the whole desk in one terminal; Ctrl-C stops everything."""

import os
import socket
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.db import connection

from config.supervisor import Child, Supervisor, lock_home
from people.adding import first_sign_ins
from runtime.commands import JsonCommand, Outcome
from runtime.errors import InputError


class CannotServe(InputError):
    """The address is another program's, or not one of this machine."""


class Command(JsonCommand):
    help = "Run the desk: web server, workers and schedule, watched by one supervisor."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=settings.BIND_PORT)
        parser.add_argument("--host", default=settings.BIND_HOST)

    def run(self, *, host: str, port: int, **options: Any) -> Outcome:
        lock_home(settings.PASOKH_HOME).close()  # say so before the database is touched
        check_place(host, port)
        connection.ensure_connection()  # holds the embedded server for as long as this runs
        connection.close()
        os.environ.setdefault("OMP_NUM_THREADS", str(os.cpu_count() or 1))
        out = self.stderr if self.as_json else self.stdout  # there is the one document
        for line in (f"Pasokh is at http://{host}:{port}/", *first_sign_ins(), "Ctrl-C stops it."):
            out.write(line)
        out.flush()
        Supervisor(
            home=settings.PASOKH_HOME, children=children(host, port), report=self.stderr.write
        ).run()
        return Outcome({"stopped": True}, ["Stopped."])


def check_place(host: str, port: int) -> None:
    """Raises CannotServe. A web server without its port would be started again for ever."""
    if not 0 < port < 65_536:  # getaddrinfo takes the rest of a division
        raise CannotServe("--port: a number from 1 to 65535.")
    try:
        (family, kind, _proto, _name, address), *_more = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except (OSError, OverflowError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or "no such address"
        raise CannotServe(
            f"{host}:{port} cannot be served ({why}); another port: --port, or PASOKH_PORT."
        ) from error


def children(host: str, port: int) -> list[Child]:
    # Libraries' warnings are for developers; the terminal that runs a desk shows what is wrong.
    python = [sys.executable, "-W", "ignore"]
    celery = [*python, "-m", "celery", "-A", "config", "--quiet"]
    worker = [*celery, "worker", "--pool", "solo", "--without-gossip", "--without-mingle"]
    worker += ["--loglevel", "WARNING"]
    beat = [*celery, "beat", "--loglevel", "WARNING"]
    web = [*python, "-m", "uvicorn", "config.asgi:application", "--host", host]
    web += ["--port", str(port), "--log-level", "warning", "--timeout-graceful-shutdown", "3"]
    return [
        Child("web", web),
        Child("suggest worker", [*worker, "-Q", "suggest", "-n", "suggest@desk"]),
        Child("index worker", [*worker, "-Q", "index,train", "-n", "index@desk"]),
        Child("doors worker", [*worker, "-Q", "doors", "-n", "doors@desk"]),
        Child("schedule", [*beat, "--pidfile", ""]),
    ]
