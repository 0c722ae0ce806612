"""Model versions, the servers that some stand on, and the three slots that they serve in."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class Server(models.Model):
    """An OpenAI-compatible server: vLLM, llama.cpp, Ollama, or a hosted model."""

    class State(models.TextChoices):
        """Of the breaker: open means that nobody asks it for a while."""

        CLOSED = "closed", _("in order")
        OPEN = "open", _("not asked")
        HALF_OPEN = "half_open", _("tried again")

    name = models.CharField(max_length=100, unique=True)
    base_url = models.CharField(max_length=500)  # with its /v1
    hosted = models.BooleanField(default=True)
    """Somebody else's machine: nothing is sent there until an admin has allowed it by name."""
    key_env = models.CharField(max_length=100, blank=True)
    """The environment variable that holds the key; the key itself is stored nowhere."""
    allowed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    allowed_at = models.DateTimeField(null=True, blank=True)
    timeout_seconds = models.FloatField(default=30.0)  # for a whole answer
    state = models.CharField(max_length=20, choices=State, default=State.CLOSED)
    failures = models.IntegerField(default=0)  # in a row
    opened_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=200, blank=True)  # in English, translated when shown
    last_ok_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


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
    generation = models.JSONField(default=dict, blank=True)
    """Settings that `sweep_generation` found; they go before the manifest's."""
    server = models.ForeignKey(
        Server, null=True, blank=True, on_delete=models.PROTECT, related_name="versions"
    )
    served_name = models.CharField(max_length=200, blank=True)
    """What its server calls it: versioned, for a name that changes its weights is no version."""
    follows_instructions = models.BooleanField(default=False)
    """An admin has said that it does what it is told: say it shorter, translate it."""
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
    canary = models.ForeignKey(
        ModelVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    canary_share = models.FloatField(
        default=0.0, validators=[MinValueValidator(0.0), MaxValueValidator(1.0)]
    )
    """The share of tickets for which the canary writes in place of the version."""
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class SlotEvent(models.Model):
    """What became of a slot, by whom, and why."""

    class Kind(models.TextChoices):
        PROMOTE = "promote", _("promoted")
        ROLLBACK = "rollback", _("rolled back")
        CANARY = "canary", _("canary began")
        RETIRE = "retire", _("canary ended")

    slot = models.CharField(max_length=1, db_index=True)
    kind = models.CharField(max_length=20, choices=Kind)
    version = models.ForeignKey(
        ModelVersion, null=True, on_delete=models.PROTECT, related_name="events"
    )
    previous = models.ForeignKey(
        ModelVersion, null=True, on_delete=models.PROTECT, related_name="+"
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    """Empty for a command or the gate."""
    why = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"slot event {self.pk}"
