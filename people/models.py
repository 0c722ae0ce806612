"""Teams, invitations, and the record of who changed what."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_totp.models import TOTPDevice

from people.roles import ADMIN, AGENT, LEAD
from runtime.encryption import decrypt


class Team(models.Model):
    """Whose tickets only its members (and admins) see; a ticket without a team is everybody's."""

    name = models.CharField(max_length=100, unique=True)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="teams")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Invitation(models.Model):
    """A link by which somebody becomes one of the desk's people; only its SHA-256 is kept."""

    class Role(models.TextChoices):
        AGENT = AGENT, _("agent")
        LEAD = LEAD, _("lead")
        ADMIN = ADMIN, _("admin")

    email = models.EmailField()
    role = models.CharField(max_length=10, choices=Role, default=Role.AGENT)
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"invitation {self.pk}"


class AuditEntry(models.Model):
    """Who changed what at this desk. Names of things and figures, never a customer's words."""

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    """Empty for a command or the program itself."""
    action = models.CharField(max_length=60, db_index=True)  # "person.invited", see people.audit
    target = models.CharField(max_length=200, blank=True)  # "version sample-tuned-a", "ticket 12"
    details = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"audit entry {self.pk}"


class Attempt(models.Model):
    """How often a secret was guessed in vain, by whom or from where (see people.throttling)."""

    key = models.CharField(max_length=64, primary_key=True)
    failures = models.FloatField(default=0)  # each is forgotten bit by bit
    last_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.failures} attempts"


class Authenticator(TOTPDevice):
    """Somebody's app: django-otp's device, with its secret under the desk's key and not as it is.
    The field `key` of django-otp stays empty. Raises UnreadableVault where the key is missing."""

    secret_encrypted = models.BinaryField()

    @property
    def bin_key(self) -> bytes:
        return bytes.fromhex(decrypt(self.secret_encrypted))
