"""A door, and the ledgers of what passed through it: the ground of "none lost, none doubled"."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from people.models import Team
from tickets.models import Message, Reply, Ticket


class Door(models.Model):
    """A mailbox, another help desk, or a program that speaks to us by webhook."""

    class Kind(models.TextChoices):
        MAIL = "mail", _("mailbox")
        DJANGO_HELPDESK = "django_helpdesk", _("django-helpdesk")
        WEBHOOK = "webhook", _("webhook")

    kind = models.CharField(max_length=20, choices=Kind)
    name = models.CharField(max_length=100, unique=True)
    source = models.CharField(max_length=100, unique=True)
    """`Ticket.source` of what comes in here."""
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="doors"
    )
    active = models.BooleanField(default=True)
    options = models.JSONField(default=dict)  # hosts, names, field mapping; no secret
    secret_encrypted = models.BinaryField(blank=True, default=bytes)  # password, key
    cursor = models.JSONField(default=dict, blank=True)  # how far it has read
    claim = models.CharField(max_length=36, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    """When the process that works this door last gave a sign of life."""
    checked_at = models.DateTimeField(null=True, blank=True)
    last_ok_at = models.DateTimeField(null=True, blank=True)
    failures = models.IntegerField(default=0)  # in a row
    last_error = models.CharField(max_length=200, blank=True)  # in English, translated when shown
    window_at = models.DateTimeField(null=True, editable=False)
    window_count = models.IntegerField(default=0, editable=False)
    """Requests of this minute, for all web processes together."""
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Incoming(models.Model):
    """A message from outside, taken in once: written in the transaction that makes the ticket or
    the message."""

    class Outcome(models.TextChoices):
        TICKET = "ticket", _("a new ticket")
        MESSAGE = "message", _("added to a ticket")
        IGNORED = "ignored", _("not taken in")

    door = models.ForeignKey(Door, on_delete=models.CASCADE, related_name="incoming")
    remote_key = models.CharField(max_length=64)  # keyed digest of the id over there
    outcome = models.CharField(max_length=10, choices=Outcome)
    why = models.CharField(max_length=200, blank=True)  # it was ignored, in English
    ticket = models.ForeignKey(Ticket, null=True, on_delete=models.SET_NULL, related_name="+")
    message = models.ForeignKey(Message, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["door", "remote_key"], name="incoming_once")]

    def __str__(self) -> str:
        return f"incoming {self.pk}"


class Outgoing(models.Model):
    """A sent reply on its way out. Claimed by a conditional UPDATE; "unsure" is what a process left
    that died between asking and hearing: the other side is asked before it is sent again."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENDING = "sending", _("being sent")
        UNSURE = "unsure", _("perhaps sent")
        SENT = "sent", _("sent")
        FAILED = "failed", _("not sent")

    # A door with replies cannot be deleted, only paused: none is lost.
    door = models.ForeignKey(Door, on_delete=models.PROTECT, related_name="outgoing")
    remote_ticket = models.CharField(max_length=200, blank=True)
    """The ticket over there that is answered: merging tickets here does not change it."""
    reply = models.OneToOneField(Reply, on_delete=models.CASCADE, related_name="outgoing")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING, db_index=True)
    claim = models.CharField(max_length=36, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    attempts = models.SmallIntegerField(default=0)
    next_at = models.DateTimeField(db_index=True)  # not before `reply.held_until`
    remote_id = models.CharField(max_length=200, blank=True)  # Message-ID or number over there
    error = models.CharField(max_length=200, blank=True)  # in English, translated when shown
    sent_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"outgoing {self.pk}"


class MailReference(models.Model):
    """The Message-ID and the thread of a customer's mail, encrypted: what a reply has to name, so
    that it stands below it in the customer's mailbox. Goes with its message."""

    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="mail_reference")
    ids_encrypted = models.BinaryField()  # oldest first, between spaces

    def __str__(self) -> str:
        return f"mail reference {self.pk}"
