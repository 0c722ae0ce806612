"""The contract of Pasokh's commands: `--json`, progress, exit status.

A command derives from `JsonCommand` and returns an `Outcome` from `run`. With `--json` exactly one
JSON document goes to standard output (or one object a line, where the command says so through
`json_lines`); everything else goes to standard error. Wrong input (`InputError`, unknown options)
gives one line and exit status 2; work done in part gives 1.
"""

import json
import math
import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, connection
from django.utils import translation

from runtime.errors import InputError
from text.lines import is_text

CLOSED_PIPE: Final = 141
"""128 and SIGPIPE, as a shell says it."""


@dataclass(frozen=True)
class Outcome:
    """`data`: what `--json` prints (a list with `json_lines`: an object a line). `lines`: what a
    person reads. `partly`: some of the work failed, and `data` says which."""

    data: Mapping[str, Any] | Iterable[Any]
    lines: Iterable[str] = field(default_factory=tuple)
    partly: bool = False


class OneLineParser(CommandParser):
    """argparse prints its usage before an error; a script's log wants the one line that matters."""

    def error(self, message: str) -> NoReturn:
        line = message[:1].upper() + message[1:]
        if self.called_from_command_line:  # where Django would show a traceback
            self.exit(2, f"{line}\n")
        raise CommandError(line, returncode=2)


class JsonCommand(BaseCommand):
    """Base of all commands that people script. `json_lines`: one JSON object a line."""

    json_lines = False
    needs_database = True

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = OneLineParser(
            prog=f"{prog_name.rsplit('/', 1)[-1]} {subcommand}",
            description=self.help or None,
            missing_args_message=getattr(self, "missing_args_message", None),
            called_from_command_line=getattr(self, "_called_from_command_line", None),
            **kwargs,
        )
        self.add_base_argument(parser, "--settings", help="The Python path to a settings module.")
        self.add_base_argument(parser, "--pythonpath", help="A directory to add to the path.")
        self.add_base_argument(
            parser, "--traceback", action="store_true", help="Show the traceback of an error."
        )
        self.add_base_argument(
            parser, "--verbosity", "-v", type=int, choices=[0, 1, 2, 3], default=1
        )
        self.add_base_argument(parser, "--no-color", action="store_true")
        self.add_base_argument(parser, "--force-color", action="store_true")
        self.add_base_argument(parser, "--skip-checks", action="store_true")
        parser.add_argument(
            "--json", action="store_true", dest="as_json", help="Print one JSON document."
        )
        self.add_arguments(parser)
        return parser

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options of the command itself."""

    def run(self, *args: Any, **options: Any) -> Outcome:
        raise NotImplementedError  # every command has its own

    def handle(self, *args: Any, as_json: bool = False, **options: Any) -> None:
        self.as_json = as_json
        self.quiet = as_json or not sys.stderr.isatty()
        _check_words(options)
        if self.needs_database:
            make_desk_ready()
        try:
            # Scripts read what commands print, whatever language the desk speaks.
            with translation.override("en"):
                outcome = self.run(**options)
            self._print(outcome, as_json=as_json)
        except InputError as error:
            raise CommandError(str(error), returncode=2) from error
        except KeyboardInterrupt:
            raise CommandError("Stopped; what was finished is kept.", returncode=130) from None
        except BrokenPipeError:
            _end_for_a_closed_pipe()
        if outcome.partly:
            sys.exit(1)

    def progress(self, text: str) -> None:
        """Overwrite the terminal's last line; silent where nobody watches."""
        if not self.quiet:
            self.stderr.write(f"\r\x1b[K{text}", ending="")

    def _print(self, outcome: Outcome, *, as_json: bool) -> None:
        if not self.quiet:
            self.stderr.write("\r\x1b[K", ending="")
        if not as_json:
            for line in outcome.lines:
                self.stdout.write(line.encode(errors="backslashreplace").decode())
        elif self.json_lines:
            for row in outcome.data:
                self.stdout.write(document(row))
        else:
            self.stdout.write(document(outcome.data))


def document(data: Any) -> str:
    """JSON that every reader takes: a figure that is no number or has no end is null, and halves of
    letters, as names of files may have them, are escaped."""
    try:
        text = json.dumps(data, ensure_ascii=False, default=str, allow_nan=False)
    except ValueError:
        return document(_finite(data))
    return text if is_text(text) else json.dumps(data, default=str)


def _finite(data: Any) -> Any:
    if isinstance(data, Mapping):
        return {key: _finite(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_finite(value) for value in data]
    return None if isinstance(data, float) and not math.isfinite(data) else data


def _check_words(options: Mapping[str, Any]) -> None:
    """A terminal that is not set to UTF-8 gives bytes that no column and no answer can hold."""
    for name, value in options.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str) and not is_text(one):
                line = f"What was given for {name.strip('_')} is not UTF-8 text."
                raise CommandError(line, returncode=2)


def _end_for_a_closed_pipe() -> NoReturn:
    """Who reads has enough (`scrub FILE | head`): the shell's own status for that, and no word."""
    with suppress(OSError):  # where standard output is no file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(CLOSED_PIPE)


def make_desk_ready() -> None:
    """Give an empty home its tables and default models, so that any command works at once.

    Only the embedded database is set up unasked: a server of one's own is migrated by its owner.
    """
    try:
        connection.ensure_connection()
    except OperationalError as error:
        line = str(error).strip().partition("\n")[0]
        raise CommandError(f"The database cannot be reached: {line}", returncode=2) from error
    if not settings.EMBEDDED_DATABASE:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('django_migrations')")
        row = cursor.fetchone()
    if row is None or row[0] is None:
        call_command("setup_desk", verbosity=0, stdout=sys.stderr)
