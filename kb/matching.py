"""Which article says what an answer says? `article_for(answer)`.

A past answer was written by an agent, often out of an article. The article is named only where its
words lead clearly: the next best article is well behind, and most of the answer stands in it. No
article is better than a wrong one, since questions lead people there.
"""

from kb.generating.checking import Grounds
from kb.models import Chunk
from kb.retrieval import search
from text.privacy.placeholders import without_placeholders

VERSION = 1
"""Raise it with every change of the rule: past answers are then matched anew."""
LEAD = 1.3
"""BM25 of the best article over that of the second."""
SUPPORT = 0.6
"""Share of the answer's words that stand in the article: greetings and thanks never do. Both were
measured on the sample company's answers (docs/experiments.md)."""
MAX_LETTERS = 2000
MIN_WORDS = 6
RESULTS = 50  # passages, so that a second article is among them


def article_for(answer: str) -> int | None:
    """Its primary key, or None where no published article clearly says this."""
    query = without_placeholders(answer)[:MAX_LETTERS].strip()
    if len(set(query.split())) < MIN_WORDS:
        return None
    results = search(query, mode="lexical", k=RESULTS)
    best: dict[int, float] = {}
    for result in results:
        best.setdefault(result.article_id, result.score)
    scores = list(best.values())
    if not scores or (len(scores) > 1 and scores[0] < LEAD * scores[1]):
        return None
    article = results[0].article_id
    passages = Chunk.objects.filter(article_id=article).values_list("text", flat=True)
    grounds = Grounds("\n".join([results[0].title, *passages]))
    return article if grounds.support(query) >= SUPPORT else None
