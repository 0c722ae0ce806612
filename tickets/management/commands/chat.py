"""`manage.py chat`: talk with a model version in the terminal, or with two side by side."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from django.core.management import CommandError

from llm.models import ModelVersion
from llm.registry import slots_now, version_named
from runtime.commands import JsonCommand, Outcome
from runtime.errors import InputError
from tickets.chat.session import Session
from tickets.chat.talking import ChatError
from tickets.chat.templates import TEMPLATES
from tickets.chat.terminal import HELP, Terminal
from tickets.chat.transcripts import check_place

MAX_QUESTIONS: Final = 1000
MAX_BYTES: Final = 16 * 2**20
MAX_SYSTEM: Final = 4000


class Command(JsonCommand):
    help = "Talk with a model version, its history kept; --other answers beside it. " + HELP

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--version", dest="name", metavar="NAME", help="Which; slot A's if missing."
        )
        parser.add_argument("--other", metavar="NAME", help="A second version, side by side.")
        parser.add_argument("--system", default="", metavar="TEXT", help="Stands before the talk.")
        parser.add_argument("--template", choices=sorted(TEMPLATES), default="support")
        parser.add_argument(
            "--transcript", type=Path, metavar="FILE", help="Keep the talk: .md or .json."
        )
        parser.add_argument(
            "--questions",
            type=Path,
            metavar="FILE",
            help="Ask a file's lines, each in a conversation of its own, instead of the terminal.",
        )

    def run(
        self,
        *,
        name: str | None,
        other: str | None,
        system: str,
        template: str,
        transcript: Path | None,
        questions: Path | None,
        **options: Any,
    ) -> Outcome:
        if len(system) > MAX_SYSTEM:
            raise ChatError(f"--system takes {MAX_SYSTEM} characters at most.")
        if transcript is not None:
            check_place(transcript)
        versions = [version_named(name) if name else _first()]
        versions += [version_named(other)] if other else []
        asked = _questions(questions) if questions is not None else None
        session = Session(versions, template=template, system=system)
        terminal = Terminal(session, write=self._say, transcript=transcript)
        try:
            if asked is None:
                terminal.talk(_typed())
            else:
                self._ask_all(session, terminal, asked)
        finally:  # stopped or refused in the middle: what was said is kept
            if transcript is not None and session.exchanges:
                session.save(transcript)
        return Outcome(session.transcript().as_dict())

    def _ask_all(self, session: Session, terminal: Terminal, asked: list[str]) -> None:
        for number, question in enumerate(asked, start=1):
            session.begin_anew()
            self.progress(f"Question {number} of {len(asked)}\n")
            try:
                terminal.ask(question)
            except InputError as error:
                raise ChatError(f"Question {number}: {error}") from error
            except KeyboardInterrupt:
                raise CommandError(
                    f"Stopped at question {number} of {len(asked)}.", returncode=130
                ) from None

    def handle(self, *args: Any, as_json: bool = False, **options: Any) -> None:
        self._silent = as_json  # there is the one document
        super().handle(*args, as_json=as_json, **options)

    def _say(self, text: str) -> None:
        if not self._silent:
            self.stdout.write(text, ending="")
            self.stdout.flush()


def _first() -> ModelVersion:
    choices = slots_now()
    if not choices:
        raise ChatError("No model serves in any slot; name one with --version.")
    return choices[0].version


def _typed() -> Iterator[str]:
    """Line by line; on a terminal with a mark to type at, and the lines typed before."""
    if not sys.stdin.isatty():
        try:
            yield from sys.stdin
        except UnicodeDecodeError as error:
            raise ChatError("What was typed is not UTF-8 text.") from error
        return
    import readline  # noqa: F401 (input() gets editing and history by it)

    while True:
        try:
            yield input("> ")
        except (EOFError, KeyboardInterrupt):
            return


def _questions(path: Path) -> list[str]:
    """A question a line. Raises ChatError."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ChatError(f"{path} is larger than {MAX_BYTES // 2**20} MiB.")
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise ChatError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ChatError(f"{path} is not UTF-8 text.") from error
    asked = [line.strip() for line in lines if line.strip()]
    if not 0 < len(asked) <= MAX_QUESTIONS:
        raise ChatError(f"{path} must have 1 to {MAX_QUESTIONS} questions, one a line.")
    return asked
