"""Lines that stand at the end or beginning of very many answers: `Boilerplate.of(texts)`.

A signature, a greeting, an advertisement of a help desk: what repeats so teaches nothing. Counted
over the first answers of an import, by line. An answer is never cut to nothing: what says only the
same as all the others stays as it is. Pure.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from text.persian import search_form

LEAST_TIMES: Final = 20
LEAST_SHARE: Final = 0.1
_LONGEST: Final = 200
_EDGE: Final = 6  # lines at either end that are looked at


@dataclass(frozen=True)
class Boilerplate:
    lines: frozenset[str] = frozenset()

    @classmethod
    def of(cls, texts: Sequence[str]) -> "Boilerplate":
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(_edge_lines(text))
        least = max(LEAST_TIMES, len(texts) * LEAST_SHARE)
        return cls(frozenset(line for line, count in counts.items() if count >= least))

    def kept(self, text: str) -> slice:
        """Which lines are the answer itself: all, where nothing else would be left."""
        lines = text.split("\n")
        start, end = 0, len(lines)
        if self.lines and end > 1:
            while end > start and self._says_nothing(lines[end - 1]):
                end -= 1
            while start < end and self._says_nothing(lines[start]):
                start += 1
        return slice(start, end) if start < end else slice(0, len(lines))

    def cut(self, text: str, *, masked: str | None = None) -> str:
        """`masked`: the same text with placeholders, which is cut at the same lines."""
        result = text if masked is None else masked
        lines = result.split("\n")
        if len(lines) == 1 or len(lines) != text.count("\n") + 1:
            return result
        return "\n".join(lines[self.kept(text)]).strip() or result

    def _says_nothing(self, line: str) -> bool:
        return not line.strip() or _form(line) in self.lines


def _edge_lines(text: str) -> set[str]:
    """Of texts of more than one line: a line alone is an answer."""
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) < 2:
        return set()
    edges: Iterable[str] = lines[:_EDGE] + lines[-_EDGE:]
    return {_form(line) for line in edges if len(line) <= _LONGEST}


def _form(line: str) -> str:
    return " ".join(search_form(line).split())
