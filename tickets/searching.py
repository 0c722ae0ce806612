"""Finding tickets by their words: `refresh` and `fill` keep `Ticket.search`, `found_by` asks it.

The column holds the stems of subject and messages, without placeholders. A trigger (migration
0004) empties it in the transaction that changes any of these words, whoever does so; `refresh`
fills it at once where an agent may look for it in the next second, the sweep's `fill` everywhere
else. So nothing that was masked or erased can be found for even a moment.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Final

from django.db import connection, transaction
from django.db.models import BooleanField, Q
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from people.roles import Person
from runtime.errors import InputError
from text.persian import canonical, terms
from text.privacy import find, mask
from text.privacy.placeholders import without_placeholders
from text.privacy.spans import EMAIL, LANDLINE, PHONE
from tickets import vault
from tickets.access import tickets_of
from tickets.models import Customer, Message, Ticket
from tickets.patterns import active_patterns

MAX_QUERY: Final = 200
MAX_TERMS: Final = 10_000
"""Of a ticket: its first ones."""
AT_A_TIME: Final = 500
_HIGHEST: Final = 2**63 - 1
_CONTACTS: Final = frozenset((EMAIL, PHONE, LANDLINE))


class BadSearch(InputError):
    """Nothing that could be looked for."""


@dataclass(frozen=True)
class Wanted:
    """What somebody typed: a ticket's number, a customer, or words without personal data."""

    ticket: int | None = None
    customer: int | None = None
    words: str = ""


def read_query(typed: str, *, reader: Person) -> Wanted:
    """Raises BadSearch. A customer's contact is looked up by its keyed hash and kept nowhere; one
    of whom the reader may see no ticket is nobody."""
    typed = canonical(typed.strip())
    if not typed or len(typed) > MAX_QUERY:
        raise BadSearch(_("Type 1 to %(limit)d characters.") % {"limit": MAX_QUERY})
    number = typed.removeprefix("#")
    if number.isascii() and number.isdigit() and (typed != number or len(number) < 8):
        ticket = tickets_of(reader).filter(pk=min(int(number), _HIGHEST)).first()
        if ticket is not None:
            return Wanted(ticket=ticket.pk)
        if typed != number:
            raise BadSearch(_("There is no ticket with this number."))
    if _is_contact(typed):
        return Wanted(customer=_customer(typed, reader))
    words = impersonal(typed)
    if not terms(words):
        raise BadSearch(_("Search for a word, a ticket's number or a customer's address."))
    return Wanted(words=words)


def impersonal(typed: str) -> str:
    """The words without what is personal in them: they stand in addresses and in saved views."""
    masked = mask(typed, patterns=active_patterns()).text
    return " ".join(without_placeholders(masked).split())


def _is_contact(typed: str) -> bool:
    spans = find(typed, names=False)
    if len(spans) != 1 or spans[0].type not in _CONTACTS:
        return False
    return not (typed[: spans[0].start] + typed[spans[0].end :]).strip(" <>().,;:")


def _customer(contact: str, reader: Person) -> int:
    known = Customer.objects.filter(contact_hmac=vault.contact_hmac(contact.strip(" <>().,;:")))
    pk = tickets_of(reader).filter(customer__in=known).values_list("customer", flat=True).first()
    if pk is None:
        raise BadSearch(_("There is no customer with this e-mail or telephone."))
    return int(pk)


def found_by(words: str) -> Q | RawSQL:
    """A condition on tickets: all of the words, in any form."""
    wanted = list(dict.fromkeys(terms(words)))
    if not wanted:
        return Q(pk__in=[])
    query = " & ".join(_quoted(term) for term in wanted)
    return RawSQL("tickets_ticket.search @@ %s::tsquery", [query], output_field=BooleanField())


def refresh(*ticket_ids: int) -> None:
    """In the transaction that changed the words, under the tickets' locks."""
    texts: dict[int, list[str]] = defaultdict(list)
    for pk, subject in Ticket.objects.filter(pk__in=ticket_ids).values_list("pk", "subject"):
        texts[pk].append(subject)
    rows = Message.objects.filter(ticket__in=list(texts)).order_by("ticket", "pk")
    for pk, text in rows.values_list("ticket_id", "text"):
        texts[pk].append(text)
    _write({pk: terms_of(parts) for pk, parts in texts.items()})


def fill(*, at_most: int = AT_A_TIME) -> int:
    """Tickets whose words nobody has read yet; how many were done."""
    with transaction.atomic():
        rows = Ticket.objects.filter(search=None).order_by("pk")
        waiting = rows.select_for_update(skip_locked=True, no_key=True)
        pks = list(waiting.values_list("pk", flat=True)[:at_most])
        refresh(*pks)
    return len(pks)


def terms_of(texts: Iterable[str]) -> list[str]:
    found = (term for text in texts for term in terms(without_placeholders(text)))
    return list(islice(dict.fromkeys(found), MAX_TERMS))


def _write(vectors: dict[int, list[str]]) -> None:
    if not vectors:
        return
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE tickets_ticket SET search = array_to_tsvector(%s::text[]) WHERE id = %s",
            [(found, pk) for pk, found in vectors.items()],
        )


def _quoted(term: str) -> str:
    return "'" + term.replace("\\", "\\\\").replace("'", "''") + "'"
