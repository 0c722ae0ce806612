"""What is searched: passages and known questions."""

from typing import Any

from django.db import models
from django.db.models import Deferrable
from django.utils.translation import gettext_lazy as _

from kb.models.articles import Article


class SearchableText(models.Model):
    """What search keeps of a text: its search form, its length in terms, its language."""

    lang = models.CharField(max_length=12, db_index=True)
    search_form = models.TextField()
    title_form = models.TextField(blank=True)
    """Search form of what weighs more: an article's title and the headings above the passage."""
    length = models.IntegerField(default=0)  # terms in title_form and search_form
    text_version = models.IntegerField()  # text.persian.VERSION that made the forms
    digest = models.CharField(max_length=64, db_index=True)  # of the text that is embedded

    class Meta:
        abstract = True


class Chunk(SearchableText):
    """A passage of an article: `text` begins with the headings above it."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="chunks")
    cut = models.CharField(max_length=40, default="", db_index=True)
    """Which cut made it (kb.chunking.Cut.name): passages of two cuts stand beside each other while
    a new embedder is built; search sees those of the active one."""
    position = models.IntegerField()
    heading_path = models.JSONField(default=list)
    text = models.TextField()

    class Meta:
        ordering = ["article_id", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["article", "cut", "position"],
                name="chunk_position",
                deferrable=Deferrable.DEFERRED,  # passages that stay swap places in one update
            )
        ]

    def __str__(self) -> str:
        return f"{self.article_id}#{self.position}"

    @property
    def titles(self) -> str:
        """The article's title and the headings above the passage, a line each."""
        return "\n".join([self.article.title, *self.heading_path])

    @property
    def body(self) -> str:
        """The passage without the headings in its first lines."""
        headings = "\n".join(self.heading_path)
        return self.text[len(headings) :].removeprefix("\n") if headings else self.text


def delete_or_detach(collector: Any, field: Any, questions: Any, using: str) -> None:
    """An article takes its own questions with it; a past ticket's answer stays, for itself."""
    past = models.Q(kind="ticket")
    models.SET_NULL(collector, field, questions.filter(past), using)
    models.CASCADE(collector, field, questions.exclude(past), using)


class Question(SearchableText):
    """A known question with its answer: of an article (FAQ), generated, or of a past ticket.

    Personal data is replaced by placeholders in both before a row is made.
    """

    class Kind(models.TextChoices):
        FAQ = "faq", _("FAQ")
        GENERATED = "generated", _("generated")
        TICKET = "ticket", _("past ticket")

    kind = models.CharField(max_length=20, choices=Kind)
    external_id = models.CharField(max_length=500)
    article = models.ForeignKey(
        Article, null=True, blank=True, on_delete=delete_or_detach, related_name="questions"
    )
    """Whose it is; for a past ticket the article that says what was answered, if one does."""
    link_mark = models.CharField(max_length=20, default="", blank=True)
    """Of a past ticket: among which articles one was looked for last (tickets.linking)."""
    text = models.TextField()
    answer = models.TextField()
    entry = models.BigIntegerField(default=0, db_index=True)
    """The number that its postings carry: a new one whenever its words are written anew."""
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "external_id"], name="question_external_id")
        ]

    def __str__(self) -> str:
        return f"{self.kind}:{self.external_id}"


class QuestionGeneration(models.Model):
    """A passage that questions were asked for: `generate_questions` goes on where it stopped."""

    chunk_digest = models.CharField(max_length=64)
    model = models.CharField(max_length=200)
    prompt_version = models.CharField(max_length=40)
    created = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    tokens = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["chunk_digest", "model", "prompt_version"], name="generated_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.chunk_digest[:8]} by {self.model}"
