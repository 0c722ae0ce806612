"""Customers, their tickets, and what is said in them."""

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.utils.translation import gettext_lazy as _

from people.models import Team


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

    class Priority(models.IntegerChoices):
        LOW = 0, _("low")
        NORMAL = 1, _("normal")
        HIGH = 2, _("high")
        URGENT = 3, _("urgent")

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
    no_good_answer = models.BooleanField(default=False)
    """Search found nothing that fits and the drafts disagree: three guesses, and shown as such."""
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="tickets"
    )
    """Whose it is; empty: everybody's (see tickets.access)."""
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="assigned_tickets",
    )
    priority = models.SmallIntegerField(choices=Priority, default=Priority.NORMAL)
    waiting_since = models.DateTimeField(null=True, blank=True)
    """When the customer's message that waits came, the first of several; empty: nobody waits."""
    closed_at = models.DateTimeField(null=True, blank=True)
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="merged"
    )
    search = SearchVectorField(null=True)
    """Stems of subject and messages (see tickets.searching)."""
    created_at = models.DateTimeField(db_index=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="ticket_per_source")
        ]
        indexes = [
            # the inbox's orders, see tickets.inbox
            models.Index(
                fields=["waiting_since", "id"],
                name="ticket_waiting",
                condition=models.Q(waiting_since__isnull=False),
            ),
            models.Index(
                fields=["-priority", "waiting_since", "id"],
                name="ticket_urgent",
                condition=models.Q(waiting_since__isnull=False),
            ),
            models.Index(
                fields=["assignee", "waiting_since", "id"],
                name="ticket_mine",
                condition=models.Q(waiting_since__isnull=False),
            ),
            models.Index(fields=["state", "-created_at", "-id"], name="ticket_by_state"),
            GinIndex(fields=["search"], name="ticket_search"),
            models.Index(
                fields=["id"], name="ticket_to_index", condition=models.Q(search__isnull=True)
            ),
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
    second_read = models.BooleanField(default=False)
    """The name model has read it too (see tickets.second_opinion); false where there is none."""
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["created_at", "pk"]

    def __str__(self) -> str:
        return f"message {self.pk}"
