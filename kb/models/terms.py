"""The inverted index and its statistics (see `kb.postings`)."""

from django.db import models


class TermSegment(models.Model):
    """A part of the index that was written at once, with its own counts: those of a group add up
    to the group's statistics. Never changed; merging makes one of several."""

    group = models.CharField(max_length=80, db_index=True)
    """"questions", or "chunks:" with the name of their cut."""
    documents = models.IntegerField()
    title_length = models.BigIntegerField()  # of all documents, in terms
    heading_length = models.BigIntegerField()
    text_length = models.BigIntegerField()
    grams_length = models.BigIntegerField()  # of the texts, in n-grams

    def __str__(self) -> str:
        return f"{self.group}@{self.pk}"


class Posting(models.Model):
    """In which documents of a segment a term (or "#" and an n-gram) stands, and how often in each
    field: packed records, so that a frequent word is one row and not a hundred thousand."""

    pk = models.CompositePrimaryKey("segment_id", "term")
    segment_id = models.BigIntegerField()
    """Of a TermSegment; no foreign key, whose check of every row takes longer than the writing."""
    term = models.CharField(max_length=64)
    data = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.segment_id}:{self.term}"
