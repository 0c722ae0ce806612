"""What can go wrong with a mail server, in one line each: `imap_trouble(error)` and
`smtp_trouble(error)`. The lines hold no names and no words of the server, so that they can be kept,
shown and translated."""

import smtplib
import socket
import ssl
from typing import Final

from django.utils.translation import gettext_noop
from imapclient.exceptions import IMAPClientAbortError, LoginError

from doors.kinds import DoorTrouble

IMAP_NAME: Final = gettext_noop("There is no IMAP server of that name: check the name.")
IMAP_PORT: Final = gettext_noop("The IMAP server does not answer at that port: check the port.")
IMAP_TLS: Final = gettext_noop(
    "The IMAP server does not speak TLS in that way: try the other kind of security."
)
IMAP_CERTIFICATE: Final = gettext_noop(
    "The IMAP server's certificate is not valid for its name: check the name, or its certificate."
)
IMAP_PASSWORD: Final = gettext_noop(
    "The IMAP server refuses the user name or the password; some services want a password made "
    "for programs."
)
IMAP_FOLDER: Final = gettext_noop("The mailbox has no folder of that name.")
IMAP_MOVE_FOLDER: Final = gettext_noop("The folder for read messages does not exist.")
IMAP_SENT_FOLDER: Final = gettext_noop("The folder for sent messages does not exist.")
IMAP_MESSAGE: Final = gettext_noop("The IMAP server does not give out a message that it lists.")
IMAP_CUT: Final = gettext_noop("The connection to the IMAP server was cut.")
SMTP_NAME: Final = gettext_noop("There is no SMTP server of that name: check the name.")
SMTP_PORT: Final = gettext_noop("The SMTP server does not answer at that port: check the port.")
SMTP_TLS: Final = gettext_noop(
    "The SMTP server does not speak TLS in that way: try the other kind of security."
)
SMTP_CERTIFICATE: Final = gettext_noop(
    "The SMTP server's certificate is not valid for its name: check the name, or its certificate."
)
SMTP_PASSWORD: Final = gettext_noop(
    "The SMTP server refuses the user name or the password; some services want a password made "
    "for programs."
)
SMTP_SENDER: Final = gettext_noop("The SMTP server does not let this address send.")
SMTP_LATER: Final = gettext_noop("The SMTP server asks to try again later.")
SMTP_CUT: Final = gettext_noop("The connection to the SMTP server was cut.")
PLAIN: Final = gettext_noop(
    "Without TLS only a server in one's own network is spoken to: choose TLS or STARTTLS."
)


def imap_trouble(error: Exception) -> DoorTrouble:
    # Whatever ends the signing in is a LoginError, also a server that hangs up.
    if isinstance(error, LoginError) and isinstance(error.__context__, IMAPClientAbortError):
        return DoorTrouble(IMAP_CUT)
    # The latter: letters that cannot be signed in with.
    if isinstance(error, LoginError | UnicodeEncodeError):
        return DoorTrouble(IMAP_PASSWORD)
    if "starttls" in str(error).lower():
        return DoorTrouble(IMAP_TLS)
    return DoorTrouble(
        _of_connection(error, (IMAP_NAME, IMAP_CERTIFICATE, IMAP_TLS, IMAP_PORT)) or IMAP_CUT
    )


def smtp_trouble(error: Exception) -> DoorTrouble:
    if isinstance(error, smtplib.SMTPAuthenticationError | UnicodeEncodeError):
        return DoorTrouble(SMTP_PASSWORD)
    if isinstance(error, smtplib.SMTPSenderRefused):
        return DoorTrouble(SMTP_SENDER)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        auth = "auth" in str(error).lower()
        return DoorTrouble(SMTP_PASSWORD if auth else SMTP_TLS)
    return DoorTrouble(
        _of_connection(error, (SMTP_NAME, SMTP_CERTIFICATE, SMTP_TLS, SMTP_PORT)) or SMTP_CUT
    )


def _of_connection(error: Exception, lines: tuple[str, str, str, str]) -> str:
    """`lines`: no such name, bad certificate, no TLS, no answer."""
    name, certificate, tls, port = lines
    if isinstance(error, socket.gaierror | UnicodeError):
        return name
    if isinstance(error, ssl.SSLCertVerificationError):
        return certificate
    if isinstance(error, ssl.SSLError):
        return tls
    if isinstance(error, ConnectionRefusedError | TimeoutError):
        return port
    return ""
