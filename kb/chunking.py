"""Articles into passages: `chunk(markdown, title=…, cut=…)`. No Django in here.

A passage is a section: what stands between two headings, with the headings above it in its first
lines. So an edit moves only the passages of its own section, and a question of an FAQ keeps its
answer. A section over the budget is cut between its blocks, then between lines of lists, tables
(the header repeated) and code, then between sentences, and only a sentence over the budget between
words. Where exactly is chosen by the text itself (`_packed`), so that an insertion moves the next
few cuts of its section and not all that follow. How much fits is the `Cut`'s: letters for the
offline embedder, a model's tokens for a neural one. Stored passages carry `VERSION`: raise it with
every change of the cutting.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from kb.plaintext import Block, blocks
from text.sentences import sentences

VERSION = 2
BUDGET = 2000
"""Characters: long answers of an FAQ stay whole, most passages are below BERT's 512 tokens."""
MAX_HEADING = 200

Measure = Callable[[str], int]


@dataclass(frozen=True)
class Cut:
    """How articles are cut: none above `budget` as `measure` counts. Passages of cuts with the same
    name are the same. `counts_title`: the article's title is embedded with its passages and is paid
    from the budget."""

    name: str
    budget: int
    measure: Measure
    counts_title: bool = False


PLAIN = Cut("", BUDGET, len)
"""By letters: what stands without an embedder and with the offline one, which has no budget."""


@dataclass(frozen=True)
class ChunkText:
    """`text` is the headings above the passage, a line each, and `body`. `heading_path` is without
    the article's title."""

    position: int
    heading_path: tuple[str, ...]
    text: str
    body: str


def chunk(markdown: str, *, title: str, cut: Cut = PLAIN) -> list[ChunkText]:
    """Passages in reading order. The lines above a passage leave it a quarter of the budget at
    least. An article without any text gives one passage of its title."""
    found: list[ChunkText] = []
    measure = cache(cut.measure)
    for path, section in _sections(markdown, title):
        headings = "\n".join(path)
        above = "\n".join([title, *path] if cut.counts_title else path)
        room = max(cut.budget - measure(above + "\n"), cut.budget // 4)
        for body in _pack(section, room, measure):
            text = f"{headings}\n{body}" if headings else body
            found.append(ChunkText(len(found), path, text, body))
    return found or [ChunkText(0, (), title, "")]


def _sections(markdown: str, title: str) -> Iterator[tuple[tuple[str, ...], list[Block]]]:
    """Heading path and blocks. A heading with nothing below it gives no passage: words that stand
    over others ("Android", over the questions about it) answer nothing by themselves."""
    path: list[tuple[int, str]] = []
    section: list[Block] = []
    for block in blocks(markdown):
        if not block.level:
            section.append(block)
            continue
        if section:
            yield _texts(path, title), section
        section = []
        while path and path[-1][0] >= block.level:
            path.pop()
        path.append((block.level, block.text[:MAX_HEADING]))
    if section:
        yield _texts(path, title), section


def _texts(path: list[tuple[int, str]], title: str) -> tuple[str, ...]:
    """Without the title, where an article says it again above everything."""
    texts = tuple(text for _, text in path)
    return texts[1:] if texts and texts[0] == title else texts


def _pack(section: list[Block], room: int, measure: Measure) -> list[str]:
    pieces = [piece for block in section for piece in _fitting(block, room, measure)]
    return _packed(pieces, "\n\n", room, measure)


def _packed(pieces: list[str], glue: str, room: int, measure: Measure) -> list[str]:
    """Neighbours together as long as they fit. Of the places where a passage between half full and
    full could end, the one is taken before the piece with the smallest digest: the same place also
    when the passage began elsewhere, so cuts fall together again soon behind an edit."""
    packed: list[str] = []
    start = 0
    while start < len(pieces):
        ends = _ends(pieces, start, glue, room, measure)
        if ends[-1] == len(pieces):
            end = ends[-1]
        else:
            end = min(ends, key=lambda place: (_digest(pieces[place]), -place))
        packed.append(glue.join(pieces[start:end]))
        start = end
    return packed


def _ends(pieces: list[str], start: int, glue: str, room: int, measure: Measure) -> list[int]:
    """Where a passage from `start` on may end, in order; the last one leaves it fullest."""
    sizes: dict[int, int] = {}
    size = 0
    for end in range(start + 1, len(pieces) + 1):
        size += measure(pieces[end - 1]) + (measure(glue) if end - 1 > start else 0)
        if size > room and end > start + 1:
            break
        sizes[end] = size
    last = max(sizes)
    while last > start + 1 and measure(glue.join(pieces[start:last])) > room:
        last -= 1  # a tokenizer may count more in the whole than in its parts
    return [end for end, size in sizes.items() if end == last or (end < last and size * 2 >= room)]


def _digest(piece: str) -> bytes:
    return hashlib.blake2b(piece.encode(), digest_size=8).digest()


def _fitting(block: Block, room: int, measure: Measure) -> list[str]:
    if measure(block.text) <= room:
        return [block.text]
    header = block.header if measure(block.header) < room // 2 else ""
    left = room - measure(header + "\n") if header else room
    lines = [part for line in block.lines for part in _cut_line(line, left, measure)]
    glue = " " if block.prose else "\n"
    parts = _packed(lines, glue, left, measure)
    return [f"{header}\n{part}" if header else part for part in parts]


def _cut_line(line: str, room: int, measure: Measure) -> Iterator[str]:
    """The line, or its sentences, or words; at last letters where white space is missing."""
    if measure(line) <= room:
        yield line
        return
    for sentence in sentences(line):
        if measure(sentence) <= room:
            yield sentence
        else:
            words = [part for word in sentence.split() for part in _cut_word(word, room, measure)]
            yield from _packed(words, " ", room, measure)


def _cut_word(word: str, room: int, measure: Measure) -> Iterator[str]:
    while measure(word) > room:
        size = max(1, room * len(word) // (measure(word) + 1))
        while size > 1 and measure(word[:size]) > room:
            size -= max(1, size // 8)
        yield word[:size]
        word = word[size:]
    yield word
