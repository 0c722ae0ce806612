"""Mail that no mail program makes, read without servers: nothing in it may break the reading off,
keep it busy or lose a customer's words."""

import imaplib
import io

import pytest

from doors.mail import receiving
from doors.mail.incoming import MAX_ADDRESS, read_mail
from tests.timing import at_most
from tickets.importing.mail import parsing

HEAD = b"From: Laleh <laleh@example.com>\r\nMessage-ID: <x@example.com>\r\n"
OWN = {"support@example.org"}


def read(rest: bytes, head: bytes = HEAD):
    with at_most(8):  # each took a minute or more
        mail = read_mail(head + rest, own=OWN)
        files = mail.files() if mail is not None else []
    return mail, files


def parts(*inner: bytes) -> bytes:
    body = b"".join(b"--b\r\n" + one + b"\r\n" for one in inner)
    return b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + body + b"--b--\r\n"


@pytest.mark.parametrize(
    "nested",
    [
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n' * 5_000,
        b"Content-Type: message/rfc822\r\n\r\n" * 5_000,
        b"Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\n" * 3_000,
    ],
)
def test_parts_within_parts_do_not_break_the_reading(nested):
    mail, _files = read(b"Subject: help\r\n" + nested + b"Content-Type: text/plain\r\n\r\ndeep")
    assert mail.head.subject == "help"


def test_more_parts_than_a_mail_has_take_no_memory(monkeypatch):
    monkeypatch.setattr(parsing, "MAX_PARTS", 50)
    mail, files = read(b"Subject: help\r\n" + parts(*[b"\r\nx"] * 100))
    assert (mail.head.subject, mail.text, files) == ("help", "", [])
    monkeypatch.setattr(parsing, "MAX_LINES", 50)
    mail, files = read(b"Subject: help\r\n\r\n" + b"\n" * 100)
    assert (mail.head.subject, mail.whole) == ("help", None)


@pytest.mark.parametrize(
    "header",
    [
        b"Content-Type: text/plain" + b";a" * 400_000,
        b"Subject: help " + b"=?a?q?" * 400_000,
        b"Subject: help " + b"=?utf-8?q?" + b"=" * 4_000_000,
        b"Reply-To: " + b"(" * 500_000,
        b"To: " + b"a@example.com," * 200_000,
        b"References: " + b"<a@b> " * 500_000,
    ],
)
def test_header_of_megabytes_is_read_in_a_moment(header):
    mail, _files = read(header + b"\r\n\r\nmy words")
    assert (mail.text, mail.writer) == ("my words", "laleh@example.com")


def test_sender_of_comments_without_end_is_nobody():
    assert read(b"\r\nx", head=b"From: " + b"(" * 100_000 + b"\r\n")[0] is None


@pytest.mark.parametrize(
    "charset",
    ["idna", "undefined", "punycode", "a\0b", "unicode_escape", "hex", "utf-16", "x" * 999],
)
def test_text_is_read_whatever_charset_it_claims(charset):
    mail, _files = read(
        f'Content-Type: text/plain; charset="{charset}"\r\n\r\nسلام؛ café \\x41'.encode()
    )
    assert mail.text == "سلام؛ café \\x41"


def test_charset_may_be_told_as_a_name_of_a_file_is():
    mail, _files = read("Content-Type: text/plain; charset*=utf-8''utf-8\r\n\r\nسلام".encode())
    assert mail.text == "سلام"


@pytest.mark.parametrize("charset", [b"idna", b"a\0b", b"punycode", b"nothing"])
def test_file_is_kept_whatever_charset_its_name_claims(charset):
    file = b"Content-Type: application/pdf\r\nContent-Disposition: attachment; filename*="
    mail, files = read(parts(b"\r\nmy words", file + charset + b"''a.pdf\r\n\r\n%PDF-1.4"))
    assert mail.text == "my words"
    assert files == [("a.pdf", b"%PDF-1.4")]


def test_boundary_that_is_told_in_two_ways_or_in_no_charset_loses_no_mail():
    for told in (b"boundary*=idna''%FF", b"boundary*=a''b; boundary*0=b", b"boundary*=a\0''b"):
        mail, _files = read(
            b"Subject: help\r\nContent-Type: multipart/mixed; " + told + b"\r\n\r\nx"
        )
        assert mail.head.subject == "help"


def test_message_within_that_cannot_be_written_again_does_not_break_the_reading():
    inner = b"Content-Type: message/rfc822\r\n\r\n"
    inner += b"Content-Type: multipart/mixed; charset=utf-8\r\n\r\n" + "é".encode()
    mail, files = read(parts(b"\r\nmy words", inner))
    assert (mail.text, len(files)) == ("my words", 1)


@pytest.mark.parametrize(
    "html",
    [b"<p>a</p>" * 12_000, b"a<br>" * 12_000],
)
def test_html_of_ten_thousands_of_lines_is_read_in_a_moment(html):
    mail, _files = read(b"Content-Type: text/html\r\n\r\n" + html)
    assert mail.text.split() == ["a"] * 12_000


def test_html_that_is_nested_too_deep_keeps_its_words():
    mail, _files = read(b"Content-Type: text/html\r\n\r\nmy &lt;words" + b"<table><tr><td>" * 3_000)
    assert mail.text == "my <words"


def test_what_no_reader_sees_is_no_part_of_the_text():
    mail, _files = read(
        b"Content-Type: text/html\r\n\r\n<!doctype html><!--[if mso]>for Outlook<![endif]-->"
        b'<div style="color:red; Display : none">preview</div><p hidden>x</p><p>my words</p>'
    )
    assert mail.text == "my words"


@pytest.mark.parametrize(
    ("reply_to", "writer", "name"),
    [
        ("Nima <nima@example.com>", "nima@example.com", "Nima"),
        ("broken <nima@>", "laleh@example.com", "Laleh"),
        ("Support <support@example.org>", "laleh@example.com", "Laleh"),
        ("support@example.org, nima@example.com", "nima@example.com", ""),
        ("Other <LALEH@example.com>", "laleh@example.com", "Laleh"),
    ],
)
def test_answer_goes_to_somebody_who_can_be_answered(reply_to, writer, name):
    mail, _files = read(f"Reply-To: {reply_to}\r\n\r\nx".encode())
    assert (mail.writer, mail.name) == (writer, name)
    assert len(mail.writer) <= MAX_ADDRESS


@pytest.mark.parametrize(
    "date",
    [
        *("Fri, 31 Dec 9999 23:59:59 -2359", "Mon, 1 Jan 0001 00:00:00 +2359", "yesterday"),
        *("Mon, 1 Jan 2085 00:00:00 -0000", "Thu, 99 Feb 2026 99:99:99 +9999"),
    ],
)
def test_date_that_cannot_be_is_none(date):
    mail, _files = read(f"Date: {date}\r\n\r\nx".encode())
    assert receiving._written_at(mail) is None


def test_folder_with_very_many_messages_is_listed():
    class Line:
        file = io.BytesIO(b"* SEARCH" + b" 1234567" * 300_000 + b"\r\n")
        error = imaplib.IMAP4.error

    assert len(imaplib.IMAP4.readline(Line())) > 2_000_000
