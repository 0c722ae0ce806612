"""What was searched and answered by nothing: `record`, and the list of articles to write.

`record(query, …)` keeps a search that nothing fits as a `CoverageGap`, without personal data; the
same words again count up. `groups()` puts like ones together (`kb.grouping`), `link` and
`settle` follow the article that is written for them, `change_state` is for people, and `prune`
keeps the table small.
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.utils import timezone

from kb.grouping import Wording, group
from kb.models import Article, CoverageGap
from text import persian, privacy
from text.privacy.placeholders import without_placeholders

MAX_QUERY = 20_000
"""Characters that are looked at; all of them are searched for personal data before any is cut."""
MAX_WORDING = 300
MIN_LETTERS = 3
TYPING_SECONDS = 10
MOST_KEPT = 2000
"""Gaps of each state; what was asked least and longest ago goes first."""

State = CoverageGap.State

_RECORD = """
WITH typed AS (
    DELETE FROM kb_coveragegap
    WHERE origin = %(origin)s AND lang = %(lang)s AND state = 'open' AND count = 1
      AND origin IN ('desk', 'api') AND last_at > %(now)s - make_interval(secs => %(typing)s)
      AND digest <> %(digest)s AND starts_with(%(form)s, search_form)
)
INSERT INTO kb_coveragegap
    (search_form, digest, text, lang, origin, best_score, count, state, created_at, last_at)
VALUES
    (%(form)s, %(digest)s, %(text)s, %(lang)s, %(origin)s, %(score)s, 1, 'open', %(now)s, %(now)s)
ON CONFLICT (digest) DO UPDATE SET
    count = kb_coveragegap.count + 1,
    last_at = excluded.last_at,
    best_score = greatest(kb_coveragegap.best_score, excluded.best_score),
    state = CASE kb_coveragegap.state WHEN 'written' THEN 'open' ELSE kb_coveragegap.state END
RETURNING id
"""
"""What was typed on the way to these words (a program that searches with every letter) goes; words
that are asked again after their article was written are open again: it does not answer them."""


def record(
    query: str, *, lang: str, origin: CoverageGap.Origin, best_score: float = 0.0
) -> int | None:
    """Keep what nothing fitted; the number of its gap. Personal data never gets into the row; a
    query of nothing else, or of no words, is not kept at all (None)."""
    masked = privacy.mask(query[:MAX_QUERY], escape=False).text
    form = _form(masked)
    if not form:
        return None
    digest = digest_of(lang, form)
    with connection.cursor() as cursor:
        cursor.execute(
            _RECORD,
            {
                "form": form,
                "digest": digest,
                "text": _one_line(masked),
                "lang": lang[:12],
                "origin": str(origin),
                "score": best_score,
                "now": timezone.now(),
                "typing": TYPING_SECONDS,
            },
        )
        (gap,) = cursor.fetchone()
    return int(gap)


def form_of(query: str) -> str:
    """The words that `record` knows a search by; "" where it keeps none."""
    return _form(privacy.mask(query[:MAX_QUERY], escape=False).text)


def digest_of(lang: str, form: str) -> str:
    return hashlib.sha256(f"{lang}\x00{form}".encode()).hexdigest()


def _form(masked: str) -> str:
    form = persian.search_form(without_placeholders(masked))
    form = " ".join(form.split())[:MAX_WORDING]
    return form if sum(map(str.isalpha, form)) >= MIN_LETTERS else ""


def _one_line(text: str) -> str:
    """Cut between words, where it is too long for a title."""
    line = " ".join(text.replace("\x00", "").split())
    if len(line) <= MAX_WORDING:
        return line
    return line[: MAX_WORDING - 1].rsplit(" ", 1)[0] + "…"


@dataclass(frozen=True)
class GapGroup:
    """Searches for the same thing: an article to write. `title`: the most frequent wording."""

    title: str
    lang: str
    gaps: tuple[CoverageGap, ...]

    @property
    def count(self) -> int:
        return sum(gap.count for gap in self.gaps)

    @property
    def last_at(self) -> datetime:
        return max(gap.last_at for gap in self.gaps)

    @property
    def best_score(self) -> float:
        return max(gap.best_score for gap in self.gaps)

    @property
    def origins(self) -> list[str]:
        """Names for people, each once."""
        return [
            str(origin.label)
            for origin in CoverageGap.Origin
            if any(gap.origin == origin for gap in self.gaps)
        ]

    @property
    def others(self) -> tuple[CoverageGap, ...]:
        return self.gaps[1:]

    @property
    def article(self) -> Article | None:
        return next((gap.article for gap in self.gaps if gap.article is not None), None)

    @property
    def pks(self) -> str:
        """As forms carry them."""
        return ",".join(str(gap.pk) for gap in self.gaps)


def groups(state: str = State.OPEN) -> list[GapGroup]:
    """What was asked most often comes first, then what was asked last."""
    stored = CoverageGap.objects.filter(state=state).select_related("article").order_by("pk")
    rows = list(stored[:MOST_KEPT])
    by_pk = {row.pk: row for row in rows}
    found: list[GapGroup] = []
    for lang in sorted({row.lang for row in rows}):
        wordings = [_wording(row) for row in rows if row.lang == lang]
        for members in group(wordings):
            gaps = tuple(by_pk[member.pk] for member in members)
            found.append(GapGroup(gaps[0].text, lang, gaps))
    return sorted(found, key=lambda one: (-one.count, -one.last_at.timestamp(), one.gaps[0].pk))


def _wording(row: CoverageGap) -> Wording:
    return Wording(row.pk, tuple(persian.terms(row.search_form)), row.count)


def link(gaps: Collection[int], article: Article) -> None:
    """The article that is being written for them."""
    if gaps:
        CoverageGap.objects.filter(pk__in=gaps, state=State.OPEN).update(article=article)


def settle(article: Article) -> None:
    """What a published article was written for is written."""
    if article.state == Article.State.PUBLISHED:
        CoverageGap.objects.filter(article=article, state=State.OPEN).update(state=State.WRITTEN)


def change_state(gaps: Sequence[int], state: CoverageGap.State) -> int:
    return CoverageGap.objects.filter(pk__in=gaps).update(state=state)


def prune() -> int:
    """Keep the table small; how many rows went."""
    gone = 0
    for state in State.values:
        rows = CoverageGap.objects.filter(state=state).order_by("-count", "-last_at", "-pk")
        pks = list(rows.values_list("pk", flat=True)[MOST_KEPT:])
        gone += CoverageGap.objects.filter(pk__in=pks, state=state).delete()[0]
    return gone
