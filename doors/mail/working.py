"""What the table of kinds asks of a mailbox. Connections are kept for one piece of work, in the
thread that does it."""

import logging
import threading
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext_noop

from doors.kinds import CannotTell, DoorTrouble, NotSent
from doors.mail import receiving, troubles
from doors.mail.mailbox import Mailbox, opened
from doors.mail.options import MailOptions
from doors.mail.sending import Sender, mail_of, packed
from doors.mail.threads import message_id_of
from doors.models import Door, Outgoing

PERHAPS = gettext_noop(
    "The connection broke while it was sent, and nothing tells whether it went out: ask the "
    "customer or look at the mail server, then send it again or mark it as sent."
)
WAITING_FOR_COPY = gettext_noop("Whether it went out is known when its copy has had time to come.")

log = logging.getLogger(__name__)
_here = threading.local()


def check(door: Door) -> None:
    """Signs in at both servers and looks for the folders. Raises DoorTrouble."""
    check_options(MailOptions.of(door))


def check_options(options: MailOptions) -> None:
    with opened(options) as mailbox:
        mailbox.select(options.folder, readonly=True)
        if options.afterwards == "move" and not mailbox.has_folder(options.move_to):
            raise DoorTrouble(troubles.IMAP_MOVE_FOLDER)
        if options.sent_folder and not mailbox.has_folder(options.sent_folder):
            raise DoorTrouble(troubles.IMAP_SENT_FOLDER)
    sender = Sender(options)
    try:
        sender.check()
    finally:
        sender.close()


def receive(door: Door) -> int:
    options = MailOptions.of(door)
    return receiving.receive(door, options, _mailbox(options))


def send(row: Outgoing) -> str:
    options = MailOptions.of(row.door)
    recipients, raw = packed(mail_of(row, options))
    _sender(options).send(recipients, raw)
    if options.sent_copy == "append" and options.sent_folder:
        _append(options, raw)
    return message_id_of(row.door, row.reply_id, domain=options.domain)


def find_sent(row: Outgoing) -> str | None:
    """Its copy is looked for. A missing one proves something only where copies are known to come:
    not where we put them away ourselves, nor before the copy of another reply was seen."""
    options = MailOptions.of(row.door)
    message_id = message_id_of(row.door, row.reply_id, domain=options.domain)
    mailbox = _mailbox(options)
    if _has_copy(mailbox, options, message_id):
        return message_id
    if options.sent_copy == "append":
        raise CannotTell(PERHAPS)
    asked_at = row.claimed_at or row.created_at
    left = asked_at + timedelta(seconds=options.settle_seconds) - timezone.now()
    if left > timedelta(0):
        raise NotSent(WAITING_FOR_COPY, seconds=min(left.total_seconds(), 60.0))
    if not _copies_come(row, mailbox, options):
        raise CannotTell(PERHAPS)
    return None


def close(door: Door) -> None:
    for name in ("mailbox", "sender"):
        opened_one = getattr(_here, name, None)
        if opened_one is not None:
            opened_one.close()
            setattr(_here, name, None)
    _here.append_failed = False


def _has_copy(mailbox: Mailbox, options: MailOptions, message_id: str) -> bool:
    folders = [options.sent_folder, options.folder]
    if options.afterwards == "move":
        folders.append(options.move_to)
    named = dict.fromkeys(one for one in folders if one)
    return any(mailbox.has_message(message_id, folder) for folder in named)


def _copies_come(row: Outgoing, mailbox: Mailbox, options: MailOptions) -> bool:
    """The last reply that surely went out has its copy: one that was handed over after this one, if
    there is one by now, so that a server that is slow today is waited for by a person."""
    sent = Outgoing.objects.filter(door=row.door, state=Outgoing.State.SENT).exclude(remote_id="")
    last = sent.exclude(sent_at=None).order_by("-sent_at").first()
    return last is not None and _has_copy(mailbox, options, last.remote_id)


def _append(options: MailOptions, raw: bytes) -> None:
    """The customer has it: that our copy cannot be put away must not send it twice, nor keep the
    other replies waiting."""
    if getattr(_here, "append_failed", False):
        return
    try:
        _mailbox(options).append(options.sent_folder, raw)
    except DoorTrouble:
        log.warning("A copy of what was sent could not be put into the folder for it.")
        _here.append_failed = True


def _mailbox(options: MailOptions) -> Mailbox:
    mailbox: Mailbox | None = getattr(_here, "mailbox", None)
    if mailbox is None:
        mailbox = _here.mailbox = Mailbox(options)
    return mailbox


def _sender(options: MailOptions) -> Sender:
    sender: Sender | None = getattr(_here, "sender", None)
    if sender is None:
        sender = _here.sender = Sender(options)
    return sender
