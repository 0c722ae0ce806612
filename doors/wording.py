"""A reply's words on their way out, for every door: `words_of(outgoing)`. Values are put back here,
in memory, at the moment of sending.
"""

from typing import Final

from django.utils.translation import gettext_noop

from doors.kinds import NotSent, Refused
from doors.models import Outgoing
from tickets.replying import Delivered, delivered, without_value
from tickets.vault import UnreadableVault

EXPIRED: Final = gettext_noop(
    "A value in the reply has expired while it waited: write to the customer anew."
)
UNREADABLE: Final = gettext_noop(
    "The vault key that opens the customer's address or values is missing."
)


def words_of(outgoing: Outgoing) -> Delivered:
    """Raises NotSent without the vault's key; Refused where a value has expired since: no customer
    gets a placeholder."""
    reply = outgoing.reply
    try:
        words = delivered(reply, reader=reply.agent)
    except UnreadableVault:
        raise NotSent(UNREADABLE) from None
    if without_value(reply):
        raise Refused(EXPIRED)
    return words
