"""What changed between two texts, word by word: `differences(before, after)`. Pure.

Lines are compared first; within lines that changed, words. Long runs of equal lines are folded to a
few around each change. What is so large that comparing it would take long is shown as all the old
and all the new.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

CONTEXT = 2
"""Equal lines that are shown on either side of a change."""
MOST_COMPARISONS = 4_000_000
"""Parts before times parts after: what difflib compares within a second or two at worst."""

_Step = tuple[str, int, int, int, int]
Kind = Literal["same", "added", "removed"]
_WORD = re.compile(r"\n|[^\S\n]*[^\s]+|[^\S\n]+")


@dataclass(frozen=True)
class Piece:
    kind: Kind
    text: str


@dataclass(frozen=True)
class Block:
    """Neighbouring lines, as pieces; or, with `folded`, that many equal lines left out."""

    pieces: tuple[Piece, ...] = ()
    folded: int = 0


def differences(before: str, after: str) -> list[Block]:
    """Blocks in order; none where the texts are equal."""
    if before == after:
        return []
    old, new = before.split("\n"), after.split("\n")
    steps = _steps(old, new)
    blocks: list[Block] = []
    for number, (tag, i1, i2, j1, j2) in enumerate(steps):
        if tag == "equal":
            blocks += _equal(old[i1:i2], first=number == 0, last=number == len(steps) - 1)
        else:
            blocks.append(Block(tuple(_words(old[i1:i2], new[j1:j2]))))
    return blocks


def _steps(old: list[str], new: list[str]) -> list[_Step]:
    """difflib's opcodes; the equal lines at both ends, most of them as a rule, cost nothing."""
    shorter = min(len(old), len(new))
    head = next((n for n in range(shorter) if old[n] != new[n]), shorter)
    rest = shorter - head
    tail = next((n for n in range(rest) if old[-1 - n] != new[-1 - n]), rest)
    i2, j2 = len(old) - tail, len(new) - tail
    steps: list[_Step] = [("equal", 0, head, 0, head)] if head else []
    steps += [
        (tag, head + i, head + end_i, head + j, head + end_j)
        for tag, i, end_i, j, end_j in _opcodes(old[head:i2], new[head:j2])
    ]
    return [*steps, ("equal", i2, len(old), j2, len(new))] if tail else steps


def _opcodes(old: list[str], new: list[str]) -> list[_Step]:
    if len(old) * len(new) > MOST_COMPARISONS:
        return [("replace", 0, len(old), 0, len(new))]
    return list(SequenceMatcher(None, old, new, autojunk=False).get_opcodes())


def _equal(lines: list[str], *, first: bool, last: bool) -> list[Block]:
    head = 0 if first else CONTEXT
    tail = 0 if last else CONTEXT
    if len(lines) <= head + tail + 1:
        return [_same(lines)]
    shown = [_same(lines[:head])] if head else []
    shown.append(Block(folded=len(lines) - head - tail))
    return [*shown, _same(lines[-tail:])] if tail else shown


def _same(lines: list[str]) -> Block:
    return Block((Piece("same", "\n".join(lines)),))


def _words(before: Sequence[str], after: Sequence[str]) -> Iterator[Piece]:
    old, new = _WORD.findall("\n".join(before)), _WORD.findall("\n".join(after))
    for tag, i1, i2, j1, j2 in _steps(old, new):
        if tag == "equal":
            yield Piece("same", "".join(old[i1:i2]))
            continue
        if i1 < i2:
            yield Piece("removed", "".join(old[i1:i2]))
        if j1 < j2:
            yield Piece("added", "".join(new[j1:j2]))
