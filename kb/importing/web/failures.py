"""Why a fetch failed, as people may read it: an answer's status or an error of the network turned
into a named error. Nothing of the address or the answer but the host's name stands in a message.
"""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from django.utils.translation import gettext as _
from urllib3.exceptions import NameResolutionError, NewConnectionError, SSLError
from urllib3.exceptions import TimeoutError as RequestTimeout

from runtime.errors import InputError

LONGEST_WAIT = 60.0
"""What a server may ask for by Retry-After and still get within this reading."""
_AGAIN = frozenset({429, 500, 502, 503, 504})


class FetchFailed(InputError):
    """There is no answer that can be read. `status` is 0 where no answer came at all."""

    def __init__(self, message: str, *, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class Gone(FetchFailed):
    """404 or 410: the page is not there."""


class NotPermitted(InputError):
    """The address is not one of this reading: another site, a path left out, robots.txt."""


class Stopped(Exception):
    """Somebody asked to stop while we waited."""


class TryAgain(Exception):
    """It may go better the next time, after so many seconds at least; `reason` if not."""

    def __init__(self, reason: FetchFailed, after: float = 0.0) -> None:
        super().__init__(str(reason))
        self.reason, self.after = reason, after


def of_error(error: Exception, host: str, *, late: bool) -> Exception:
    """`late`: it was we who hung up."""
    timed_out = isinstance(error, RequestTimeout) and not isinstance(error, NewConnectionError)
    if late or timed_out:
        return TryAgain(FetchFailed(_("%(host)s did not answer in time.") % {"host": host}))
    if isinstance(error, NameResolutionError):
        return FetchFailed(_("The name %(host)s is not known.") % {"host": host})
    if isinstance(error, SSLError):
        return FetchFailed(_("The certificate of %(host)s is not valid.") % {"host": host})
    return TryAgain(FetchFailed(_("The connection to %(host)s failed.") % {"host": host}))


def of_status(status: int, retry_after: str) -> Exception:
    if status in (404, 410):
        return Gone(_("The page is not there (%(status)s).") % {"status": status}, status=status)
    if status in _AGAIN:
        after = _seconds(retry_after)
        reason = _("The server cannot answer now (%(status)s).") % {"status": status}
        if after > LONGEST_WAIT:
            reason = _("The server asks to come back in %(minutes)s minutes (%(status)s).") % {
                "minutes": round(after / 60) or 1,
                "status": status,
            }
        return TryAgain(FetchFailed(reason, status=status), after)
    if status in (401, 403, 407, 451):
        return FetchFailed(
            _("The server does not let us read it (%(status)s).") % {"status": status},
            status=status,
        )
    return FetchFailed(_("The server answered %(status)s.") % {"status": status}, status=status)


def _seconds(retry_after: str) -> float:
    """Retry-After: seconds, or a date."""
    text = retry_after.strip()
    if text.isascii() and text.isdecimal():
        return float(text[:9])
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return 0.0
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())
