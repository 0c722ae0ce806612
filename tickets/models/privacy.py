"""What a company adds to the privacy engine, what the engine missed, and customers' rights.

No row here holds a personal value.
"""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from tickets.models.tickets import Ticket


class CustomPattern(models.Model):
    """A number of the company's own that is masked too: an order's, a contract's."""

    name = models.CharField(max_length=20, unique=True)
    """Also the placeholder's type: capital letters and `_`."""
    template = models.CharField(max_length=60)
    """`#` a digit, `@` a letter, `*` either, everything else as it stands."""
    active = models.BooleanField(default=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class PrivacyMiss(models.Model):
    """An agent marked what the engine had left. It counts in the privacy report."""

    ticket = models.ForeignKey(Ticket, null=True, on_delete=models.SET_NULL, related_name="misses")
    type = models.CharField(max_length=20)
    marked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    places = models.IntegerField(default=0)  # texts in which it was masked
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"miss {self.pk}"


class RetentionRule(models.Model):
    """How long something is kept; without a number of days for good."""

    class Kind(models.TextChoices):
        CLOSED_TICKETS = "closed_tickets", _("answered and closed tickets")
        SPAM = "spam", _("spam")
        SUGGESTIONS = "suggestions", _("drafts that were not sent")
        CUSTOMERS = "customers", _("customers without tickets")
        READINGS = "readings", _("the record of who read values")

    kind = models.CharField(max_length=20, choices=Kind, unique=True)
    days = models.IntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    last_applied_at = models.DateTimeField(null=True, blank=True)
    last_removed = models.IntegerField(default=0)

    class Meta:
        ordering = ["kind"]

    def __str__(self) -> str:
        return self.kind


class RightsRequest(models.Model):
    """That a customer's data were exported or erased: counts, never contents."""

    class Kind(models.TextChoices):
        EXPORT = "export", _("exported")
        ERASE = "erase", _("erased")

    kind = models.CharField(max_length=10, choices=Kind)
    customer_hmac = models.CharField(max_length=64, db_index=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    counts = models.JSONField(default=dict)  # {"tickets": 3, "messages": 9, …}
    versions = models.JSONField(default=list)  # names of the model versions trained on it
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    """Empty while it runs, or where it was cut off: asking again goes on with it."""

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"request {self.pk}"
