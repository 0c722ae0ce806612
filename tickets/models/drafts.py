"""Suggestions, how agents rate them, and what was sent."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kb.models import Article
from llm.models import ModelVersion
from tickets.models.tickets import Message, Ticket


class Suggestion(models.Model):
    """One draft for one customer message by one slot's model version."""

    class State(models.TextChoices):
        PENDING = "pending", _("pending")
        WRITING = "writing", _("writing")
        READY = "ready", _("ready")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="suggestions")
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="suggestions")
    """The customer's message that is answered: a later message gets drafts of its own, and the old
    ones stay with their ratings."""
    slot = models.CharField(max_length=1)
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="suggestions")
    prompt_version = models.CharField(max_length=40)
    position = models.SmallIntegerField()  # 0, 1, 2: the order in which the agent sees them
    state = models.CharField(max_length=20, choices=State, default=State.PENDING)
    text = models.TextField(blank=True)  # with placeholders; grows while writing
    error = models.CharField(max_length=200, blank=True)  # in English, translated when shown
    sources = models.JSONField(default=list)
    """[{"kind": "chunk"|"question", "id", "title", "url", "score", "text"}], best first."""
    article = models.ForeignKey(
        Article, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    """The article that it stands on: of the first passage that it cites, or else was given. By its
    source the reports put drafts into categories."""
    prompt_tokens = models.IntegerField(default=0)
    tokens = models.IntegerField(default=0)
    seconds = models.FloatField(default=0)
    prefill_seconds = models.FloatField(default=0)  # reading the prompt; rows share the time
    decode_seconds = models.FloatField(default=0)
    peak_mebibytes = models.FloatField(default=0)
    is_canary = models.BooleanField(default=False)
    marks = models.JSONField(default=dict, blank=True)
    """What the agent should know: {"cut": the prompt was shortened, "unfinished": the model had to
    stop, "unsupported": no source says so, "cited": [numbers of sources], "removed": {what: how
    many}}; a key that says nothing may be missing."""
    first_text_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["message", "slot"], name="suggestion_per_slot")
        ]

    def __str__(self) -> str:
        return f"suggestion {self.pk}"


class Rating(models.Model):
    """One per agent and suggestion; rating again replaces the stars."""

    suggestion = models.ForeignKey(Suggestion, on_delete=models.CASCADE, related_name="ratings")
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="ratings"
    )
    stars = models.SmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(5)])
    reason = models.CharField(max_length=1000, blank=True)  # with placeholders
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["suggestion", "agent"], name="rating_per_agent"),
            models.CheckConstraint(
                condition=Q(stars__gte=1) & Q(stars__lte=5), name="rating_1_to_5"
            ),
        ]

    def __str__(self) -> str:
        return f"rating {self.pk}"


class Reply(models.Model):
    """What was sent. One reply to each waiting customer message: `send_key` makes a repeated send
    (a double click, a web process that died after the commit) the same reply."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="replies")
    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="reply")
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="replies"
    )
    suggestion = models.ForeignKey(
        Suggestion, null=True, blank=True, on_delete=models.SET_NULL, related_name="replies"
    )
    edit_share = models.FloatField(null=True, blank=True)
    """Levenshtein distance between draft and reply over the longer length, 0 = sent as drafted."""
    send_key = models.CharField(max_length=64, unique=True)
    answers = models.ForeignKey(
        Message, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    """The customer's message that waited."""
    waiting_since = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    """When the agent opened the ticket for this answer."""
    held_until = models.DateTimeField(null=True, blank=True)
    """Until then it goes nowhere and can be undone."""
    learned_at = models.DateTimeField(null=True, blank=True)
    """When it became a past answer that search finds; the sweep looks for replies without it."""
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["agent", "held_until"],
                name="reply_held",
                condition=Q(held_until__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"reply {self.pk}"
