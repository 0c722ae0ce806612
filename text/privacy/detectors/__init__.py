"""One module a type. A detector reads a `Reading` and yields candidates; the registry is the list
of those in use, and its order does not matter."""

from collections.abc import Callable, Iterable

from text.privacy.detectors import bank_card, email, guards, iban, national_id, phone
from text.privacy.reading import Reading
from text.privacy.spans import Candidate

Detector = Callable[[Reading], Iterable[Candidate]]

DETECTORS: tuple[Detector, ...] = (
    email.candidates,
    phone.candidates,
    bank_card.candidates,
    national_id.candidates,
    iban.candidates,
    guards.candidates,
)
