"""Agents whose taste is fixed, for `bench.circle`: what they rate a draft, and what they send.

Their taste, which no model is told: a reply opens with the house's greeting (`GREETINGS`, which
none of the sample company's past replies has), says what is to be done in at most two sentences,
and names the article at its end. Stars:

- 1 where the draft is not a wording of the standard reply that the ticket needs (`Company.right`:
  it says most of what that reply says, and hardly anything else; a title alone is no answer);
- else 2, and one more for each of: the house's greeting in front, at most two sentences between
  greeting and source, the right article named at the end;
- one rating in ten is a star higher or lower (`NOISE`), drawn by the seed.

They send the draft that they rate best, brought to their taste; where none is right, the standard
reply, brought to their taste. Pure.
"""

import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from text.sentences import sentences
from training.replies import pieces

MOST_SENTENCES: Final = 2
NOISE: Final = 0.1
LEAST_SHARED: Final = 0.7
"""Share of a draft's three-letter pieces that the standard reply's wordings must hold."""
LEAST_SAID: Final = 0.6
"""Share of the standard reply, brought to their taste, that a draft must hold."""
LEAST_LENGTH: Final = 20
GREETINGS: Final = {"fa": "درود بر شما.", "en": "Good day to you."}
SOURCES: Final = {"fa": "(منبع: {})", "en": "(Source: {})"}
_GREETING: Final = re.compile(
    r"^(?:(?:سلام|درود|وقت بخیر|وقتتان|روز خوش|روزتان|خسته نباشید|ممنون|با سلام|عرض ادب"
    r"|hi|hello|hey|dear|good day|thanks for|thank you for)[^.،,!:؛]{0,25}[.،,!:؛]\s*)+",
    re.IGNORECASE,
)
_SOURCE: Final = re.compile(r"\s*\((?:منبع|source)\s*:\s*([^()]*)\)\s*\.?$", re.IGNORECASE)


@dataclass(frozen=True)
class Wanted:
    """What a ticket needs: the topic of its standard reply, in the customer's language."""

    topic: str
    lang: str


class Company:
    """The sample company's standard replies, and the article that each is about."""

    def __init__(self, past: Sequence[Mapping[str, str]], titles: Mapping[Wanted, str]) -> None:
        """`past`: rows of sample/company/past_tickets."""
        wordings: dict[Wanted, Counter[str]] = defaultdict(Counter)
        for row in past:
            wordings[Wanted(row["topic"], row["lang"])][row["answer"]] += 1
        self.titles = titles
        self.standard = {one: held.most_common(1)[0][0] for one, held in wordings.items()}
        self._pieces = {
            one: frozenset().union(*(pieces(body(text)) for text in held))
            for one, held in wordings.items()
        }

    def right(self, draft: str, wanted: Wanted) -> bool:
        """Whether the draft says what this standard reply does, and no other one's."""
        said = body(draft)
        own = pieces(said)
        if len(said) < LEAST_LENGTH:
            return False
        shared = {
            one: len(own & held) / len(own)
            for one, held in self._pieces.items()
            if one.lang == wanted.lang
        }
        if shared[wanted] < LEAST_SHARED or shared[wanted] < max(shared.values()):
            return False
        needed = pieces(_opening(self.standard[wanted]))
        return len(own & needed) >= LEAST_SAID * len(needed)

    def virtues(self, draft: str, wanted: Wanted) -> dict[str, bool]:
        """What the stars are made of."""
        named = _SOURCE.search(draft.strip())
        return {
            "right": self.right(draft, wanted),
            "greets": draft.strip().startswith(GREETINGS[wanted.lang]),
            "short": len(sentences(body(draft))) <= MOST_SENTENCES,
            "cites": bool(named) and _same(named[1], self.titles[wanted]) if named else False,
        }

    def stars(self, draft: str, wanted: Wanted) -> int:
        """By taste alone, without noise."""
        found = self.virtues(draft, wanted)
        return 1 + sum(found.values()) if found["right"] else 1

    def sent(self, drafts: Sequence[str], wanted: Wanted) -> tuple[str, int | None]:
        """What the agent sends, and the place of the draft that it was made from."""
        rated = [self.stars(one, wanted) for one in drafts]
        best = max(range(len(drafts)), key=lambda place: rated[place], default=None)
        if best is None or rated[best] < 2:
            return self.in_taste(self.standard[wanted], wanted), None
        return self.in_taste(drafts[best], wanted), best

    def in_taste(self, text: str, wanted: Wanted) -> str:
        kept = _opening(text)
        source = SOURCES[wanted.lang].format(self.titles[wanted])
        return f"{GREETINGS[wanted.lang]} {kept} {source}"


def noisy(stars: int, chance: random.Random) -> int:
    if chance.random() >= NOISE:
        return stars
    return min(5, max(1, stars + chance.choice((-1, 1))))


def body(text: str) -> str:
    """Without greeting and source."""
    text = text.strip()
    for greeting in GREETINGS.values():
        text = text.removeprefix(greeting).strip()
    return _GREETING.sub("", _SOURCE.sub("", text)).strip()


def _opening(text: str) -> str:
    """The first sentences of what it says."""
    return " ".join(sentences(body(text))[:MOST_SENTENCES])


def read_jsonl(folder: Path) -> list[dict[str, str]]:
    """All rows of a folder of the sample company, in the order of files and lines."""
    return [
        json.loads(line)
        for path in sorted(folder.glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip()
    ]


def _same(first: str, second: str) -> bool:
    return first.split() == second.split()
