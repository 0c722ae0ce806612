"""The lines that a person types, and how answers look: `Terminal`.

Text is printed as it is, in its own order: the terminal, not we, sets Persian from right to left.
What would steer the terminal or turn the order of a line is left out of it.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Final

from runtime.errors import InputError
from tickets.chat.session import Session
from tickets.chat.talking import Answer, ChatError
from tickets.chat.transcripts import check_place

HELP: Final = (
    "/new begins anew, /settings [temperature=0.5] shows or changes how is written,"
    " /save [FILE.md|FILE.json] keeps the transcript, /quit ends."
)
_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

Write = Callable[[str], None]
"""Puts a text out at once, without a line's end of its own."""


class Terminal:
    """`transcript`: where /save writes without a name, and where the talk is kept at its end."""

    def __init__(self, session: Session, *, write: Write, transcript: Path | None = None) -> None:
        self._session = session
        self._write = write
        self._transcript = transcript
        self._printed = ""

    def talk(self, lines: Iterator[str]) -> None:
        """Until /quit or the end of the lines. A line that cannot be used says so, and the talk
        goes on."""
        for line in lines:
            text = line.strip()
            if text == "/quit":
                return
            try:
                if text.startswith("/"):
                    self._do(text)
                elif text:
                    self.ask(text)
            except InputError as error:
                self._write(f"{error}\n")
            except KeyboardInterrupt:
                self._write("\n(stopped; the question is forgotten)\n")

    def ask(self, text: str) -> None:
        """Raises InputError."""
        self._session.ask(text, on_text=self._grown, on_answer=self._ended)

    def _do(self, text: str) -> None:
        name, _, rest = text.partition(" ")
        actions = {"/new": self._new, "/save": self._save, "/settings": self._settings}
        if name not in actions:
            raise ChatError(HELP)
        actions[name](rest.strip())

    def _new(self, _rest: str) -> None:
        self._session.begin_anew()
        self._write("A new conversation.\n")

    def _save(self, rest: str) -> None:
        path = Path(rest) if rest else self._transcript
        if path is None:
            raise ChatError("/save needs a file's name, like talk.md.")
        if path != self._transcript:
            check_place(path)
        self._session.save(path)
        self._write(f"Saved: {path}\n")

    def _settings(self, rest: str) -> None:
        if rest:
            self._session.change(rest)
        for talk in self._session.talks:
            shown = ", ".join(f"{name} {value}" for name, value in asdict(talk.settings()).items())
            self._write(f"{talk.name}: {shown}\n")

    def _grown(self, number: int, text: str) -> None:
        if not self._printed:
            self._write(f"[{self._session.talks[number].name}]\n")
        shown = plain(text)
        if shown.startswith(self._printed):
            self._write(shown[len(self._printed) :])
            self._printed = shown

    def _ended(self, number: int, answer: Answer) -> None:
        self._grown(number, answer.text)
        cut = "" if answer.finish == "stop" else f", ended by {answer.finish}"
        self._write(f"\n({answer.tokens} tokens, {answer.seconds} s{cut})\n\n")
        self._printed = ""


def plain(text: str) -> str:
    """Without what steers a terminal. ZWNJ and the letters of every script stay."""
    return _STEERING.sub("", text)
