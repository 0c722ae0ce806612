"""Data-set snapshots, runs, evaluations, and what the gate decided."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from llm.models import ModelVersion
from runtime.jobs import Job, Jobs, Words


class DatasetSnapshot(models.Model):
    """A frozen data set below PASOKH_HOME: rows as JSONL, described by its manifest."""

    class Kind(models.TextChoices):
        ROWS = "rows", _("questions and answers")
        CORPUS = "corpus", _("corpus")
        PREFERENCES = "preferences", _("preferences")
        HOLDOUT = "holdout", _("holdout")

    kind = models.CharField(max_length=20, choices=Kind, default=Kind.ROWS)
    name = models.CharField(max_length=200, blank=True)  # of an import, "" for the desk's own
    digest = models.CharField(max_length=64, unique=True)
    path = models.CharField(max_length=1000)  # below PASOKH_HOME
    rows = models.IntegerField()
    manifest = models.JSONField(default=dict)
    """Counts, sources, splits, and what was left out: never a text of a row."""
    checks = models.JSONField(default=dict, blank=True)
    """What the checks before training found, see `training.datasets`."""
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.digest[:12]


class TrainingRun(Job):
    """One run of one recipe. `done` and `total` count steps. Its folder, below PASOKH_HOME/runs,
    keeps the checkpoints, the log of every step and the evaluations."""

    class Purpose(models.TextChoices):
        FINETUNE = "finetune", _("tuning")
        PRETRAIN = "pretrain", _("pre-training")
        COMPARE = "compare", _("comparison")

    purpose = models.CharField(max_length=20, choices=Purpose, default=Purpose.FINETUNE)
    recipe = models.CharField(max_length=200)
    config = models.JSONField(default=dict)
    dataset = models.ForeignKey(
        DatasetSnapshot, null=True, on_delete=models.PROTECT, related_name="runs"
    )
    holdout = models.ForeignKey(
        DatasetSnapshot, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    version = models.ForeignKey(ModelVersion, null=True, on_delete=models.SET_NULL)
    slot = models.CharField(max_length=1, blank=True)
    """The slot that its version is to challenge."""
    phase = models.CharField(max_length=20, blank=True)  # data, training, measuring, deciding
    metrics = models.JSONField(default=dict)
    started_at = models.DateTimeField(null=True, blank=True)
    seconds = models.FloatField(default=0)  # by the clock, over all resumptions
    gpu_seconds = models.FloatField(default=0)
    peak_memory_bytes = models.BigIntegerField(default=0)
    tokens = models.BigIntegerField(default=0)  # read in training
    tokens_per_second = models.FloatField(default=0)

    def __str__(self) -> str:
        return f"run {self.pk}"


training_runs = Jobs(
    TrainingRun,
    topic="run",
    words=Words(
        thing="run",
        ended_half_way=_("Its process ended half way; it can go on."),
        given_up=_("Its process ended half way three times."),
        interrupted=_("It was stopped; it can go on from its last checkpoint."),
    ),
    at_once=1,
)


class Evaluation(models.Model):
    """A version's figures on one frozen set, and where its drafts are kept."""

    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="evaluations")
    dataset_digest = models.CharField(max_length=64)
    metrics = models.JSONField(default=dict)
    path = models.CharField(max_length=1000, blank=True)  # drafts as JSONL, below PASOKH_HOME
    seconds = models.FloatField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"evaluation {self.pk}"


class Decision(models.Model):
    """What the gate decided about a version, and why."""

    class Kind(models.TextChoices):
        REFUSED = "refused", _("refused")
        CANARY = "canary", _("canary began")
        PROMOTED = "promoted", _("promoted")
        RETIRED = "retired", _("retired")
        ROLLED_BACK = "rolled_back", _("rolled back")
        FAILED = "failed", _("failed")

    kind = models.CharField(max_length=20, choices=Kind)
    slot = models.CharField(max_length=1, blank=True)
    version = models.ForeignKey(
        ModelVersion, null=True, on_delete=models.SET_NULL, related_name="decisions"
    )
    against = models.ForeignKey(
        ModelVersion, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    run = models.ForeignKey(
        TrainingRun, null=True, on_delete=models.SET_NULL, related_name="decisions"
    )
    why = models.CharField(max_length=500)  # in English, translated when shown
    figures = models.JSONField(default=dict)
    """What it was decided on: intervals, counts, per language."""
    told = models.JSONField(default=list, blank=True)
    """Which ways ("e-mail", "webhook") have told of it."""
    told_at = models.DateTimeField(null=True, blank=True)
    """When the last way that was asked for had."""
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"decision {self.pk}"
