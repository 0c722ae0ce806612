"""The values behind the placeholders, and who read them."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from tickets.models.tickets import Ticket


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
        permissions = [("reveal_values", _("Can see the personal values behind placeholders"))]

    def __str__(self) -> str:
        return f"vault entry {self.pk}"


class VaultReading(models.Model):
    """Somebody read values of a ticket. Which types, never what they were."""

    class Purpose(models.TextChoices):
        REVEAL = "reveal", _("seen at the desk")
        SEND = "send", _("put into a reply")
        EXPORT = "export", _("exported for the customer")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    """Empty for a command: whoever may run commands on the server."""
    ticket = models.ForeignKey(
        Ticket, null=True, on_delete=models.SET_NULL, related_name="readings"
    )
    ticket_number = models.BigIntegerField()  # stays when the ticket is erased
    types = models.JSONField(default=list)  # ["PHONE"], sorted, each once
    purpose = models.CharField(max_length=20, choices=Purpose)
    at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"reading {self.pk}"
