"""django-helpdesk's API as this door uses it: read open tickets, read one, write a follow-up.

Nothing has to be changed over there. Its lists can be asked for by status alone, in the order of
their numbers, and every request walks all tickets of that status: so few, large pages are read, and
a single ticket only where it matters.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from doors import http
from doors.django_helpdesk.conversation import NotATicket, RemoteTicket, read_ticket
from doors.django_helpdesk.options import BASIC, TOKEN, HelpdeskOptions, of
from doors.kinds import DoorTrouble, NotSent, PerhapsSent, Refused
from doors.models import Door
from kb.importing.web.addresses import BadAddress
from kb.importing.web.guard import BlockedAddress
from tickets.vault import UnreadableVault, decrypt

PAGE: Final = 100
SMALLER: Final = 10
"""A page that is too long is read in so many parts, down to single tickets."""
MAX_FILE: Final = 20 * 1024 * 1024
_NOT_NOW = frozenset({429, 503})


class TooLong(DoorTrouble):
    """More than one answer may hold."""


@dataclass(frozen=True)
class Page:
    tickets: tuple[RemoteTicket, ...]
    count: int
    last: bool


class Client:
    def __init__(self, options: HelpdeskOptions, secret: str) -> None:
        self.options = options
        self._headers = {"Authorization": _authorization(options, secret)}

    def open_page(self, number: int, size: int = PAGE) -> Page:
        """Page `number` (from 1) of the open tickets, by their numbers; read in smaller ones where
        it is too long for one answer. Raises DoorTrouble."""
        try:
            return self._page(number, size)
        except TooLong:
            if size == 1:  # one that is never read; after it the list goes on
                return Page((), count=0, last=False)
        parts = []
        for part in range((number - 1) * SMALLER + 1, number * SMALLER + 1):
            parts.append(self.open_page(part, size // SMALLER))
            if parts[-1].last:
                break
        tickets = tuple(one for part in parts for one in part.tickets)
        return Page(tickets, count=max(part.count for part in parts), last=parts[-1].last)

    def _page(self, number: int, size: int) -> Page:
        query = {
            "status": ",".join(map(str, self.options.open_statuses)),
            "page_size": size,
            "page": number,
        }
        answer = self._get(self.options.api(f"tickets/?{urlencode(query)}"))
        if answer.status == 404 and number > 1:
            return Page((), count=0, last=True)  # there were more a moment ago
        told = _told(answer)
        try:
            tickets = tuple(read_ticket(row) for row in told["results"])
            return Page(tickets, count=int(told["count"]), last=told["next"] is None)
        except (KeyError, TypeError, ValueError) as error:
            raise DoorTrouble(_("The answer is not that of a django-helpdesk.")) from error

    def ticket(self, number: str) -> RemoteTicket | None:
        """None: it is not there any more, or not for this account. Raises DoorTrouble, TooLong."""
        answer = self._get(self.options.api(f"tickets/{int(number)}/"))
        if answer.status == 404:
            return None
        try:
            return read_ticket(_told(answer))
        except NotATicket as error:
            raise DoorTrouble(_("The answer is not that of a django-helpdesk.")) from error

    def file(self, url: str) -> bytes | None:
        """None where it cannot be had. Asked for at the same place alone."""
        root = "/".join(self.options.url.split("/")[:3]) + "/"
        if not url.startswith(root):
            return None
        try:
            answer = http.request("GET", url, headers=self._headers, most=MAX_FILE)
        except (http.BadAnswer, BadAddress, BlockedAddress):
            return None
        except (http.Unreachable, http.Unanswered) as problem:
            raise DoorTrouble(str(problem)) from problem
        return answer.data if answer.ok else None

    def write(self, number: str, text: str) -> str:
        """A public follow-up; its number. Raises NotSent, Refused, PerhapsSent or DoorTrouble, as a
        door's `send` does."""
        # Without a title: one would become the ticket's.
        told: dict[str, Any] = {"ticket": int(number), "comment": text, "public": True}
        if self.options.reply_status is not None:
            told["new_status"] = self.options.reply_status
        try:
            answer = http.request(
                "POST",
                self.options.api("followups/"),
                headers={**self._headers, "Content-Type": "application/json"},
                body=json.dumps(told).encode(),
            )
        except (http.Unanswered, http.BadAnswer) as problem:
            raise PerhapsSent(str(problem)) from problem
        except (http.Unreachable, BadAddress, BlockedAddress) as problem:
            raise DoorTrouble(str(problem)) from problem
        return _written(answer)

    def _get(self, url: str) -> http.Answer:
        try:
            return http.request("GET", url, headers=self._headers)
        except http.TooLong as problem:
            raise TooLong(str(problem)) from problem
        except (
            *(http.Unreachable, http.Unanswered, http.BadAnswer),
            *(BadAddress, BlockedAddress),
        ) as problem:
            raise DoorTrouble(str(problem)) from problem


def client_of(door: Door) -> Client:
    """Raises DoorTrouble where the password's key is missing."""
    try:
        return Client(of(door), decrypt(door.secret_encrypted))
    except UnreadableVault as problem:
        raise DoorTrouble(str(problem)) from problem


def _authorization(options: HelpdeskOptions, secret: str) -> str:
    if options.auth == BASIC:
        pair = f"{options.username}:{secret}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"
    name = "Token" if options.auth == TOKEN else "Bearer"
    return f"{name} {secret}"


def _told(answer: http.Answer) -> Mapping[str, Any]:
    _check(answer)
    if answer.status == 404:
        raise DoorTrouble(
            _("There is no API of django-helpdesk at this address: is it switched on over there?")
        )
    if not answer.ok:
        raise DoorTrouble(_("The other desk cannot answer now."))
    try:
        told = answer.json()
    except http.BadAnswer as problem:
        raise DoorTrouble(str(problem)) from problem
    if not isinstance(told, dict):
        raise DoorTrouble(_("The answer is not that of a django-helpdesk."))
    return told


def _check(answer: http.Answer) -> None:
    if answer.status == 401:
        raise DoorTrouble(_("The other desk does not take this name and password (or token)."))
    if answer.status == 403:
        raise DoorTrouble(
            _("The other desk does not let us in: wrong password, or the account is not staff.")
        )
    if 300 <= answer.status < 400:
        raise DoorTrouble(_("The address leads elsewhere: write the one that it leads to."))


def _written(answer: http.Answer) -> str:
    _check(answer)
    if answer.status in _NOT_NOW:
        raise NotSent(_("The other desk cannot answer now."))
    if answer.status == 400:
        raise Refused(_("The other desk does not take this reply: is the ticket still there?"))
    if answer.status in (404, 405):
        raise DoorTrouble(
            _("There is no API of django-helpdesk at this address: is it switched on over there?")
        )
    try:
        return str(int(answer.json()["id"])) if answer.ok else _unheard()
    except (http.BadAnswer, KeyError, TypeError, ValueError):
        return _unheard()


def _unheard() -> str:
    raise PerhapsSent(_("The other desk answered with an error after it was asked to reply."))
