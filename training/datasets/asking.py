"""Rows that ask with a sentence of an article: `sentence_rows`.

A standard reply belongs to the article that search finds with it; where an article has several
replies, a sentence goes to the one that shares most with it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from kb.models import Chunk
from text.sentences import sentences
from training.datasets.rows import Row
from training.replies import nearest, pieces

LEAST_CHARACTERS: Final = 12


def sentence_rows(
    rows: Sequence[Row], chunks: Sequence[Chunk], *, article_of: Callable[[str], int | None]
) -> Iterator[Row]:
    """One for every sentence and heading of the articles that the rows' replies belong to."""
    owners = _owners(rows, article_of)
    for chunk in chunks:
        held = owners.get(chunk.article_id)
        if held:
            yield from _of_chunk(chunk, held)


def _owners(
    rows: Sequence[Row], article_of: Callable[[str], int | None]
) -> dict[int, list[tuple[int, str]]]:
    found: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for reply, answer in _commonest(rows).items():
        article = article_of(answer)
        if article is not None:
            found[article].append((reply, answer))
    return found


def _commonest(rows: Sequence[Row]) -> dict[int, str]:
    """The most frequent wording of each reply; of equals the first."""
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    for row in rows:
        counts[row.reply][row.answer] = counts[row.reply].get(row.answer, 0) + 1
    return {reply: max(held, key=lambda one: held[one]) for reply, held in counts.items()}


def _of_chunk(chunk: Chunk, owners: Sequence[tuple[int, str]]) -> Iterator[Row]:
    held = [pieces(answer) for _, answer in owners]
    title = chunk.article.title
    heading = " › ".join(one for one in chunk.heading_path if one != title)
    texts = [heading, *sentences(chunk.body)]
    if chunk.position == 0:
        texts.insert(0, title)
    for place, text in enumerate(one for one in texts if len(one) >= LEAST_CHARACTERS):
        reply, answer = owners[nearest(text, held)]
        key = f"{chunk.article.external_id}#{chunk.position}.{place}"
        yield Row(key, "article", chunk.article.lang, text, answer, reply)
