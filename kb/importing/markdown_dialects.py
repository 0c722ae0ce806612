"""What documentation generators add to Markdown, as plain Markdown: `without_dialects(text)`.

Admonitions (Docusaurus' and VitePress' `:::note`, MkDocs' `!!! note`, GitHub's `> [!NOTE]`) become
a bold word and their text; ids of headings, attribute lines and shortcodes go. Code is left alone.
"""

import re
from collections.abc import Iterator

_FENCE = re.compile(r"^ {0,3}(?:[-*+] +|\d+[.)] +)?(`{3,}|~{3,})")
_OPENS = re.compile(r"^(\s*):::+\s*(?:\{?\.?)([A-Za-z][\w-]*)\}?(?:\[(.*?)\]|[ \t]+(.*?))?\s*$")
_CLOSES = re.compile(r"^\s*:::+\s*$")
_MKDOCS = re.compile(r"^( *)(?:!!!|\?\?\?\+?) +([\w-]+)[^\"\n]*(?:\"(.*)\")?\s*$")
_GITHUB = re.compile(r"^(\s*> ?)\[!([A-Za-z]+)\]\s*$")
_HEADING_ID = re.compile(r"^(#{1,6} .*?)\s*\{[:#][^}\n]*\}\s*$")
_ATTRIBUTES = re.compile(r"^\s*\{:[^}\n]*\}\s*$")
_SHORTCODE = re.compile(r"\{\{[<%][^\n]*?[>%]\}\}")
_INDENT = 4


def without_dialects(text: str) -> str:
    if not any(mark in text for mark in (":::", "!!!", "???", "[!", "{:", "{#", "{{")):
        return text
    return "\n".join(_lines(text.split("\n")))


def _lines(lines: list[str]) -> Iterator[str]:
    fence = ""
    dedent = -1  # inside of an MkDocs admonition: where its own margin was
    for line in lines:
        if dedent >= 0:
            if line.strip() and not line.startswith(" " * (dedent + _INDENT)):
                dedent = -1
            else:
                line = line[_INDENT:] if line.strip() else line
        mark = _FENCE.match(line)
        if mark and not fence:
            fence = mark[1]
        elif mark and mark[1].startswith(fence) and line.strip() == mark[1]:
            fence = ""
        elif not fence and (opened := _MKDOCS.match(line)):
            dedent = len(opened[1])
            yield from _title(opened[1], opened[2], opened[3])
            continue
        yield from [line] if fence or mark else _plain(line)


def _plain(line: str) -> Iterator[str]:
    if opened := _OPENS.match(line):
        yield from _title(opened[1], opened[2], opened[3] or opened[4])
    elif _CLOSES.match(line):
        yield ""
    elif alert := _GITHUB.match(line):
        yield f"{alert[1]}**{alert[2].capitalize()}**"
        yield alert[1].rstrip()
    elif not _ATTRIBUTES.match(line):
        yield _SHORTCODE.sub("", _HEADING_ID.sub(r"\1", line))


def _title(margin: str, kind: str, title: str | None) -> Iterator[str]:
    words = (title or kind.replace("-", " ").capitalize()).strip()
    yield from ("", f"{margin}**{words}**" if "*" not in words else margin + words, "")
