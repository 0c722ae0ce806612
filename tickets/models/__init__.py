"""Customers, tickets and what is said in them, the vault, suggestions, ratings, replies.

Every text of a customer or agent in these tables stands with placeholders in place of personal
values; the values stand encrypted in `VaultEntry` and nowhere else.
"""

from tickets.models.access import ApiToken, IdempotencyKey
from tickets.models.desk import (
    Attachment,
    CannedReply,
    NoGoodAnswer,
    Note,
    ReplyDraft,
    Rewrite,
    SavedView,
    TicketEvent,
)
from tickets.models.drafts import Rating, Reply, Suggestion
from tickets.models.imports import TicketImportRun
from tickets.models.privacy import CustomPattern, PrivacyMiss, RetentionRule, RightsRequest
from tickets.models.tickets import Customer, Message, Ticket
from tickets.models.vault import VaultEntry, VaultReading

__all__ = [
    "ApiToken",
    "Attachment",
    "CannedReply",
    "CustomPattern",
    "Customer",
    "IdempotencyKey",
    "Message",
    "NoGoodAnswer",
    "Note",
    "PrivacyMiss",
    "Rating",
    "Reply",
    "ReplyDraft",
    "RetentionRule",
    "Rewrite",
    "RightsRequest",
    "SavedView",
    "Suggestion",
    "Ticket",
    "TicketEvent",
    "TicketImportRun",
    "VaultEntry",
    "VaultReading",
]
