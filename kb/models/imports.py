"""Imports, and what is known of a website's pages."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kb.models.articles import Source
from runtime.jobs import Job


class ImportRun(Job):
    """An import, whoever asked for it. `options`: archive_all, overwrite_edited."""

    source = models.ForeignKey(
        Source, null=True, blank=True, on_delete=models.CASCADE, related_name="runs"
    )

    class Meta(Job.Meta):
        constraints = [
            models.UniqueConstraint(  # two at once would archive each other's articles
                fields=["source"],
                condition=Q(state__in=["queued", "running"]),
                name="one_open_import_per_source",
            )
        ]

    def __str__(self) -> str:
        return f"import {self.pk}"


class WebPage(models.Model):
    """A page that a source knows of: what a crawl has still to do, and what a refresh need not
    fetch again."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        READ = "read", _("read")
        PASSED = "passed", _("passed over")  # a list of posts, a redirect, not modified by rule
        FAILED = "failed", _("failed")
        GONE = "gone", _("gone")

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="pages")
    url = models.CharField(max_length=2000)
    url_hash = models.CharField(max_length=64)  # a unique index takes no 2,000 characters
    depth = models.SmallIntegerField(default=0)
    state = models.CharField(max_length=20, choices=State, default=State.WAITING)
    visit = models.IntegerField(default=0)
    """The crawl that last saw it (Source.options holds the number): older ones have vanished."""
    external_id = models.CharField(max_length=500, blank=True)  # of the article that it gave
    links = models.JSONField(default=list, blank=True)  # found on it; needed when not modified
    digest = models.CharField(max_length=64, blank=True)
    """The article's content hash as this page gave it: only while the two agree is the page asked
    for conditionally, so an import that died between reading and storing loses nothing."""
    read_with = models.CharField(max_length=64, blank=True)  # digest of the options it was read by
    text_hash = models.CharField(max_length=64, blank=True)  # the same text elsewhere is no article
    etag = models.CharField(max_length=500, blank=True)
    last_modified = models.CharField(max_length=100, blank=True)
    error = models.CharField(max_length=500, blank=True)
    fetched_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "url_hash"], name="page_per_source")
        ]

    def __str__(self) -> str:
        return f"page {self.pk}"
