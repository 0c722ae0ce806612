"""Personal data in a text: found, replaced by placeholders, put back. Pure: no Django, no storage.

Public entry: `find` (where it stands; `explain` says why), `mask` (a text with
placeholders and the values behind them) and `restore` (values back in one pass).

A detector (see `detectors/`) proposes candidates with a weight made of shape, checksum and the
words around; `finding` keeps the heaviest ones that do not overlap. A new type is a new detector in
the registry. Guards are detectors too: they claim what looks like personal data and is none (dates,
addresses on the net, tracking codes), so that nothing lighter masks it.
"""

from text.privacy.finding import explain, find
from text.privacy.masking import Found, Masked, fingerprint_as_is, mask
from text.privacy.normal import normal_value
from text.privacy.patterns import BadPattern, Pattern
from text.privacy.placeholders import escape, highest_numbers, restore
from text.privacy.spans import Finding, Span

__all__ = [
    "BadPattern",
    "Finding",
    "Found",
    "Masked",
    "Pattern",
    "Span",
    "escape",
    "explain",
    "find",
    "fingerprint_as_is",
    "highest_numbers",
    "mask",
    "normal_value",
    "restore",
]
