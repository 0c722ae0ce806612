"""Sources, articles, chunks and questions, and what search keeps about them."""

from kb.models.articles import Article, ArticleRevision, Source
from kb.models.coverage import CoverageGap
from kb.models.imports import ImportRun, WebPage
from kb.models.terms import Posting, TermSegment
from kb.models.texts import Chunk, Question, QuestionGeneration, SearchableText
from kb.models.vectors import ChunkVector, EmbeddingRecipe, QuestionVector

__all__ = [
    "Article",
    "ArticleRevision",
    "Chunk",
    "ChunkVector",
    "CoverageGap",
    "EmbeddingRecipe",
    "ImportRun",
    "Posting",
    "Question",
    "QuestionGeneration",
    "QuestionVector",
    "SearchableText",
    "Source",
    "TermSegment",
    "WebPage",
]
