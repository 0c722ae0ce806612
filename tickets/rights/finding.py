"""Whose data: `find_customer` by contact, and tickets of others that mention the contact.

A value in the vault is compared by a keyed hash that is bound to its ticket, so that nobody links
tickets by a stolen database; the desk, which has the key, can ask ticket by ticket.
"""

from django.db.models import Q

from text.privacy import normal_value
from text.privacy.spans import EMAIL, LANDLINE, PHONE
from tickets import vault
from tickets.intake import MAX_CONTACT, clean
from tickets.models import Customer, RightsRequest, VaultEntry
from tickets.vault.cipher import value_hmac

_AT_A_TIME = 5000


def find_customer(contact: str) -> Customer | None:
    """By an e-mail address or a telephone number in any spelling."""
    contact = clean(contact)
    if not contact or len(contact) > MAX_CONTACT:
        return None
    return Customer.objects.filter(contact_hmac=vault.contact_hmac(contact)).first()


def erased_before(contact: str) -> RightsRequest | None:
    """The last time that this contact's data were erased."""
    digest = vault.contact_hmac(clean(contact)[:MAX_CONTACT])
    done = RightsRequest.objects.filter(kind=RightsRequest.Kind.ERASE, customer_hmac=digest)
    return done.exclude(finished_at=None).first()


def tickets_mentioning(contact: str, *, besides: Customer | None = None) -> list[int]:
    """Tickets of others, or of nobody, in whose texts the contact stands: as long as the vault
    keeps the value. A person decides what becomes of them."""
    contact = clean(contact)[:MAX_CONTACT]
    types = (EMAIL,) if "@" in contact else (PHONE, LANDLINE)
    normals = {type_: normal_value(type_, contact) for type_ in types}
    rows = VaultEntry.objects.filter(type__in=types)
    if besides is not None:
        rows = rows.filter(~Q(ticket__customer=besides) | Q(ticket__customer=None))
    found = rows.values_list(
        "ticket_id", "ticket__source", "ticket__external_id", "type", "value_hmac"
    )
    return sorted(
        {
            ticket
            for ticket, source, external_id, type_, digest in found.iterator(_AT_A_TIME)
            if normals[type_]
            and digest
            == value_hmac(
                source=source, external_id=external_id, type_=type_, normal=normals[type_]
            )
        }
    )
