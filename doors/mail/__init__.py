"""Mailboxes: customers' mail in over IMAP, the replies out over SMTP, in their threads."""

from doors.kinds import Kind
from doors.mail import working

KIND = Kind(
    check=working.check,
    receive=working.receive,
    send=working.send,
    find_sent=working.find_sent,
    close=working.close,
)
