"""Passages that say the same: `fold(passages)` keeps the best of them. Pure.

Several passages of one article may all be wanted. But the same rows of a table, or a text that
stands twice in an article, push others off the page.
"""

from collections.abc import Sequence

SAME = 0.8
"""Of the words of both."""


def fold(passages: Sequence[tuple[int, int, str]]) -> list[int]:
    """Ids out of (id, article, text), best first. One that stands whole in a better one of the same
    article goes too."""
    kept: list[int] = []
    seen: dict[int, list[tuple[str, frozenset[str]]]] = {}
    for pk, article, text in passages:
        others = seen.setdefault(article, [])
        words = frozenset(text.split())
        if any(text in other or _alike(words, known) for other, known in others):
            continue
        others.append((text, words))
        kept.append(pk)
    return kept


def _alike(words: frozenset[str], other: frozenset[str]) -> bool:
    return len(words & other) >= SAME * len(words | other)
