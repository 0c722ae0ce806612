"""Data-set snapshots, runs and evaluations."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from llm.models import ModelVersion


class DatasetSnapshot(models.Model):
    """A frozen data set below PASOKH_HOME: rows as JSONL, described by its manifest."""

    digest = models.CharField(max_length=64, unique=True)
    path = models.CharField(max_length=1000)  # below PASOKH_HOME
    rows = models.IntegerField()
    manifest = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.digest[:12]


class TrainingRun(models.Model):
    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        RUNNING = "running", _("running")
        STOPPED = "stopped", _("stopped")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    state = models.CharField(max_length=20, choices=State, default=State.QUEUED)
    recipe = models.CharField(max_length=200)
    config = models.JSONField(default=dict)
    dataset = models.ForeignKey(DatasetSnapshot, null=True, on_delete=models.PROTECT)
    version = models.ForeignKey(ModelVersion, null=True, on_delete=models.SET_NULL)
    step = models.IntegerField(default=0)
    total_steps = models.IntegerField(default=0)
    metrics = models.JSONField(default=dict)
    error = models.CharField(max_length=500, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    seconds = models.FloatField(default=0)
    peak_memory_bytes = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"run {self.pk}"


class Evaluation(models.Model):
    """A version's figures on one frozen set."""

    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="evaluations")
    dataset_digest = models.CharField(max_length=64)
    metrics = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"evaluation {self.pk}"
