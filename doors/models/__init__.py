"""Doors, what came in and goes out through them, and webhooks.

No row here holds a customer's words: ids, digests, states and figures only; secrets are encrypted.
"""

from doors.models.doors import Door, Incoming, MailReference, Outgoing
from doors.models.webhooks import WebhookDelivery, WebhookEndpoint

__all__ = ["Door", "Incoming", "MailReference", "Outgoing", "WebhookDelivery", "WebhookEndpoint"]
