"""How often a secret may be guessed: after some failures, each next attempt has to wait longer.
Failures are forgotten one by one, so that the mistakes of an office that shares an address do not
add up over weeks.

`attempt` counts before the secret is looked at, under the rows' locks, so that many guesses sent
at once count like one after the other. Kept in the database, which all web processes share; what
is counted stands there as a keyed digest, so that the table names nobody.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import ngettext

from people.models import Attempt
from runtime.errors import InputError
from runtime.templatetags.desk_text import digits

FORGOTTEN_AFTER: Final = timedelta(days=1)
AT_A_TIME: Final = 1000


@dataclass(frozen=True)
class Limit:
    """`free` failures cost nothing; each further one doubles the wait, up to `most` seconds. One is
    forgotten every `forgets` seconds."""

    free: int
    most: int
    forgets: int = 1200


@dataclass(frozen=True)
class Key:
    limit: Limit
    what: tuple[str, ...]

    @property
    def digest(self) -> str:
        return salted_hmac(
            "people.throttling", "\0".join(self.what), algorithm="sha256"
        ).hexdigest()


class TooManyAttempts(InputError):
    """`seconds` until the next one is looked at."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        minutes = max(1, -(-seconds // 60))
        line = ngettext(
            "Too many attempts. Try again in %(number)s minute.",
            "Too many attempts. Try again in %(number)s minutes.",
            minutes,
        )
        super().__init__(line % {"number": digits(minutes)})


def address_of(request: HttpRequest | None) -> str:
    """Where a request comes from. Of an IPv6 address the network: one line has 2^64 of them, and
    each would be a stranger."""
    given = str(request.META.get("REMOTE_ADDR", "")) if request else ""
    try:
        address = ip_address(given.partition("%")[0])
    except ValueError:  # a socket's, or none
        return given
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ip_network((address, 64), strict=False))


def attempt(keys: Sequence[Key]) -> None:
    """Raises TooManyAttempts, and then nothing was counted. Say `succeeded` when it was right."""
    now = timezone.now()
    _forget_old(now)
    with transaction.atomic():
        rows = _locked(keys, now)
        waits = [_wait(rows[key.digest], key.limit, now) for key in keys]
        if max(waits) > 0:
            raise TooManyAttempts(max(waits))
        for key in keys:
            row = rows[key.digest]
            row.failures = _left(row, key.limit, now) + 1
            row.last_at = now
        Attempt.objects.bulk_update(rows.values(), ["failures", "last_at"])


def succeeded(own: Sequence[Key], shared: Sequence[Key] = ()) -> None:
    """What only this person can have counted is forgotten; of what others count on too (an
    address), this one attempt is taken back."""
    with transaction.atomic():
        rows = _locked([*own, *shared], timezone.now())
        for key in own:
            rows[key.digest].failures = 0
        for key in shared:
            rows[key.digest].failures = max(0, rows[key.digest].failures - 1)
        Attempt.objects.bulk_update(rows.values(), ["failures"])


def _forget_old(now: datetime) -> None:
    with transaction.atomic():
        old = Attempt.objects.select_for_update(skip_locked=True)
        old = old.filter(last_at__lt=now - FORGOTTEN_AFTER)[:AT_A_TIME]
        Attempt.objects.filter(key__in=[row.key for row in old]).delete()


def _locked(keys: Sequence[Key], now: datetime) -> dict[str, Attempt]:
    """In the order of their keys, so that two attempts never wait for each other."""
    digests = sorted(key.digest for key in keys)
    found: dict[str, Attempt] = {}
    while len(found) < len(set(digests)):  # one that is old may be deleted at this very moment
        Attempt.objects.bulk_create(
            [Attempt(key=digest, last_at=now) for digest in digests], ignore_conflicts=True
        )
        rows = Attempt.objects.select_for_update().filter(key__in=digests).order_by("key")
        found = {row.key: row for row in rows}
    return found


def _left(row: Attempt, limit: Limit, now: datetime) -> float:
    """Of its failures, those that are not forgotten."""
    gone = max(0.0, (now - row.last_at).total_seconds())
    return max(0.0, row.failures - gone / limit.forgets)


def _wait(row: Attempt, limit: Limit, now: datetime) -> int:
    beyond = math.ceil(_left(row, limit, now)) - limit.free
    if beyond < 0:
        return 0
    wait = min(limit.most, 2 ** min(beyond, 20))
    left = (row.last_at + timedelta(seconds=wait) - now).total_seconds()
    return max(0, int(-(-left // 1)))
