"""Mail out: `Sender` hands one reply at a time to the SMTP server.

What went wrong is told apart by where: refused before the text was handed over, it surely did not
go out; a connection that breaks while the server takes the text leaves it open (PerhapsSent). The
customer's address and the values behind placeholders are read here and nowhere before.
"""

import re
import smtplib
from contextlib import suppress
from email.utils import format_datetime, formataddr
from typing import Final

from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.smtp import EmailBackend
from django.core.mail.message import sanitize_address
from django.utils import timezone
from django.utils.translation import get_language_info, gettext_noop

from doors.kinds import DoorTrouble, NotSent, PerhapsSent, Refused
from doors.mail import troubles
from doors.mail.incoming import MAX_ADDRESS, is_address
from doors.mail.mailbox import check_security
from doors.mail.options import MailOptions
from doors.mail.threads import message_id_of, references_for, subject_token
from doors.models import Outgoing
from doors.wording import UNREADABLE, words_of
from text.privacy import restore
from text.privacy.placeholders import placeholders_in
from tickets import vault
from tickets.models import Reply, VaultReading

SECONDS: Final = 30
TEXT_SECONDS: Final = 180
"""A server that looks through the text before it takes it may need minutes (RFC 5321 gives it ten);
who hangs up before leaves open whether it went out."""
MAX_SUBJECT: Final = 200
NO_ADDRESS: Final = gettext_noop("The customer has no e-mail address.")
ADDRESS_REFUSED: Final = gettext_noop("The mail server refuses the customer's address.")
TEXT_REFUSED: Final = gettext_noop("The mail server refuses the message.")
TRY_LATER: Final = gettext_noop("The mail server asks to try again later.")
CUT_OFF: Final = gettext_noop("The connection broke while the mail server took the message.")
_LINE_END = re.compile(rb"\r?\n")
SMTP_ERRORS: Final = (smtplib.SMTPException, OSError, UnicodeError)


class Sender:
    """A connection to the SMTP server, kept for the replies of one piece of work."""

    def __init__(self, options: MailOptions) -> None:
        check_security(options.smtp_host, options.smtp_security)
        self._options = options
        self._backend = EmailBackend(
            host=options.smtp_host,
            port=options.smtp_port,
            username=options.sign_in_name if options.smtp_sign_in else "",
            password=options.password if options.smtp_sign_in else "",
            use_ssl=options.smtp_security == "tls",
            use_tls=options.smtp_security == "starttls",
            timeout=SECONDS,
        )
        self._open()

    def close(self) -> None:
        with suppress(*SMTP_ERRORS):
            self._backend.close()
        self._backend.connection = None

    def check(self) -> None:
        """Whether the address may send: asked, and nothing is sent."""
        smtp = self._connection()
        try:
            code, _said = smtp.mail(self._options.envelope)
            smtp.rset()
        except SMTP_ERRORS as error:
            raise troubles.smtp_trouble(error) from error
        if code >= 400:
            raise DoorTrouble(troubles.SMTP_SENDER)

    def send(self, recipients: list[str], raw: bytes) -> None:
        """`recipients`: the customer first."""
        self._announce(recipients)
        smtp = self._connection()
        try:
            _give_time(smtp, TEXT_SECONDS)
            code, _said = smtp.data(raw)
        except smtplib.SMTPDataError as error:  # refused before any of it went over
            raise _refusal(error.smtp_code, TEXT_REFUSED) from None
        except SMTP_ERRORS as error:
            self.close()
            raise PerhapsSent(CUT_OFF) from error
        if code != 250:
            raise _refusal(code, TEXT_REFUSED)

    def _announce(self, recipients: list[str]) -> None:
        """Up to the text. A connection that the server has closed meanwhile is opened anew."""
        for attempt in (1, 2):
            try:
                self._ask(self._connection(), recipients)
            except SMTP_ERRORS as error:
                self.close()
                if attempt == 2:
                    raise troubles.smtp_trouble(error) from error
            else:
                return

    def _ask(self, smtp: smtplib.SMTP, recipients: list[str]) -> None:
        _give_time(smtp, SECONDS)
        code, _said = smtp.mail(self._options.envelope)
        if code >= 400:
            smtp.rset()
            raise DoorTrouble(troubles.SMTP_SENDER if code >= 500 else troubles.SMTP_LATER)
        for number, address in enumerate(recipients):
            code, _said = smtp.rcpt(address)
            if code >= 400:
                smtp.rset()
                if number:  # our own copy
                    raise DoorTrouble(troubles.SMTP_SENDER)
                raise _refusal(code, ADDRESS_REFUSED)

    def _connection(self) -> smtplib.SMTP:
        if self._backend.connection is None:
            self._open()
        connection = self._backend.connection
        assert isinstance(connection, smtplib.SMTP)
        return connection

    def _open(self) -> None:
        try:
            self._backend.open()
        except SMTP_ERRORS as error:
            self.close()
            raise troubles.smtp_trouble(error) from error


def mail_of(row: Outgoing, options: MailOptions) -> EmailMultiAlternatives:
    """The reply as a mail. Raises Refused where it has nobody to go to, NotSent without its key."""
    words = words_of(row)
    reply = Reply.objects.select_related("message", "ticket__customer", "agent").get(
        pk=row.reply_id
    )
    try:
        address = _address(reply)
        subject = _subject(row, reply, options)
    except vault.UnreadableVault:
        raise NotSent(UNREADABLE) from None
    references = references_for(reply)
    headers = {
        "Message-ID": message_id_of(row.door, reply.pk, domain=options.domain),
        "Date": format_datetime(timezone.localtime(reply.created_at)),
    }
    if references:
        headers["In-Reply-To"] = references[-1]
        headers["References"] = " ".join(references)
    mail = EmailMultiAlternatives(
        subject=subject,
        body=words.text,
        from_email=formataddr((options.display_name, options.envelope)),
        to=[address],
        bcc=[options.envelope] if options.sent_copy == "copy" else [],
        reply_to=[options.envelope],
        headers=headers,
    )
    mail.attach_alternative(_page(words.html, reply.ticket.lang), "text/html")
    return mail


def packed(mail: EmailMultiAlternatives) -> tuple[list[str], bytes]:
    """Recipients and bytes as they go over the line. Raises Refused for what no mail can carry."""
    try:
        recipients = [sanitize_address(one, "utf-8") for one in (*mail.to, *mail.bcc)]
        raw = mail.message().as_bytes()
    except (ValueError, LookupError):  # an address or a header that cannot be written
        raise Refused(ADDRESS_REFUSED) from None
    # Before the @ it would be encoded as if it were a name: nobody's address.
    if not all(one.rpartition("@")[0].isascii() for one in (*mail.to, *recipients)):
        raise Refused(ADDRESS_REFUSED)
    return recipients, _LINE_END.sub(b"\r\n", raw)


def _address(reply: Reply) -> str:
    customer = reply.ticket.customer
    contact = vault.decrypt(customer.contact_encrypted) if customer is not None else ""
    if len(contact) > MAX_ADDRESS or not is_address(contact):
        raise Refused(NO_ADDRESS)
    return contact


def _subject(row: Outgoing, reply: Reply, options: MailOptions) -> str:
    ticket = reply.ticket
    subject = ticket.subject
    names = {name for name, _type in placeholders_in(subject)}
    if names:
        values = vault.values_of(
            ticket, reader=reply.agent, purpose=VaultReading.Purpose.SEND, only=names
        )
        # A value that has expired leaves no placeholder in the customer's mailbox.
        subject = restore(subject, dict.fromkeys(names, "…") | values)
    subject = " ".join(subject.split())[:MAX_SUBJECT]
    if not subject.casefold().startswith("re:"):
        subject = f"Re: {subject}"
    token = subject_token(row.door, ticket.pk) if options.subject_token else ""
    return f"{subject} {token}".strip()


def _page(html: str, lang: str) -> str:
    """`html` is escaped already."""
    try:
        direction = "rtl" if get_language_info(lang)["bidi"] else "ltr"
    except KeyError:
        direction = "auto"
    code = lang if lang.replace("-", "").isalnum() else "und"
    return (
        f'<!doctype html>\n<html lang="{code}" dir="{direction}">'
        f'<head><meta charset="utf-8"></head>\n<body><p>{html}</p></body></html>\n'
    )


def _give_time(smtp: smtplib.SMTP, seconds: float) -> None:
    if smtp.sock is not None:
        smtp.sock.settimeout(seconds)


def _refusal(code: int, line: str) -> NotSent | Refused:
    return Refused(line) if code >= 500 else NotSent(TRY_LATER)
