"""Mail in: `receive(door)` takes in what is new in the folder, a bounded piece of it.

The cursor is the folder's UIDVALIDITY and the last UID; it moves when a message is in the ledger,
so that a process that dies reads the last message once more and finds it there. Nothing is left out
because of its size: of a very large mail the beginning is read.
"""

import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext_noop

from doors import ledger
from doors.kinds import DoorTrouble
from doors.mail import incoming, threads
from doors.mail.incoming import Mail
from doors.mail.mailbox import Mailbox, Position, Unfetchable
from doors.mail.options import MailOptions
from doors.models import Door
from doors.texts import FILES_ONLY, shortened
from tickets import attachments, intake
from tickets.models import Message, Ticket
from tickets.vault import UnreadableVault

MAX_RECEIVED: Final = 100
MAX_SECONDS: Final = 60.0
OLDEST: Final = timedelta(days=90)
MAX_TRIES: Final = 3
BREAKS_OFF: Final = gettext_noop("Reading it broke off three times: look at it in the mailbox.")
NO_LONGER_OURS: Final = gettext_noop("Another process has taken the door over.")


def receive(door: Door, options: MailOptions, mailbox: Mailbox) -> int:
    """How many messages were looked at."""
    here = mailbox.select(options.folder)
    start = _start(door, here)
    until = time.monotonic() + MAX_SECONDS
    uids = mailbox.after(start, since=_since(door, options))[:MAX_RECEIVED]
    for uid in uids:
        try:
            why = _one(door, options, mailbox, Position(here.validity, uid), uids)
            _afterwards(mailbox, options, uid, is_own=why == incoming.OWN)
        except Unfetchable:
            raise
        except (DoorTrouble, UnreadableVault):  # no fault of this message: it is not given up
            door.cursor["tries"] = 0
            _write_cursor(door)
            raise
        _move_cursor(door, Position(here.validity, uid))
        if time.monotonic() > until:
            return MAX_RECEIVED  # there may be more
    return len(uids)


def _one(
    door: Door, options: MailOptions, mailbox: Mailbox, here: Position, uids: Sequence[int]
) -> str:
    """Why it was not taken in, or "". Raises Unfetchable."""
    if _tried_in_vain(door, here):
        return give_up(door, here).row.why
    try:
        raw, cut = mailbox.read(here.last)
    except Unfetchable:
        if door.cursor["tries"] < MAX_TRIES:
            raise
        if not _others_can_be_read(mailbox, [uid for uid in uids if uid > here.last]):
            door.cursor["tries"] = MAX_TRIES - 1  # the server's own trouble: it is waited for
            _write_cursor(door)
            raise
        return give_up(door, here).row.why
    return "" if raw is None else take_in(door, options, raw, cut=cut).row.why


def _others_can_be_read(mailbox: Mailbox, uids: Sequence[int]) -> bool:
    for uid in uids[:MAX_TRIES]:
        with suppress(Unfetchable):
            mailbox.read(uid)
            return True
    return False


def take_in(door: Door, options: MailOptions, raw: bytes, *, cut: bool = False) -> ledger.Taken:
    """One mail, once."""
    mail = incoming.read_mail(raw, cut=cut, own=options.own)
    if mail is None:
        key = incoming.raw_key(raw)
        return ledger.take_in(door, key, lambda: ledger.Made(why=incoming.UNREADABLE))
    return ledger.take_in(door, mail.key, lambda: _made(door, options, mail))


def give_up(door: Door, here: Position) -> ledger.Taken:
    """A mail at which the reading broke off again and again: the others must not wait for it."""
    key = f"place\n{here.validity}\n{here.last}"
    return ledger.take_in(door, key, lambda: ledger.Made(why=BREAKS_OFF))


def _made(door: Door, options: MailOptions, mail: Mail) -> ledger.Made:
    """Inside the ledger's transaction."""
    why = incoming.why_not(mail, own=options.own, lists=options.lists)
    if threads.our_reply(door, mail.head.message_id) is not None:
        why = incoming.OWN  # a list or a forwarder may have put another sender there
    if why:
        if why == incoming.PROGRAM and mail.returned:
            threads.reported_undelivered(door, mail.raw)
        return ledger.Made(why=why)
    files = mail.files()
    text = mail.text or threads.without_tokens(mail.head.subject)
    if not text and not files:
        return ledger.Made(why=incoming.EMPTY)
    text = shortened(text or FILES_ONLY)
    ticket = threads.ticket_of(door, mail)
    if ticket is None:
        message = _new_ticket(door, mail, text)
    else:
        message = intake.add_customer_message(ticket, text)
    threads.remember(message, mail)
    for name, content in files:
        attachments.store(message.ticket, message, name=name, content=content)
    return ledger.Made(ticket=message.ticket, message=message, new_ticket=ticket is None)


def _new_ticket(door: Door, mail: Mail, text: str) -> Message:
    received = intake.receive(
        intake.NewTicket(
            source=door.source,
            external_id=ledger.remote_key(door, mail.key)[:32],
            subject=threads.without_tokens(mail.head.subject)[: intake.MAX_SUBJECT],
            text=text,
            contact=mail.writer,
            name=mail.name[: intake.MAX_NAME],
            created_at=_written_at(mail),
            team_id=door.team_id,
        )
    )
    ticket: Ticket = received.ticket
    return ticket.messages.select_related("ticket").order_by("pk")[0]


def _written_at(mail: Mail) -> datetime | None:
    """As the mail says, where that can be: a clock that is wrong must not put it before others."""
    now = timezone.now()
    at = mail.head.at
    return at if at is not None and now - OLDEST < at <= now else None


def _start(door: Door, here: Position) -> int:
    """A folder that was made anew is read from its beginning: the ledger knows what was there."""
    return int(door.cursor.get("last", 0)) if door.cursor.get("validity") == here.validity else 0


def _since(door: Door, options: MailOptions) -> date | None:
    if options.since:
        return date.fromisoformat(options.since)
    # A day more: the server's days may not be ours.
    return door.created_at.date() - timedelta(days=1)


def _afterwards(mailbox: Mailbox, options: MailOptions, uid: int, *, is_own: bool) -> None:
    """The copy of what we sent goes to what was sent."""
    if is_own and options.sent_copy == "copy" and options.sent_folder:
        mailbox.mark_seen([uid])
        mailbox.move([uid], options.sent_folder)
    elif options.afterwards == "seen":
        mailbox.mark_seen([uid])
    elif options.afterwards == "move" and options.move_to:
        mailbox.move([uid], options.move_to)


def _tried_in_vain(door: Door, here: Position) -> bool:
    """Notes that this message is being tried: whoever dies of it leaves the note."""
    trying = [here.validity, here.last]
    tries = door.cursor.get("tries", 0) + 1 if door.cursor.get("trying") == trying else 1
    door.cursor |= {"trying": trying, "tries": tries}
    _write_cursor(door)
    return bool(tries > MAX_TRIES)


def _move_cursor(door: Door, position: Position) -> None:
    door.cursor = {"validity": position.validity, "last": position.last}
    _write_cursor(door)


def _write_cursor(door: Door) -> None:
    """Raises DoorTrouble where another process has the door by now: it reads on."""
    now = timezone.now()
    mine = Door.objects.filter(pk=door.pk, claim=door.claim, active=True)
    if not mine.update(cursor=door.cursor, claimed_at=now):
        raise DoorTrouble(NO_LONGER_OURS)
