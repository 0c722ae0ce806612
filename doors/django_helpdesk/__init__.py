"""Another help desk, django-helpdesk: its open tickets come in, the replies go back to it.

It is asked from here by its own API, and nothing has to be changed over there (ADR 0011). Entry:
`KIND`, for the loop in `doors.working`.
"""

from doors.django_helpdesk.client import client_of
from doors.django_helpdesk.receiving import receive
from doors.django_helpdesk.sending import find_sent, send
from doors.kinds import Kind
from doors.models import Door


def check(door: Door) -> None:
    """Raises DoorTrouble, or the other desk has let us in."""
    client_of(door).open_page(1, size=1)


KIND = Kind(check=check, receive=receive, send=send, find_sent=find_sent)
