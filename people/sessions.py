"""What somebody has open: `end_sessions` signs a person out everywhere, `ask_again_for` ends only
the live streams, so that what is open shrinks to what the person may see now.

A changed password ends sessions by itself (Django keeps a digest of it in them); a person who is
switched off is merely not let in, and would be in again the moment they are switched on.
"""

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.utils import timezone

from runtime.live import ask_again, topic_of


def end_sessions(user: User) -> int:
    """How many there were. Whose a session is stands inside it: each is read, which is some
    milliseconds for a desk's people."""
    rows = Session.objects.filter(expire_date__gt=timezone.now())
    wanted = str(user.pk)
    ended = [row.pk for row in rows.iterator() if row.get_decoded().get(SESSION_KEY) == wanted]
    Session.objects.filter(pk__in=ended).delete()
    ask_again_for(user)
    return len(ended)


def ask_again_for(user: User) -> None:
    ask_again(topic_of(user.pk))


def on_sees_less(sender: Any, user: User, **_more: Any) -> None:
    """Switched off, out of a team, another role."""
    if user.is_active:
        ask_again_for(user)
    else:
        end_sessions(user)


def on_signed_out(sender: Any, user: User | None, **_more: Any) -> None:
    if user is not None:
        ask_again_for(user)
