"""Lines of PDF pages as Markdown: `to_markdown(pages)`.

What repeats at the edges of pages (running heads, page numbers) goes; larger lines and bookmarks
are headings; lines are joined to paragraphs where the distance between them says so, words that
were hyphenated at a line's end become one. All of it is a guess from sizes and places: a PDF knows
no paragraphs.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from kb.importing.escaping import escape, escape_start
from kb.importing.pdf_lines import Line

Pages = Sequence[Sequence[Line]]
_EDGE = 2
"""Lines at either end of a page that may be running heads."""
_LARGER = 1.12
_MAX_HEADING = 150
_MAX_LEVELS = 3
_NUMBER = re.compile(r"[0-9۰-۹٠-٩]+")
_PAGE_NUMBER = re.compile(
    r"\W*(?:page|p\.|صفحه(?:ٔ|ی)?|صفحة|עמוד|стор(?:інка)?)?\W*[0-9۰-۹٠-٩]{1,4}"
    r"(?:\s*(?:of|از|/|-|من|מתוך|з)\s*[0-9۰-۹٠-٩]{1,4})?\W*",
    re.I,
)
_CONTENTS = re.compile(r"(?:\.\s?){4,}\s*[0-9۰-۹٠-٩]*\s*$|^[0-9۰-۹٠-٩]*\s*(?:\.\s?){6,}")
_BULLET = re.compile(r"^[•◦▪▫■□●○‣⁃·∙➢➤✓✔\uf0b7\uf0a7o–—-]\s+(?=\S)")
_NUMBERED = re.compile(r"^\(?([0-9۰-۹٠-٩]{1,3})[.)]\s+(?=\S)")
_ENDS = re.compile(r"[.!?؟:؛…»\")\]]$")


def to_markdown(pages: Pages, *, bookmarks: Mapping[str, int] | None = None) -> tuple[str, str]:
    """The largest line that opens the document (its title, "" if none is larger), and the text."""
    body = _body_size([line for page in pages for line in page])
    kept = _without_edges(pages, body)
    if not any(kept):
        kept = [list(page) for page in pages]
    lines = [line for page in kept for line in page]
    body = _body_size(lines)
    levels = _levels(lines, body, bookmarks or {})
    blocks = list(_blocks(kept, body, levels))
    title = ""
    if blocks and blocks[0].startswith("# ") and sum(b.startswith("# ") for b in blocks) == 1:
        title = blocks.pop(0).removeprefix("# ")
    elif blocks and blocks[0].startswith("#"):
        title = blocks[0].lstrip("#").strip()
    return title.replace("\\", ""), "\n\n".join(_joined_lists(blocks))


def _without_edges(pages: Pages, body: float) -> list[list[Line]]:
    """Page numbers, and lines that stand at the same edge of half of the pages: word for word, or
    with other numbers if they also stand apart from the text."""
    often = max(3, len(pages) * 0.4)
    edges = [_edges(page) for page in pages]
    same = Counter(mark for lines in edges for mark in {_mark(line) for line in lines})
    numbered = Counter(mark for lines in edges for mark in {_numbered(line) for line in lines})
    kept = []
    for page, ends in zip(pages, edges, strict=True):
        gone = {id(line) for line in ends if same[_mark(line)] >= often}
        gone |= {
            id(line)
            for line in ends
            if numbered[_numbered(line)] >= often and _stands_apart(line, page, body)
        }
        gone |= {id(line) for line in (*ends[:1], *ends[-1:]) if _is_page_number(line, page)}
        kept.append([line for line in page if id(line) not in gone])
    return kept


def _edges(page: Sequence[Line]) -> list[Line]:
    """The highest and the lowest lines, in whatever order they were painted."""
    ordered = sorted(page, key=lambda line: line.y)
    return ordered[:_EDGE] + ordered[_EDGE:][-_EDGE:]


def _mark(line: Line) -> tuple[str, int]:
    """What is said and how high it stands: a running head is always at the same place."""
    return line.text, round(line.y)


def _numbered(line: Line) -> tuple[str, int]:
    return _NUMBER.sub("#", line.text), round(line.y)


def _stands_apart(line: Line, page: Sequence[Line], body: float) -> bool:
    if line.size > body * 1.05:
        return False
    others = [abs(line.y - other.y) for other in page if other is not line]
    return line.size < 0.95 * body or min(others, default=0.0) > 1.5 * _leading(page)


def _is_page_number(line: Line, page: Sequence[Line]) -> bool:
    return len(page) > 1 and bool(_PAGE_NUMBER.fullmatch(line.text))


def _body_size(lines: Sequence[Line]) -> float:
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[round(line.size * 2) / 2] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _levels(lines: Sequence[Line], body: float, bookmarks: Mapping[str, int]) -> dict[int, int]:
    """`id` of each line that is a heading → its level."""
    larger = Counter(
        round(line.size * 2) / 2 for line in lines if _may_head(line) and line.size > body * _LARGER
    )
    ranks = {size: rank for rank, size in enumerate(sorted(larger, reverse=True), start=1)}
    found = {
        id(line): min(ranks[round(line.size * 2) / 2], _MAX_LEVELS)
        for line in lines
        if round(line.size * 2) / 2 in ranks and _may_head(line) and line.size > body * _LARGER
    }
    for line in lines:
        depth = bookmarks.get(line.text)
        if depth is not None and id(line) not in found:
            found[id(line)] = min(1 + depth, 6)
    return found


def _may_head(line: Line) -> bool:
    text = line.text
    return len(text) <= _MAX_HEADING and any(map(str.isalpha, text)) and not _BULLET.match(text)


def _blocks(pages: Pages, body: float, levels: Mapping[int, int]) -> Iterator[str]:
    waiting: list[Line] = []
    for page in pages:
        leading, width = _leading(page), max((len(line.text) for line in page), default=0)
        before: Line | None = None
        for line in page:
            if _CONTENTS.search(line.text):
                continue
            if waiting and _starts_block(line, before, waiting, levels, leading, width):
                yield _block(waiting, levels)
                waiting = []
            waiting.append(line)
            before = line
    if waiting:
        yield _block(waiting, levels)


def _starts_block(
    line: Line,
    before: Line | None,
    waiting: Sequence[Line],
    levels: Mapping[int, int],
    leading: float,
    width: int,
) -> bool:
    last = waiting[-1]
    level = levels.get(id(line))
    if level != levels.get(id(last)):
        return True
    if level is not None:
        return before is None or abs(last.y - line.y) > 2.2 * line.size
    if _BULLET.match(line.text) or _NUMBERED.match(line.text):
        return True
    if before is None:  # a paragraph may go on over the page's end
        return bool(_ENDS.search(last.text)) or line.text[:1].isupper()
    if leading and abs(before.y - line.y) > leading * 1.4:
        return True
    is_item = _BULLET.match(waiting[0].text) or _NUMBERED.match(waiting[0].text)
    if is_item and line.x <= waiting[0].x + 1 and len(last.text) < 0.8 * width:
        return True
    full = 0.75 if _ENDS.search(last.text) else 0.5
    return len(last.text) < full * width  # the paragraph ended before the line did


def _leading(page: Sequence[Line]) -> float:
    """The commonest distance between lines."""
    gaps = Counter(round(abs(one.y - other.y), 0) for one, other in pairwise(page))
    gaps.pop(0.0, None)
    return gaps.most_common(1)[0][0] if gaps else 0.0


def _block(lines: Sequence[Line], levels: Mapping[int, int]) -> str:
    text = lines[0].text
    for line in lines[1:]:
        text = _joined(text, line.text)
    level = levels.get(id(lines[0]))
    if level is not None:
        return f"{'#' * level} {escape(text)}"
    bullet = _BULLET.match(text)
    if bullet:
        return f"- {escape(text[bullet.end() :])}"
    number = _NUMBERED.match(text)
    if number:
        return f"{int(number[1])}. {escape(text[number.end() :])}"
    return escape_start(escape(text))


def _joined(text: str, following: str) -> str:
    if re.search(r"[^\W\d_]-$", text) and following[:1].islower():
        return text[:-1] + following
    return f"{text} {following}"


def _joined_lists(blocks: Sequence[str]) -> Iterator[str]:
    """Items of a list stand together."""
    items: list[str] = []
    for block in blocks:
        if re.match(r"- |\d+\. ", block):
            items.append(block)
            continue
        if items:
            yield "\n".join(items)
            items = []
        yield block
    if items:
        yield "\n".join(items)
