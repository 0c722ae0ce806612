"""Markdown as the plain text that is searched, exported and shown to models: `blocks(markdown)`.

Every block keeps the lines at which it may be cut. Marks of emphasis, link addresses and images go;
words, list marks, table cells and code stay. The same parser settings as on the article page
(`PARSER`), so that people search what they see. No Django in here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token

PARSER = MarkdownIt("commonmark", {"html": False}).enable("table")
"""No raw HTML: importers turn it into Markdown, and what is left is text."""


@dataclass(frozen=True)
class Block:
    """`level` is 1 to 6 for a heading, else 0. `header` stands above every part of a cut table.
    `prose`: a paragraph, whose one line may be cut between sentences."""

    lines: tuple[str, ...]
    level: int = 0
    header: str = ""
    prose: bool = False

    @property
    def text(self) -> str:
        return "\n".join([self.header, *self.lines] if self.header else self.lines)


@dataclass
class _List:
    ordered: bool
    number: int
    lines: list[str] = field(default_factory=list)


def plain_text(markdown: str, *, title: str = "") -> str:
    """Title and blocks, a blank line between; ends with a newline."""
    parts = [title] if title else []
    parts += [block.text for block in blocks(markdown)]
    return "\n\n".join(parts) + "\n"


def blocks(markdown: str) -> list[Block]:
    """Headings, paragraphs, whole lists, tables and pieces of code, in reading order."""
    found: list[Block] = []
    lists: list[_List] = []
    tokens = iter(PARSER.parse(markdown))
    for token in tokens:
        if token.type in ("bullet_list_open", "ordered_list_open"):
            lists.append(_List(token.type[0] == "o", int(token.attrGet("start") or 1)))
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            _close_list(lists, found)
        elif token.type == "list_item_open" and lists:
            lists[-1].lines.append("")
        else:
            block = _block(token, tokens)
            if block is not None and lists:
                _add_to_item(lists, block)
            elif block is not None:
                found.append(block)
    return [block for block in found if block.text.strip()]


def _block(token: Token, tokens: Iterator[Token]) -> Block | None:
    if token.type == "heading_open":
        text = inline_text(next(tokens)).replace("\n", " ")
        return Block((text,), level=int(token.tag[1]))
    if token.type == "inline":
        return Block((inline_text(token),), prose=True)
    if token.type in ("fence", "code_block"):
        return Block(tuple(token.content.rstrip("\n").split("\n")))
    if token.type == "table_open":
        return _table(tokens)
    return None


def inline_text(token: Token) -> str:
    parts = []
    for child in token.children or []:
        if child.type in ("text", "code_inline"):
            parts.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            parts.append("\n")
    lines = (" ".join(line.split()) for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)


def _table(tokens: Iterator[Token]) -> Block:
    rows: list[list[str]] = []
    header = ""
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(inline_text(token).replace("\n", " "))
        elif token.type == "thead_close":
            header = _row(rows.pop())
        elif token.type == "table_close":
            break
    lines = tuple(line for line in map(_row, rows) if line)
    return Block(lines, header=header) if lines else Block((header,))


def _row(cells: list[str]) -> str:
    return " | ".join(cells) if any(cells) else ""


def _add_to_item(lists: list[_List], block: Block) -> None:
    """The item's first line takes the list's mark; what follows stands below it, indented."""
    current = lists[-1]
    lines = block.text.split("\n")
    if current.lines and current.lines[-1] == "":
        mark = f"{current.number}. " if current.ordered else "- "
        current.number += 1
        current.lines[-1] = mark + lines.pop(0)
    current.lines += ["  " + line for line in lines]


def _close_list(lists: list[_List], found: list[Block]) -> None:
    closed = lists.pop()
    lines = [line for line in closed.lines if line]
    if not lines:
        return
    if not lists:
        found.append(Block(tuple(lines)))
    elif lists[-1].lines and lists[-1].lines[-1] == "":
        _add_to_item(lists, Block(tuple(lines)))
    else:
        lists[-1].lines += ["  " + line for line in lines]
