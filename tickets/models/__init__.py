"""Customers, tickets and what is said in them, the vault, suggestions, ratings, replies.

Every text of a customer or agent in these tables stands with placeholders in place of personal
values; the values stand encrypted in `VaultEntry` and nowhere else.
"""

from tickets.models.access import ApiToken
from tickets.models.drafts import Rating, Reply, Suggestion
from tickets.models.imports import TicketImportRun
from tickets.models.privacy import CustomPattern, PrivacyMiss, RetentionRule, RightsRequest
from tickets.models.tickets import Customer, Message, Ticket
from tickets.models.vault import VaultEntry, VaultReading

__all__ = [
    "ApiToken",
    "CustomPattern",
    "Customer",
    "Message",
    "PrivacyMiss",
    "Rating",
    "Reply",
    "RetentionRule",
    "RightsRequest",
    "Suggestion",
    "Ticket",
    "TicketImportRun",
    "VaultEntry",
    "VaultReading",
]
