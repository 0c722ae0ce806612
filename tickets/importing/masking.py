"""A conversation as it may be stored: `mask(conversation, …)` puts placeholders in place of
personal values, with one numbering, and keeps the values apart for the vault."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone

from text.language import detect
from text.privacy.placeholders import cut
from tickets import vault
from tickets.importing.records import CUSTOMER, PastConversation, Role
from tickets.intake import MAX_SUBJECT, stored_external_id


@dataclass(frozen=True)
class MaskedTurn:
    role: Role
    text: str = field(repr=False)
    at: datetime


@dataclass(frozen=True)
class MaskedTicket:
    """`masker` has the values; `contact` stands as it is, until it is encrypted."""

    external_id: str
    lang: str
    subject: str = field(repr=False)
    turns: tuple[MaskedTurn, ...] = field(repr=False)
    masker: vault.TicketMasker = field(repr=False)
    contact: str = field(default="", repr=False)


def mask(
    conversation: PastConversation, *, source: str, external_id: str, lang: str = ""
) -> MaskedTicket:
    """`lang`: for those that do not say and cannot be told by their letters."""
    masker = vault.TicketMasker(source=source, external_id=external_id)
    subject = masker.mask(conversation.subject) if conversation.subject else ""
    texts = [masker.mask(turn.text) for turn in conversation.turns]
    asked = "\n".join(
        text for turn, text in zip(conversation.turns, texts, strict=True) if turn.role == CUSTOMER
    )
    return MaskedTicket(
        external_id=external_id,
        lang=conversation.lang or lang or detect(asked),
        subject=cut(subject, MAX_SUBJECT),
        turns=tuple(_dated(conversation, texts)),
        masker=masker,
        contact=conversation.contact,
    )


def _dated(conversation: PastConversation, texts: list[str]) -> list[MaskedTurn]:
    """Every turn has a time, and none an earlier one than the turn before it."""
    last = next((turn.at for turn in conversation.turns if turn.at), None) or timezone.now()
    turns = []
    for turn, text in zip(conversation.turns, texts, strict=True):
        last = max(turn.at or last, last)
        turns.append(MaskedTurn(turn.role, text, last))
    return turns


def external_id_of(conversation: PastConversation) -> str:
    """As it is stored. One without an id is known again by its words and times."""
    if conversation.external_id:
        return stored_external_id(conversation.external_id)
    turns = conversation.turns
    moment = turns[0].at.isoformat() if turns[0].at else ""
    parts: tuple[str, ...]
    if len(turns) == 2 and turns[0].role == CUSTOMER:
        parts = (turns[0].text, turns[1].text, moment)  # as rows of two have always been known
    else:
        parts = (*(f"{turn.role}\n{turn.text}" for turn in turns), moment)
    digest = hashlib.sha256("\0".join(parts).encode())
    return vault.opaque_id(digest.hexdigest())
