"""Sources, articles, chunks and questions, and what search keeps about them."""

from django.conf import settings
from django.db import models
from django.db.models import Deferrable, Q
from django.utils.translation import gettext_lazy as _
from pgvector.django import HalfVectorField


class Source(models.Model):
    """Where articles come from: a file, a folder, the desk's upload. `location` is unique, so that
    importing again updates."""

    location = models.CharField(max_length=1000, unique=True)
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    last_import_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class Article(models.Model):
    """A help-centre article. `text` is Markdown, as people read it."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        PUBLISHED = "published", _("published")
        ARCHIVED = "archived", _("archived")

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="articles")
    external_id = models.CharField(max_length=500)
    title = models.CharField(max_length=500)
    text = models.TextField()
    url = models.CharField(max_length=2000, blank=True)
    lang = models.CharField(max_length=12)
    state = models.CharField(max_length=20, choices=State, default=State.PUBLISHED)
    content_hash = models.CharField(max_length=64)
    """Of what was read, before it was parsed: an import passes over what has not changed."""
    indexed_hash = models.CharField(max_length=64, blank=True)
    """Of title, text and the versions that made the chunks; "" or another value = to be indexed."""
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="article_per_source")
        ]

    def __str__(self) -> str:
        return self.external_id


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
    position = models.IntegerField()
    heading_path = models.JSONField(default=list)
    text = models.TextField()

    class Meta:
        ordering = ["article_id", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["article", "position"],
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
        Article, null=True, blank=True, on_delete=models.CASCADE, related_name="questions"
    )
    text = models.TextField()
    answer = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "external_id"], name="question_external_id")
        ]

    def __str__(self) -> str:
        return f"{self.kind}:{self.external_id}"


class ChunkTerm(models.Model):
    """The inverted index: how often a term stands in a chunk's title form and in its text."""

    chunk = models.ForeignKey(Chunk, on_delete=models.CASCADE, related_name="terms")
    term = models.CharField(max_length=64)
    title_count = models.SmallIntegerField()
    text_count = models.SmallIntegerField()

    class Meta:
        indexes = [models.Index(fields=["term", "chunk"], name="chunk_term")]

    def __str__(self) -> str:
        return f"{self.chunk_id}:{self.pk}"


class QuestionTerm(models.Model):
    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="terms")
    term = models.CharField(max_length=64)
    title_count = models.SmallIntegerField()
    text_count = models.SmallIntegerField()

    class Meta:
        indexes = [models.Index(fields=["term", "question"], name="question_term")]

    def __str__(self) -> str:
        return f"{self.question_id}:{self.pk}"


class EmbeddingRecipe(models.Model):
    """Everything that decides a vector. Rows of one recipe are comparable, of two are not."""

    class Kind(models.TextChoices):
        OFFLINE = "offline", _("fitted on the desk's own articles")
        SENTENCE_TRANSFORMERS = "sentence-transformers", "sentence-transformers"

    class State(models.TextChoices):
        BUILDING = "building", _("building")
        ACTIVE = "active", _("active")
        RETIRED = "retired", _("retired")

    kind = models.CharField(max_length=40, choices=Kind)
    model = models.CharField(max_length=1000)
    revision = models.CharField(max_length=200, blank=True)
    dimension = models.IntegerField()
    pooling = models.CharField(max_length=40, blank=True)
    text_version = models.IntegerField()
    fitted_chunks = models.IntegerField(default=0)  # offline: how many it was fitted on
    artefact = models.CharField(max_length=1000, blank=True)  # offline: file below PASOKH_HOME
    artefact_digest = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=20, choices=State, default=State.BUILDING)
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True, blank=True)
    """Its vectors stay a little longer, for searches that began before the swap."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="active"), name="one_active_recipe"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind}:{self.model}@{self.pk}"


class ChunkVector(models.Model):
    """Dimension is the recipe's; one partial HNSW index a recipe, made by kb.embedding."""

    recipe = models.ForeignKey(EmbeddingRecipe, on_delete=models.CASCADE)
    chunk = models.ForeignKey(Chunk, on_delete=models.CASCADE, related_name="vectors")
    vector = HalfVectorField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["recipe", "chunk"], name="vector_per_recipe_chunk")
        ]

    def __str__(self) -> str:
        return f"{self.recipe_id}:{self.chunk_id}"


class QuestionVector(models.Model):
    recipe = models.ForeignKey(EmbeddingRecipe, on_delete=models.CASCADE)
    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="vectors")
    vector = HalfVectorField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["recipe", "question"], name="vector_per_recipe_question"
            )
        ]

    def __str__(self) -> str:
        return f"{self.recipe_id}:{self.question_id}"


class ImportRun(models.Model):
    """An import started at the desk: the row is the truth about its progress."""

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    state = models.CharField(max_length=20, choices=State, default=State.QUEUED)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    file_name = models.CharField(max_length=255)
    path = models.CharField(max_length=1000)  # below MEDIA_ROOT
    lang = models.CharField(max_length=12, blank=True)
    done = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    report = models.JSONField(default=dict, blank=True)
    error = models.CharField(max_length=500, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    attempts = models.SmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"import {self.pk}"
