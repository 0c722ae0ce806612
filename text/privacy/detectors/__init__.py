"""One module a type. A detector reads a `Reading` and yields candidates; the registry is the list
of those in use, and its order does not matter."""

from collections.abc import Callable, Iterable

from text.privacy.detectors import (
    api_key,
    bank_card,
    company_id,
    email,
    guards,
    iban,
    ip,
    national_id,
    phone,
    postal_code,
    secrets,
    url_secret,
    username,
)
from text.privacy.reading import Reading
from text.privacy.spans import Candidate

Detector = Callable[[Reading], Iterable[Candidate]]

DETECTORS: tuple[Detector, ...] = (
    email.candidates,
    phone.candidates,
    bank_card.candidates,
    national_id.candidates,
    iban.candidates,
    company_id.candidates,
    postal_code.candidates,
    ip.candidates,
    url_secret.candidates,
    api_key.candidates,
    secrets.candidates,
    username.candidates,
    guards.candidates,
)
