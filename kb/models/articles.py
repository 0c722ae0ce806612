"""Sources, and the articles that come from them."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Source(models.Model):
    """Where articles come from. `location` is unique, so that importing again updates; `kind` and
    `options` remember how it was read, so that a refresh needs nobody."""

    class Kind(models.TextChoices):
        FILES = "files", _("file or folder")
        UPLOAD = "upload", _("upload")
        PAGE = "page", _("one page")
        SITEMAP = "sitemap", _("sitemap")
        CRAWL = "crawl", _("website")
        DESK = "desk", _("written at the desk")

    kind = models.CharField(max_length=20, choices=Kind, default=Kind.FILES)
    location = models.CharField(max_length=1000, unique=True)
    name = models.CharField(max_length=200)
    options = models.JSONField(default=dict, blank=True)
    """lang, and for the web what kb.importing.web.WebOptions names (depth, pages, selectors …)."""
    refresh_hours = models.PositiveIntegerField(default=0)  # 0: only when somebody asks
    next_refresh_at = models.DateTimeField(null=True, blank=True, db_index=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_import_at = models.DateTimeField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    """Set aside with all its articles; importing it again brings them back."""

    def __str__(self) -> str:
        return self.name


class Article(models.Model):
    """A help-centre article. `text` is Markdown, as people read it."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        PUBLISHED = "published", _("published")
        ARCHIVED = "archived", _("archived")

    class Visibility(models.TextChoices):
        PUBLIC = "public", _("public")
        INTERNAL = "internal", _("internal")

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="articles")
    external_id = models.CharField(max_length=500)
    title = models.CharField(max_length=500)
    text = models.TextField()
    url = models.CharField(max_length=2000, blank=True)
    lang = models.CharField(max_length=12)
    state = models.CharField(max_length=20, choices=State, default=State.PUBLISHED)
    visibility = models.CharField(max_length=20, choices=Visibility, default=Visibility.PUBLIC)
    """Internal articles are for agents: no draft for a customer is made of them."""
    content_hash = models.CharField(max_length=64)
    """Of what was read, before it was parsed: an import passes over what has not changed."""
    indexed_hash = models.CharField(max_length=64, blank=True)
    """Of title, text and the versions that made the chunks; "" or another value = to be indexed."""
    faq_mark = models.CharField(max_length=80, blank=True)
    """`indexed_hash` and the version of kb.faq when its own questions were last taken from it."""
    is_edited = models.BooleanField(default=False)
    """Changed at the desk: an import leaves it alone and says so."""
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="article_per_source")
        ]

    def __str__(self) -> str:
        return self.external_id


class ArticleRevision(models.Model):
    """An article after a change: by a person at the desk, or by an import (no author)."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="revisions")
    title = models.CharField(max_length=500)
    text = models.TextField()
    state = models.CharField(max_length=20, choices=Article.State)
    visibility = models.CharField(
        max_length=20, choices=Article.Visibility, default=Article.Visibility.PUBLIC
    )
    lang = models.CharField(max_length=12, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.article_id} at {self.created_at:%Y-%m-%d}"

    @classmethod
    def of(cls, article: Article) -> "ArticleRevision":
        """As the article stands now, not saved."""
        return cls(
            article=article,
            title=article.title,
            text=article.text,
            state=article.state,
            visibility=article.visibility,
            lang=article.lang,
        )
