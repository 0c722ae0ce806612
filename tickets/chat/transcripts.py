"""The file that a talk leaves: `write_transcript`, as Markdown with the versions side by side, or
as JSON.

Questions are in it as the models read them, with placeholders. It appears when it is whole and is
readable for its owner only.
"""

import html
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final

from runtime.errors import InputError
from tickets.chat.talking import Answer

SUFFIXES: Final = (".md", ".json")
_MARKUP = re.compile(r"([\\`*_{}\[\]|#!~])")


class BadTranscript(InputError):
    """The transcript cannot be written there."""


@dataclass(frozen=True)
class Exchange:
    """A question with each version's answer. `talk` counts conversations from 1."""

    talk: int
    question: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class Transcript:
    template: str
    system: str
    versions: Mapping[str, Mapping[str, Any]]
    """By name: digest and settings."""
    exchanges: Sequence[Exchange]

    def as_dict(self) -> dict[str, Any]:
        return {
            "template": self.template,
            "system": self.system,
            "versions": [{"name": name, **of} for name, of in self.versions.items()],
            "turns": [asdict(one) for one in self.exchanges],
        }


def check_place(path: Path) -> None:
    """Before anything is asked. Raises BadTranscript."""
    if path.suffix.lower() not in SUFFIXES:
        raise BadTranscript(f"A transcript's name ends in {' or '.join(SUFFIXES)}.")
    if path.exists():
        raise BadTranscript(f"{path} exists already; give the transcript a new name.")
    if not path.parent.is_dir():
        raise BadTranscript(f"There is no folder {path.parent}.")


def write_transcript(path: Path, transcript: Transcript) -> None:
    """Raises BadTranscript."""
    if path.suffix.lower() == ".json":
        body = json.dumps(transcript.as_dict(), ensure_ascii=False, indent=2) + "\n"
    else:
        body = _markdown(transcript)
    try:
        with NamedTemporaryFile(
            "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            file.write(body)
        os.replace(file.name, path)
    except OSError as error:
        raise BadTranscript(f"{path} cannot be written: {error.strerror}.") from error


def _markdown(transcript: Transcript) -> str:
    names = list(transcript.versions)
    lines = [f"# {' · '.join(map(_cell, names))}", "", f"Template: {transcript.template}.", ""]
    for name, of in transcript.versions.items():
        shown = ", ".join(f"{key} {value}" for key, value in of["settings"].items())
        lines.append(f"- {_cell(name)}: {shown}")
    if transcript.system:
        lines += ["", f"System: {_cell(transcript.system)}"]
    talk = 0
    for one in transcript.exchanges:
        if one.talk != talk:
            talk = one.talk
            lines += ["", f"## {talk}", "", f"| | {' | '.join(map(_cell, names))} |"]
            lines.append("|" + " --- |" * (len(names) + 1))
        cells = [one.question, *(answer.text for answer in one.answers)]
        lines.append("| " + " | ".join(map(_cell, cells)) + " |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    """What customers and models write is text here, never markup."""
    escaped = _MARKUP.sub(r"\\\1", html.escape(text, quote=False))
    return escaped.replace("\r", "").replace("\n", "<br>")
