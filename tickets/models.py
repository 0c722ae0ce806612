"""Customers, tickets and what is said in them, the vault, suggestions, ratings, replies.

Every text of a customer or agent in these tables stands with placeholders in place of personal
values; the values stand encrypted in `VaultEntry` and nowhere else.
"""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from llm.models import ModelVersion


class Customer(models.Model):
    """Found again by the keyed HMAC of the contact; the contact itself is encrypted."""

    contact_hmac = models.CharField(max_length=64, unique=True)
    contact_encrypted = models.BinaryField()
    name_encrypted = models.BinaryField(blank=True, default=bytes)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"customer {self.pk}"


class Ticket(models.Model):
    class State(models.TextChoices):
        NEW = "new", _("new")
        DRAFTING = "drafting", _("drafting")
        READY = "ready", _("ready")
        ANSWERED = "answered", _("answered")
        CLOSED = "closed", _("closed")
        SPAM = "spam", _("spam")

    OPEN_STATES = (State.NEW, State.DRAFTING, State.READY)

    customer = models.ForeignKey(
        Customer, null=True, blank=True, on_delete=models.PROTECT, related_name="tickets"
    )
    source = models.CharField(max_length=100, default="desk")
    external_id = models.CharField(max_length=200)
    subject = models.CharField(max_length=300, blank=True)
    lang = models.CharField(max_length=12)
    state = models.CharField(max_length=20, choices=State, default=State.NEW, db_index=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    """When a worker last gave a sign of life while drafting; the sweep takes back what is stale."""
    claim = models.CharField(max_length=36, blank=True)
    """Random id of the worker's claim: only the holder may write suggestions or finish."""
    attempts = models.SmallIntegerField(default=0)
    shuffle_seed = models.IntegerField(default=0)  # the order in which the drafts are shown
    found = models.JSONField(default=list, blank=True)
    """What search found for the waiting message, before any model wrote: same form as
    `Suggestion.sources`. The desk shows it at once, and also where no model is."""
    created_at = models.DateTimeField(db_index=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="ticket_per_source")
        ]

    def __str__(self) -> str:
        return f"ticket {self.pk}"


class Message(models.Model):
    class Role(models.TextChoices):
        CUSTOMER = "customer", _("customer")
        AGENT = "agent", _("agent")

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="messages")
    role = models.CharField(max_length=10, choices=Role)
    text = models.TextField()  # with placeholders
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["created_at", "pk"]

    def __str__(self) -> str:
        return f"message {self.pk}"


class VaultEntry(models.Model):
    """The encrypted value behind a placeholder; numbers are per ticket and type."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="vault_entries")
    type = models.CharField(max_length=20)
    number = models.IntegerField()
    value_hmac = models.CharField(max_length=64)  # so that the same value gets the same number
    value_encrypted = models.BinaryField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket", "type", "number"], name="vault_number"),
            models.UniqueConstraint(fields=["ticket", "type", "value_hmac"], name="vault_value"),
        ]

    def __str__(self) -> str:
        return f"vault entry {self.pk}"


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
    prompt_tokens = models.IntegerField(default=0)
    tokens = models.IntegerField(default=0)
    seconds = models.FloatField(default=0)
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
    learned_at = models.DateTimeField(null=True, blank=True)
    """When it became a past answer that search finds; the sweep looks for replies without it."""
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"reply {self.pk}"


class ApiToken(models.Model):
    """A person's token for the API; only its SHA-256 is kept."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens"
    )
    name = models.CharField(max_length=100)
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name
