"""One module a type. A detector reads a `Reading` and yields candidates; the registries are the
lists of those in use, and their order does not matter."""

from collections.abc import Callable, Iterable

from text.privacy import names
from text.privacy.detectors import (
    api_key,
    card_code,
    company_id,
    email,
    guards,
    iban,
    ip,
    login,
    national_id,
    numeric,
    otp,
    postal_code,
    url_secret,
    username,
)
from text.privacy.reading import Reading
from text.privacy.spans import Candidate

Detector = Callable[[Reading], Iterable[Candidate]]

DETECTORS: tuple[tuple[str, Detector], ...] = (
    ("has_number", numeric.candidates),
    ("has_named_number", national_id.candidates),
    ("has_named_number", company_id.candidates),
    ("has_named_number", otp.candidates),
    ("has_named_number", card_code.candidates),
    ("has_number", iban.candidates),
    ("has_number", guards.candidates),
    ("has_digit", ip.candidates),
    ("has_link", url_secret.candidates),
    ("has_long", api_key.candidates),
    ("has_word", email.candidates),
    ("has_name", postal_code.candidates),
    ("has_name", login.candidates),
    ("has_word", username.candidates),
)
"""With what a text must have (see `Reading`) for the detector to find anything."""

NAME_DETECTORS: tuple[Detector, ...] = (names.candidates,)
"""People's names and addresses: left out by `find(names=False)`."""
