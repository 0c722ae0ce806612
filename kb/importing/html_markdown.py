"""An element tree as Markdown: `to_markdown(element, base=…)`.

Headings, paragraphs, nested lists, tables, code, quotes, links and emphasis are kept, images by
their alternative text and address; what would read as Markdown by accident is escaped, so that
`kb.plaintext` gives back the very words of the page. Works in lxml's and html.parser's trees of any
shape, block elements in inline ones among them.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urljoin

from bs4 import NavigableString, Tag
from bs4.element import PageElement

from kb.importing.escaping import escape, escape_start
from kb.importing.html_emphasis import BREAK, CLOSE, OPEN, emphasise
from kb.importing.html_tables import spread
from kb.importing.html_tree import holders

MAX_DEPTH = 150
MAX_REPEATED = 200
"""Characters of a cell over several rows that are said again in each."""

_BLOCK_TAGS = """
address article aside blockquote body center dd details div dl dt fieldset figcaption figure
footer form h1 h2 h3 h4 h5 h6 header hr html li main nav ol p pre section summary table tbody td
tfoot th thead tr ul menu
"""
_BLOCKS = frozenset(_BLOCK_TAGS.split())
_STRONG, _EM = ("b", "strong"), ("em", "i", "cite", "dfn", "var")
_CODE = ("code", "kbd", "samp", "tt")
_PRIVATE = re.compile("[\ue000-\uf8ff]")  # letters of icon fonts; ours are in there


@dataclass(frozen=True)
class _Page:
    """What the whole tree decides: the address that links start from, and which elements hold a
    block (asked of every element, so found out once)."""

    base: str
    holders: set[int]


def to_markdown(element: Tag, *, base: str = "") -> str:
    page = _Page(base, holders(element, _BLOCKS))
    return "\n\n".join(_blocks(element, page)).strip()


def _blocks(element: Tag, page: _Page) -> list[str]:
    """The element's children as blocks; runs of inline children become paragraphs."""
    found: list[str] = []
    inline: list[PageElement] = []
    for child in element.children:
        if isinstance(child, Tag) and (child.name in _BLOCKS or id(child) in page.holders):
            found += _paragraph(inline, page)
            inline = []
            found += _block(child, page)
        else:
            inline.append(child)
    return found + _paragraph(inline, page)


def _block(element: Tag, page: _Page) -> list[str]:
    name = element.name
    if re.fullmatch("h[1-6]", name):
        return _heading(element, int(name[1]), page)
    if name == "summary":
        return _heading(element, _level_below(element), page)
    if name in ("ul", "ol", "menu"):
        return _list(element, page)
    if name == "pre":
        return _code_block(element)
    if name == "table":
        return _table(element, page)
    if name == "blockquote":
        lines = "\n\n".join(_blocks(element, page)).splitlines()
        return ["\n".join(f"> {line}".rstrip() for line in lines)] if lines else []
    if name == "dt":
        return [f"**{text}**" if "*" not in text else text for text in _blocks(element, page)]
    return [] if name == "hr" else _blocks(element, page)


def _heading(element: Tag, level: int, page: _Page) -> list[str]:
    text = " ".join(_inline(element.children, page).replace(BREAK, " ").split())
    text = emphasise(text)
    return [f"{'#' * level} {text.rstrip('#').rstrip()}"] if text else []


def _level_below(element: Tag) -> int:
    """A `summary` is the heading of what it unfolds: one level below the heading before it."""
    before = element.find_previous(re.compile("^h[1-6]$"))
    return min(6, int(before.name[1]) + 1) if isinstance(before, Tag) else 2


def _paragraph(nodes: list[PageElement], page: _Page) -> list[str]:
    text = _inline(nodes, page)
    lines = [emphasise(" ".join(line.split())) for line in text.split(BREAK)]
    lines = [escape_start(line) for line in lines if line]
    return ["\\\n".join(lines)] if lines else []


def _inline(nodes: Iterable[PageElement], page: _Page) -> str:
    return "".join(_inline_one(node, page) for node in nodes)


def _inline_one(node: PageElement, page: _Page) -> str:
    if isinstance(node, NavigableString):
        return escape(_PRIVATE.sub("", str(node)))
    if not isinstance(node, Tag):
        return ""
    if node.name == "br":
        return BREAK
    if node.name in _CODE:
        return _code(node.get_text())
    if node.name == "img":
        return _image(node, page)
    inner = _inline(node.children, page)
    if node.name == "a":
        return _link(inner, str(node.get("href") or ""), page)
    style = "strong" if node.name in _STRONG else "em" if node.name in _EM else ""
    if not style or not inner.strip() or BREAK in inner:
        return inner
    start = len(inner) - len(inner.lstrip())
    end = len(inner.rstrip())
    return f"{inner[:start]}{OPEN[style]}{inner[start:end]}{CLOSE[style]}{inner[end:]}"


def _code(text: str) -> str:
    spaced = f".{_PRIVATE.sub('', text)}.".split()
    text = " ".join(spaced)[1:-1]
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    text = text.strip()
    if not text:
        return before
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{before}{fence}{pad}{text}{pad}{fence}{after}"


def _link(inner: str, target: str, page: _Page) -> str:
    """Text alone where the address leads nowhere from the desk (an anchor, a script)."""
    address = _address(target, page.base)
    if not inner.strip() or not address or BREAK in inner or "](" in inner:
        return inner
    start = len(inner) - len(inner.lstrip())
    end = len(inner.rstrip())
    return f"{inner[:start]}[{inner[start:end]}]({address}){inner[end:]}"


def _image(node: Tag, page: _Page) -> str:
    alt = escape(_PRIVATE.sub("", " ".join(str(node.get("alt") or "").split())))
    address = _address(str(node.get("src") or ""), page.base)
    return f"![{alt}]({address})" if alt and address else ""


def _address(target: str, base: str) -> str:
    """Absolute, and only for people and mail programs: no scripts, no anchors."""
    target = target.strip()
    if not target or target.startswith("#"):
        return ""
    try:
        address = urljoin(base, target)
    except ValueError:
        return ""
    if not re.match(r"(?:https?://|mailto:|tel:)", address, re.I):
        return ""
    return re.sub(r"[\s<>()\\]", lambda found: f"%{ord(found.group()) % 256:02X}", address)


def _list(element: Tag, page: _Page) -> list[str]:
    ordered = element.name == "ol"
    start = str(element.get("start") or "1")
    number = int(start) if start.isdecimal() and len(start) < 6 else 1
    items = []
    for child in element.children:
        if not isinstance(child, Tag):
            continue
        parts = _item(child, page)
        if not parts:
            continue
        mark = f"{number}. " if ordered else "- "
        number += 1
        items.append(_indented("\n\n".join(parts), mark))
    loose = any("\n\n" in item for item in items)
    return [("\n\n" if loose else "\n").join(items)] if items else []


def _item(child: Tag, page: _Page) -> list[str]:
    return _blocks(child, page) if child.name == "li" else _block(child, page)


def _indented(text: str, mark: str) -> str:
    first, *rest = text.split("\n")
    return "\n".join([mark + first, *(" " * len(mark) + line if line else "" for line in rest)])


def _code_block(element: Tag) -> list[str]:
    for line_break in element.find_all("br"):
        line_break.replace_with("\n")
    text = element.get_text().strip("\n").rstrip()
    if not text.strip():
        return []
    longest = max((len(run) for run in re.findall("`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return [f"{fence}\n{text}\n{fence}"]


def _table(element: Tag, page: _Page) -> list[str]:
    rows = [row for row in element.find_all("tr") if row.find_parent("table") is element]
    cells = [row.find_all(["td", "th"], recursive=False) for row in rows]
    grid = spread(cells)
    width = max((len(row) for row in grid), default=0)
    if width < 2 or element.find(["table", "h1", "h2", "h3", "pre"]):  # made for the layout
        return [block for row in cells for cell in row for block in _blocks(cell, page)]
    caption = element.find("caption")
    found = _paragraph(list(caption.children), page) if isinstance(caption, Tag) else []
    lines = [_table_row(line, width) for line in _grid_texts(cells, grid, page)]
    has_header = all(cell.name == "th" for cell in cells[0]) or rows[0].find_parent("thead")
    if not has_header:
        lines.insert(0, _table_row([], width))
    lines.insert(1, "|" + "---|" * width)
    return [*found, "\n".join(lines)]


def _grid_texts(
    cells: Sequence[Sequence[Tag]], grid: list[list[Tag | None]], page: _Page
) -> Iterator[list[str]]:
    texts = {id(cell): _cell(cell, page) for row in cells for cell in row}
    for own, row in zip(cells, grid, strict=True):
        starting = {id(cell) for cell in own}
        line = [(id(cell) in starting, texts.get(id(cell), "")) for cell in row]
        yield [text if is_own or len(text) <= MAX_REPEATED else "" for is_own, text in line]


def _cell(cell: Tag, page: _Page) -> str:
    """One line: what stands in blocks of its own in the cell is set apart by a semicolon."""
    parts = _blocks(cell, page)
    lines = [line.strip() for part in parts for line in part.replace("\\\n", "\n").split("\n")]
    text = "; ".join(re.sub(r"^(?:- |\d+\. )", "", line) for line in lines if line)
    return text.replace("|", "\\|")


def _table_row(cells: list[str], width: int) -> str:
    return "| " + " | ".join([*cells, *[""] * (width - len(cells))]) + " |"
