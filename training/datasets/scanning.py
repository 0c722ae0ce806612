"""The last privacy scan before training: every text of every row goes through the engine again.

Public entry: `Scan`. What customers and agents wrote is masked as it is when it
comes in; text of articles, which the company publishes, loses only what hardly ever is the
company's own (`kb.scrubbing`). Texts come again and again, so each is read once.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from kb.scrubbing import scrubbed
from text.privacy import highest_numbers, mask
from tickets.patterns import active_patterns
from tickets.vault.masker import public_now
from training.datasets.rows import Corpus, Preference, Row

_OF_ARTICLES: Final = ("faq", "generated")


@dataclass
class Scan:
    """`types`: how many values of each were still to be masked; nothing of them is kept."""

    texts: int = 0
    types: Counter[str] = field(default_factory=Counter)
    _known: dict[tuple[bool, str], str] = field(default_factory=dict, repr=False)

    def rows(self, rows: Sequence[Row]) -> list[Row]:
        return [self.row(row) for row in rows]

    def row(self, row: Row) -> Row:
        asks = self.written if row.kind in ("article", *_OF_ARTICLES) else self.said
        tells = self.written if row.kind in _OF_ARTICLES else self.said
        return replace(
            row,
            question=asks(row.question),
            answer=tells(row.answer),
            system=self.said(row.system),
            turns=tuple((role, self.said(text)) for role, text in row.turns),
            similar=tuple((self.said(asked), self.said(told)) for asked, told in row.similar),
            passages=tuple((self.written(head), self.written(text)) for head, text in row.passages),
        )

    def preference(self, one: Preference) -> Preference:
        return replace(
            one,
            row=self.row(one.row),
            chosen=self.said(one.chosen),
            rejected=self.said(one.rejected),
        )

    def corpus(self, corpus: Corpus) -> Corpus:
        return Corpus(
            sections=tuple(replace(one, text=self.written(one.text)) for one in corpus.sections),
            asked=tuple(replace(one, question=self.said(one.question)) for one in corpus.asked),
        )

    def said(self, text: str) -> str:
        """By a customer, an agent or a model."""
        return self._through(text, article=False)

    def written(self, text: str) -> str:
        """In an article."""
        return self._through(text, article=True)

    def _through(self, text: str, *, article: bool) -> str:
        if not text:
            return text
        key = (article, text)
        if key not in self._known:
            self.texts += 1
            self._known[key] = self._in_article(text) if article else self._masked(text)
        return self._known[key]

    def _masked(self, text: str) -> str:
        # Placeholders are meant: they were put there when the text came in.
        found = mask(
            text,
            escape=False,
            patterns=active_patterns(),
            public=public_now(),
            taken=highest_numbers([text]),
        )
        self.types.update(span.type for span in found.spans)
        return found.text if found.spans else text

    def _in_article(self, text: str) -> str:
        clean, count = scrubbed(text)
        if count:
            self.types["ARTICLE"] += count
        return clean
