"""What a django-helpdesk door is told: `of(door)` reads it, `cleaned(…)` checks what was written.

Everything but the password stands in `Door.options`.
"""

from dataclasses import asdict, dataclass
from typing import Any, Final
from urllib.parse import urljoin

from django.utils.translation import gettext as _

from doors.http import check_url
from doors.models import Door
from runtime.errors import InputError

BASIC: Final = "basic"
TOKEN: Final = "token"  # noqa: S105  a way to sign in
BEARER: Final = "bearer"
AUTHS: Final = (BASIC, TOKEN, BEARER)
OPEN: Final = "open"
NEW: Final = "new"
STARTS: Final = (OPEN, NEW)
MAX_QUEUES: Final = 100
MAX_STATUS: Final = 1000
_MAX_NUMBER: Final = 2**31 - 1


class BadOptions(InputError):
    """Something in the form of a door cannot be used."""


@dataclass(frozen=True)
class HelpdeskOptions:
    """`url`: where django-helpdesk stands, its API below. `queues`: numbers over there, empty: all.
    `start`: all open tickets, or those opened from now on. `reply_status`: what a ticket becomes
    over there when it was answered here; None: stays. `settle_seconds`: so long a request whose
    answer was not heard may still be at work over there. `poll_seconds`: between two looks."""

    url: str
    auth: str = BASIC
    username: str = ""
    queues: tuple[int, ...] = ()
    start: str = OPEN
    open_statuses: tuple[int, ...] = (1, 2)
    reply_status: int | None = None
    settle_seconds: int = 60
    poll_seconds: int = 60

    def api(self, path: str) -> str:
        return urljoin(self.url, f"api/{path}")

    def page_of(self, number: str) -> str:
        """A ticket's page over there."""
        return urljoin(self.url, f"tickets/{number}/")


def of(door: Door) -> HelpdeskOptions:
    told = door.options
    return HelpdeskOptions(
        url=str(told["url"]),
        auth=str(told.get("auth", BASIC)),
        username=str(told.get("username", "")),
        queues=tuple(told.get("queues", ())),
        start=str(told.get("start", OPEN)),
        open_statuses=tuple(told.get("open_statuses", (1, 2))),
        reply_status=told.get("reply_status"),
        settle_seconds=int(told.get("settle_seconds", 60)),
        poll_seconds=int(told.get("poll_seconds", 60)),
    )


def cleaned(options: HelpdeskOptions) -> dict[str, Any]:
    """As they are stored. Raises BadOptions or BadAddress."""
    if options.auth not in AUTHS or options.start not in STARTS:
        raise BadOptions(_("Choose one of the given ways."))
    if options.auth == BASIC and not options.username.strip():
        raise BadOptions(_("Write the name of the account over there."))
    if len(options.username) > 150 or ":" in options.username:
        raise BadOptions(_("A name has 150 characters at most and no colon."))
    if len(options.queues) > MAX_QUEUES or not all(0 < n <= _MAX_NUMBER for n in options.queues):
        raise BadOptions(_("Write the numbers of the queues with commas between: 1, 4."))
    statuses = (*options.open_statuses, options.reply_status or 1)
    if not options.open_statuses or not all(0 < n <= MAX_STATUS for n in statuses):
        raise BadOptions(_("A status is a number between 1 and 1000."))
    if not (0 <= options.settle_seconds <= 3600 and 0 <= options.poll_seconds <= 3600):
        raise BadOptions(_("Waits and pauses are 0 to 3600 seconds."))
    url = options.url.strip().split("#")[0].split("?")[0].removesuffix("/").removesuffix("/api")
    return {**asdict(options), "url": f"{check_url(url)}/", "username": options.username.strip()}


def numbers(written: str) -> tuple[int, ...]:
    """ "1, 4" as a form has it. Raises BadOptions."""
    parts = [part.strip() for part in written.replace("،", ",").split(",") if part.strip()]
    if not all(part.isdecimal() and len(part) < 11 for part in parts):
        raise BadOptions(_("Write the numbers of the queues with commas between: 1, 4."))
    return tuple(dict.fromkeys(int(part) for part in parts))
