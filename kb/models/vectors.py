"""Embedding recipes and the vectors that they made."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from pgvector.django import HalfVectorField

from kb.models.texts import Chunk, Question


class EmbeddingRecipe(models.Model):
    """Everything that decides a vector. Rows of one recipe are comparable, of two are not."""

    class Kind(models.TextChoices):
        OFFLINE = "offline", _("fitted on the desk's own articles")
        SENTENCE_TRANSFORMERS = "sentence-transformers", "sentence-transformers"
        ONNX = "onnx", _("sentence-transformers, int8 for the CPU")

    class State(models.TextChoices):
        BUILDING = "building", _("building")
        ACTIVE = "active", _("active")
        RETIRED = "retired", _("retired")

    kind = models.CharField(max_length=40, choices=Kind)
    model = models.CharField(max_length=1000)
    revision = models.CharField(max_length=200, blank=True)
    dimension = models.IntegerField()
    pooling = models.CharField(max_length=40, blank=True)
    cut = models.CharField(max_length=40, default="")  # of the passages that it embeds
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
