"""Model versions and the three slots that they serve in."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ModelVersion(models.Model):
    """A base, or a tuned version of one: a folder that describes itself by its manifest."""

    class State(models.TextChoices):
        CANDIDATE = "candidate", _("candidate")
        CANARY = "canary", _("canary")
        LIVE = "live", _("live")
        RETIRED = "retired", _("retired")
        BROKEN = "broken", _("broken")

    name = models.CharField(max_length=200, unique=True)
    state = models.CharField(max_length=20, choices=State, default=State.CANDIDATE)
    method = models.CharField(max_length=40)  # pretrain, alora, lora, qlora, …
    folder = models.CharField(max_length=1000)  # "sample:…" and "home:…" are relative
    base = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT)
    base_revision = models.CharField(max_length=200, blank=True)
    recipe = models.CharField(max_length=200, blank=True)
    manifest = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)  # of the folder's files, see llm.manifest
    dataset_digest = models.CharField(max_length=64, blank=True)
    metrics = models.JSONField(default=dict, blank=True)
    prompt_version = models.CharField(max_length=40)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Slot(models.Model):
    """One of the three places at the desk; `previous` is what a roll-back returns to."""

    NAMES = ("A", "B", "C")

    name = models.CharField(max_length=1, primary_key=True)
    version = models.ForeignKey(
        ModelVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="slots"
    )
    previous = models.ForeignKey(
        ModelVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
