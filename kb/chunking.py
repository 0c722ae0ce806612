"""Articles into passages: `chunk(markdown, title=…)`. No Django in here.

A passage is a section: what stands between two headings, with the headings above it in its first
lines. So an edit moves only the passages of its own section, and a question of an FAQ keeps its
answer. A section over the budget is cut between its blocks, then between lines of lists, tables
(the header repeated) and code, then between sentences, and only a sentence over the budget between
words. Stored passages carry `VERSION`: raise it with every change of the cut.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from kb.plaintext import Block, blocks
from text.sentences import sentences

VERSION = 1
BUDGET = 2000
"""Characters: long answers of an FAQ stay whole, most passages are below BERT's 512 tokens."""
MAX_HEADING = 200

Measure = Callable[[str], int]


@dataclass(frozen=True)
class ChunkText:
    """`text` is the headings above the passage, a line each, and `body`. `heading_path` is without
    the article's title."""

    position: int
    heading_path: tuple[str, ...]
    text: str
    body: str


def chunk(
    markdown: str, *, title: str, budget: int = BUDGET, measure: Measure = len
) -> list[ChunkText]:
    """Passages in reading order, none above `budget` as `measure` counts (letters, or the tokens
    of an embedder). An article without any text gives one passage of its title."""
    found: list[ChunkText] = []
    for path, section in _sections(markdown, title):
        headings = "\n".join(path)
        room = max(budget - measure(headings + "\n"), budget // 4)
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
    return list(_joined(pieces, "\n\n", room, measure))


def _joined(pieces: Iterable[str], glue: str, room: int, measure: Measure) -> Iterator[str]:
    """Neighbours together as long as they fit."""
    held = ""
    for piece in pieces:
        both = f"{held}{glue}{piece}" if held else piece
        if held and measure(both) > room:
            yield held
            held = piece
        else:
            held = both
    if held:
        yield held


def _fitting(block: Block, room: int, measure: Measure) -> list[str]:
    if measure(block.text) <= room:
        return [block.text]
    header = block.header if measure(block.header) < room // 2 else ""
    left = room - measure(header + "\n") if header else room
    lines = [part for line in block.lines for part in _cut_line(line, left, measure)]
    glue = " " if block.prose else "\n"
    parts = _joined(lines, glue, left, measure)
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
            words = (part for word in sentence.split() for part in _cut_word(word, room, measure))
            yield from _joined(words, " ", room, measure)


def _cut_word(word: str, room: int, measure: Measure) -> Iterator[str]:
    while measure(word) > room:
        size = max(1, room * len(word) // (measure(word) + 1))
        yield word[:size]
        word = word[size:]
    yield word
