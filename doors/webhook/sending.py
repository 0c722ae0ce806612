"""A reply to the configured address: `send`, signed as Standard Webhooks, with the same webhook-id
at every attempt. Values are put back here alone, on the way."""

import json
import time
from typing import Final
from urllib.parse import quote

from django.utils.translation import gettext as _

from doors import http
from doors.kinds import CannotTell, DoorTrouble, NotSent, PerhapsSent, Refused
from doors.models import Door, Outgoing
from doors.webhook.arriving import unnamed_id
from doors.webhook.mapping import build, value_at
from doors.webhook.options import Keys, WebhookOptions, of, secrets_of
from doors.wording import words_of
from kb.importing.web.addresses import BadAddress
from kb.importing.web.guard import BlockedAddress
from runtime import webhooks
from tickets.vault import UnreadableVault

MAX_ANSWER: Final = 256 * 1024
_NOT_NOW = frozenset({408, 425, 429, 503})


def check(door: Door) -> None:
    """The keys open, and the address is one that may be asked. Nothing is sent."""
    options = of(door)
    try:
        secrets_of(door)
        if options.url:
            http.check_url(options.url.replace("{ticket}", "1"))
    except (UnreadableVault, BadAddress) as problem:
        raise DoorTrouble(str(problem)) from problem


def send(outgoing: Outgoing) -> str:
    options = of(outgoing.door)
    if not options.url:
        raise Refused(_("This door has no address for replies."))
    try:
        keys = secrets_of(outgoing.door)
        body = _body(outgoing, options)
    except UnreadableVault as problem:
        raise NotSent(str(problem)) from problem
    number = quote(outgoing.remote_ticket, safe="")
    try:
        answer = http.request(
            options.method,
            options.url.replace("{ticket}", number),
            headers=_headers(outgoing, options, keys, body),
            body=body,
            most=MAX_ANSWER,
        )
    except http.Unreachable as problem:
        raise DoorTrouble(str(problem)) from problem
    except (BadAddress, BlockedAddress) as problem:
        raise DoorTrouble(str(problem)) from problem
    except (http.Unanswered, http.BadAnswer) as problem:
        raise PerhapsSent(str(problem)) from problem
    return _judged(answer, options) or unnamed_id(outgoing.door)


def find_sent(outgoing: Outgoing) -> str | None:
    """A receiver that knows the webhook-id gets it again; of another nobody can tell from here."""
    if of(outgoing.door).repeats:
        return None
    raise CannotTell(_("Look in the other program whether this reply is there."))


def _body(outgoing: Outgoing, options: WebhookOptions) -> bytes:
    ticket = outgoing.reply.ticket
    words = words_of(outgoing)
    values = {
        "text": words.text,
        "html": words.html,
        "ticket": outgoing.remote_ticket,
        "reply": str(outgoing.reply_id),
        "lang": ticket.lang,
    }
    return json.dumps(build(options.template, values), ensure_ascii=False).encode()


def _headers(
    outgoing: Outgoing, options: WebhookOptions, keys: Keys, body: bytes
) -> dict[str, str]:
    told = webhooks.headers(
        [keys.key_out], f"reply_{outgoing.reply_id}", body, timestamp=int(time.time())
    )
    return told | {options.header: keys.header_value} if options.header else told


def _judged(answer: http.Answer, options: WebhookOptions) -> str:
    """The number over there, "" where the answer tells none."""
    if answer.ok:
        try:
            return value_at(answer.json(), options.remote_id)[:200] if options.remote_id else ""
        except http.BadAnswer:
            return ""
    if answer.status in (401, 403):
        raise DoorTrouble(_("The other program does not take our key."))
    if 300 <= answer.status < 400:
        raise DoorTrouble(_("The address leads elsewhere: write the one that it leads to."))
    if answer.status in _NOT_NOW:
        raise NotSent(_("The other program cannot answer now."), seconds=answer.wait)
    if answer.status < 500:
        raise Refused(_("The other program does not take this reply."))
    raise PerhapsSent(_("The other program answered with an error after it was asked to reply."))
