"""The inverted index and its statistics."""

from django.db import models

from kb.models.texts import Chunk, Question


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
