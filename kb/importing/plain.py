"""Plain text files: `read(text, name=…)`. Paragraphs stand between blank lines."""

import re
from pathlib import PurePosixPath

from kb.importing.document import Document, make_document
from kb.importing.escaping import escape, escape_start

MAX_TITLE_LINE = 120
MAX_HEADING = 70
_SENTENCE_ENDS = (".", "،", ",", "؛", ";", ":", "!", "…")
_UNDERLINE = re.compile(r"\s*(?:={3,}|-{3,}|\*{3,}|~{3,})\s*")
_ITEM = re.compile(r"(?:[-+*•]|\d{1,3}[.)]|[۰-۹]{1,3}[.)-])\s")


def read(text: str, *, name: str) -> Document:
    """The title is the first line if it looks like one (short, and no sentence), else the file's
    name. Marks that Markdown would read are escaped; "- " and "1. " stay, as lists."""
    lines = text.strip().split("\n")
    first = lines[0].strip()
    title = PurePosixPath(name).stem
    if len(first) <= MAX_TITLE_LINE and not first.endswith((".", "،", ",", "؛", ";", ":")):
        rest = lines[2:] if len(lines) > 1 and _UNDERLINE.fullmatch(lines[1]) else lines[1:]
        title, lines = first, rest or [first]
    body = "\n".join(_marked(lines))
    return make_document(external_id=name, title=title, text=body)


def _marked(lines: list[str]) -> list[str]:
    """Headings where they are clear: underlined, or one short line alone above a longer text."""
    found: list[str] = []
    for number, line in enumerate(lines):
        following = lines[number + 1 : number + 3]
        if _UNDERLINE.fullmatch(line):
            if found and found[-1].startswith("## "):
                continue
            found.append("")
        elif line.strip() and following and _UNDERLINE.fullmatch(following[0]):
            found += ["", f"## {escape(line.strip())}"]
        elif _stands_alone(lines, number) and _heads(line.strip(), following):
            found.append(f"## {escape(line.strip())}")
        else:
            found.append(_line(line))
    return found


def _stands_alone(lines: list[str], number: int) -> bool:
    before = lines[number - 1] if number else ""
    after = lines[number + 1] if number + 1 < len(lines) else "x"
    return bool(lines[number].strip()) and not before.strip() and not after.strip()


def _heads(line: str, following: list[str]) -> bool:
    text = following[1].strip() if len(following) > 1 else ""
    return (
        len(line) <= MAX_HEADING
        and not line.endswith(_SENTENCE_ENDS)
        and not _ITEM.match(line)
        and line[0].isalnum()
        and (len(text) > len(line) or bool(_ITEM.match(text)))
    )


def _line(line: str) -> str:
    line = line.strip()
    start = line.split(" ", 1)[0]
    is_item = start in ("-", "+") or start.rstrip(".)").isdecimal()
    return escape(line) if is_item else escape_start(escape(line))
