"""What a customer may ask for: everything about them (`export_customer`), or nothing of them any
more (`erase_customer`); and how long the desk keeps things by itself (`retention`).

A person is found by their contact, in any spelling. Tickets that came without one (an import) are
exported and erased by their number. Both leave a `RightsRequest`: a keyed hash, counts and the
names of model versions that learned from it, no word of the customer.
"""

from tickets.rights.erasing import erase_customer, erase_ticket, erase_tickets
from tickets.rights.exporting import export_customer, export_ticket
from tickets.rights.finding import erased_before, find_customer, tickets_mentioning
from tickets.rights.lessons import Lesson

__all__ = [
    "Lesson",
    "erase_customer",
    "erase_ticket",
    "erase_tickets",
    "erased_before",
    "export_customer",
    "export_ticket",
    "find_customer",
    "tickets_mentioning",
]
