"""The vault: personal values, encrypted, apart from the texts that hold their placeholders.

- `masker`: `TicketMasker` masks all texts of one ticket with one numbering and keeps the values.
- `reading`: the only way back. `values_of` for a reply that goes out or an export, `reveal` for
  a person's eyes, with the permission; each reading is written down first, in `VaultReading`.
- `cipher`: `runtime.encryption` (the first of `settings.KEYS.vault` writes, all of them read) and
  keyed HMACs. A value's is bound to its ticket, so that a stolen database links no two tickets
  by one.
- `rotation`: everything under the newest key, so that an older one can be thrown away.

Values are deleted when they expire; their placeholders stay in the texts, and their numbers are
never given again. Passwords, one-time codes and card codes never get here.
"""

from tickets.vault.cipher import (
    UnreadableVault,
    contact_hmac,
    decrypt,
    encrypt,
    opaque_id,
    readable,
)
from tickets.vault.masker import TicketMasker, expiry, forget_expired
from tickets.vault.permission import may_reveal
from tickets.vault.reading import check_readable, known_placeholders, reveal, values_of
from tickets.vault.rotation import RotationReport, rotate

__all__ = [
    "RotationReport",
    "TicketMasker",
    "UnreadableVault",
    "check_readable",
    "contact_hmac",
    "decrypt",
    "encrypt",
    "expiry",
    "forget_expired",
    "known_placeholders",
    "may_reveal",
    "opaque_id",
    "readable",
    "reveal",
    "rotate",
    "values_of",
]
