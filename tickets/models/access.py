"""Who may use the API."""

from django.conf import settings
from django.db import models


class ApiToken(models.Model):
    """A person's token for the API; only its SHA-256 is kept."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens"
    )
    name = models.CharField(max_length=100)
    token_hash = models.CharField(max_length=64, unique=True)
    start = models.CharField(max_length=20, blank=True)  # its first letters, to know it by
    scopes = models.JSONField(default=list)
    """What it may do (see tickets.api.scopes); an empty list, of a token from before there were
    scopes, is everything."""
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    window_at = models.DateTimeField(
        null=True, blank=True
    )  # requests are counted since (throttling)
    window_count = models.IntegerField(default=0)

    def __str__(self) -> str:
        return self.name


class IdempotencyKey(models.Model):
    """A request that a program may send again: what became of it the first time. Written in the
    transaction of what it made; while that is under way, an advisory lock stands for it."""

    token = models.ForeignKey(ApiToken, on_delete=models.CASCADE, related_name="keys")
    key_hash = models.CharField(max_length=64)
    request_digest = models.CharField(max_length=64)
    """Of method, address and body: another request with the same key is refused."""
    status = models.SmallIntegerField()
    reference = models.CharField(max_length=100)  # "message 12": the row that it made
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["token", "key_hash"], name="idempotency_per_token")
        ]

    def __str__(self) -> str:
        return f"idempotency key {self.pk}"
