"""The only way from a placeholder back to its value, and the record of who took it.

A reading is written down before its values are given out: where the record cannot be written,
nothing is read.
"""

from collections.abc import Container
from typing import Final

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from text.privacy.placeholders import placeholder, placeholders_in
from tickets.models import Ticket, VaultEntry, VaultReading
from tickets.vault.cipher import UnreadableVault, decrypt
from tickets.vault.permission import may_reveal

MAX_WRITTEN: Final = 200
"""Characters of a placeholder that a person asks for."""


class _Everything:
    def __contains__(self, name: object) -> bool:
        return True


def values_of(
    ticket: Ticket,
    *,
    reader: User | None,
    purpose: VaultReading.Purpose,
    only: Container[str] = _Everything(),
    skip_unreadable: bool = False,
) -> dict[str, str]:
    """{"[PHONE_1]": value} as `text.privacy.restore` takes it, of those in `only`; expired values
    are not in it. `reader` None is a command. Raises PermissionDenied for a person who may not see
    values, unless they are to be sent; and UnreadableVault when no key opens one of them, or leaves
    it out with `skip_unreadable`."""
    if reader is not None and purpose != VaultReading.Purpose.SEND and not may_reveal(reader):
        raise PermissionDenied
    values: dict[str, str] = {}
    types: set[str] = set()
    for row in VaultEntry.objects.filter(ticket=ticket, expires_at__gt=timezone.now()):
        name = placeholder(row.type, row.number)
        if name not in only:
            continue
        try:
            values[name] = decrypt(row.value_encrypted)
        except UnreadableVault:
            if not skip_unreadable:
                raise
        else:
            types.add(row.type)
    if values:
        VaultReading.objects.create(
            user=reader,
            ticket=ticket,
            ticket_number=ticket.pk,
            types=sorted(types),
            purpose=purpose,
        )
    return values


def reveal(ticket: Ticket, placeholder: str, *, reader: User) -> str | None:
    """The value behind one placeholder, however it is spelled. None: expired, destroyed, or this
    ticket has none of that name. Raises PermissionDenied and UnreadableVault."""
    if not may_reveal(reader):
        raise PermissionDenied
    names = [name for name, _type in placeholders_in(placeholder[:MAX_WRITTEN])]
    if len(names) != 1:
        return None
    read = values_of(ticket, reader=reader, purpose=VaultReading.Purpose.REVEAL, only=names)
    return read.get(names[0])


def check_readable(ticket: Ticket, *, only: Container[str]) -> None:
    """Raises UnreadableVault if a value in `only` could not be given out later. Gives none."""
    for row in VaultEntry.objects.filter(ticket=ticket, expires_at__gt=timezone.now()):
        if placeholder(row.type, row.number) in only:
            decrypt(row.value_encrypted)


def known_placeholders(ticket: Ticket) -> set[str]:
    """The placeholders that have a value still. Reads none of them."""
    rows = VaultEntry.objects.filter(ticket=ticket, expires_at__gt=timezone.now())
    return {placeholder(type_, number) for type_, number in rows.values_list("type", "number")}
