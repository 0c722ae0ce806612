"""The servers of an address: those of the well-known services, else the names that most have.

Pure: nothing is asked of the network. Whether they are right, the check tells.
"""

from dataclasses import replace
from typing import Final, NamedTuple

from doors.mail.options import MailOptions


class Service(NamedTuple):
    imap: str
    smtp: str
    smtp_port: int = 465
    smtp_security: str = "tls"
    files_sent: bool = False  # puts what is sent into the sent folder by itself


_GOOGLE: Final = Service("imap.gmail.com", "smtp.gmail.com", files_sent=True)
_MICROSOFT: Final = Service(
    "outlook.office365.com", "smtp.office365.com", 587, "starttls", files_sent=True
)
_YAHOO: Final = Service("imap.mail.yahoo.com", "smtp.mail.yahoo.com")
_APPLE: Final = Service("imap.mail.me.com", "smtp.mail.me.com", 587, "starttls")
_SERVICES: Final = {
    **dict.fromkeys(("gmail.com", "googlemail.com"), _GOOGLE),
    **dict.fromkeys(("outlook.com", "hotmail.com", "live.com", "msn.com"), _MICROSOFT),
    **dict.fromkeys(("yahoo.com", "ymail.com"), _YAHOO),
    **dict.fromkeys(("icloud.com", "me.com", "mac.com"), _APPLE),
    "fastmail.com": Service("imap.fastmail.com", "smtp.fastmail.com"),
    "zoho.com": Service("imap.zoho.com", "smtp.zoho.com"),
    "mail.ru": Service("imap.mail.ru", "smtp.mail.ru"),
    "ukr.net": Service("imap.ukr.net", "smtp.ukr.net"),
}


def guessed(options: MailOptions) -> MailOptions:
    """With the servers of `options.address`."""
    domain = options.domain
    service = _SERVICES.get(domain) or Service(f"imap.{domain}", f"smtp.{domain}")
    return replace(
        options,
        imap_host=service.imap,
        imap_port=993,
        imap_security="tls",
        smtp_host=service.smtp,
        smtp_port=service.smtp_port,
        smtp_security=service.smtp_security,
        sent_copy="server" if service.files_sent else "append",
    )
