"""What a data set is made from: the desk as it is now, or an imported data set.

Public entries: `Source`, `desk_source`, `imported_source`, `search_state`. Both answer the same
questions: which rows there are before any search, and how they get what search finds.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from django.db.models import Count, Max

from kb.embedding import active_cut
from kb.models import Article, Chunk, EmbeddingRecipe, Question
from llm.prompts import PromptBudget
from training.datasets.files import path_of, read_rows
from training.datasets.gathering import article_rows, bare_rows, found, shown_rows
from training.datasets.rows import Row
from training.models import DatasetSnapshot
from training.recipes import Recipe

OnProgress = Callable[[int, int], None]
DESK = "desk"
WIDEST = 6
"""Passages and similar answers that a holdout's rows keep: recipes with other budgets are measured
on the same rows."""


@dataclass(frozen=True)
class Source:
    """`of`: "desk", or the digest of the imported rows. `imported`: their snapshot. `rows`: before
    any search; `test`: rows that the file itself keeps out."""

    of: str
    rows: Sequence[Row]
    imported: DatasetSnapshot | None = None
    test: DatasetSnapshot | None = None

    def more(self, learned: Sequence[Row], recipe: Recipe) -> list[Row]:
        """Rows that are made of what is learned from."""
        return [] if self.imported else article_rows(learned, recipe.rows)

    def shown(self) -> list[Row]:
        """Past answers that search could put into prompts."""
        return [] if self.imported else shown_rows()

    def found(
        self,
        rows: Sequence[Row],
        *,
        budget: PromptBudget,
        without: Collection[str] = (),
        known: Mapping[str, Row] | None = None,
        on_progress: OnProgress = lambda done, total: None,
    ) -> list[Row]:
        """A file's rows stay as they are: what the desk knows may have nothing to do with them."""
        if self.imported:
            return list(rows)
        return found(rows, budget=budget, without=without, known=known, on_progress=on_progress)


def desk_source(recipe: Recipe) -> Source:
    return Source(DESK, bare_rows(recipe.rows))


def imported_source(snapshot: DatasetSnapshot, recipe: Recipe) -> Source:
    test = DatasetSnapshot.objects.filter(
        kind=DatasetSnapshot.Kind.HOLDOUT, digest=snapshot.manifest.get("test", "-")
    ).first()
    rows = read_rows(path_of(snapshot))[: recipe.rows.max_rows]
    return Source(snapshot.digest, rows, snapshot, test)


def wide(budget: PromptBudget) -> PromptBudget:
    """For rows that other recipes will read too."""
    return replace(
        budget, passages=max(budget.passages, WIDEST), similar=max(budget.similar, WIDEST)
    )


def search_state(budget: PromptBudget, without: Collection[str]) -> str:
    """The same as long as search finds the same: what it looks in, how, and how much is asked of
    it."""
    chunks = Chunk.objects.filter(cut=active_cut()).aggregate(Count("pk"), Max("pk"))
    questions = Question.objects.aggregate(Count("pk"), Max("entry"), Max("pk"))
    articles = Article.objects.aggregate(Count("pk"), Max("updated_at"))
    active = EmbeddingRecipe.objects.filter(state=EmbeddingRecipe.State.ACTIVE)
    parts = (
        chunks,
        questions,
        articles,
        list(active.values_list("pk", flat=True)),
        budget,
        sorted(without),
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()
