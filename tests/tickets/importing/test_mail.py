"""mbox, .eml, folders and ZIPs of them: threads, who answers, charsets, what is broken."""

import zipfile
from email.message import EmailMessage

import pytest

from tests.tickets.importing.reading import problems, read_all, reasons, said
from tickets.importing import mail
from tickets.importing.formats import recognise
from tickets.importing.records import ReadingOptions

CUSTOMER, DESK = "Sara <sara@customer.example>", "Support <help@shop.example>"
SEPARATOR = b"From x@example.com Mon Jan 12 10:00:00 2026\n"


def _message(number, sender=CUSTOMER, to=DESK, text="text", subject="Order", answers=(), **headers):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Message-ID"] = f"<m{number}@example.com>"
    message["Date"] = f"Mon, 12 Jan 2026 10:{number:02}:00 +0000"
    if answers:
        message["References"] = " ".join(f"<m{one}@example.com>" for one in answers)
        message["In-Reply-To"] = f"<m{answers[-1]}@example.com>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


def _mbox(tmp_path, *messages, name="box.mbox"):
    path = tmp_path / name
    parts = [one if isinstance(one, bytes) else bytes(one) for one in messages]
    path.write_bytes(b"".join(SEPARATOR + part.rstrip(b"\n") + b"\n\n" for part in parts))
    return path


def _read(path, **options):
    options = ReadingOptions(**options)
    name = recognise(path)
    reader = {"mbox": mail.read_mbox, "eml": mail.read_eml}[name]
    return read_all(reader, path, options), options


TALK = [
    _message(1, text="Where is it?"),
    _message(2, CUSTOMER.replace("sara", "ali"), text="Other"),
    _message(
        3, DESK, CUSTOMER, "On its way.\n\nOn 12 Jan, Sara wrote:\n> Where is it?", answers=[1]
    ),
    _message(4, text="When?\n\n-- \nSara", subject="RE: Order", answers=[1, 3]),
    _message(5, "Nima <nima@shop.example>", CUSTOMER, "Tomorrow", "پاسخ: Order", answers=[1, 3, 4]),
]
SAID = [
    [
        ("customer", "Where is it?"),
        ("agent", "On its way."),
        ("customer", "When?"),
        ("agent", "Tomorrow"),
    ],
    [("customer", "Other")],
]


def test_threads_by_references_without_quotes_and_signatures(tmp_path):
    records, options = _read(_mbox(tmp_path, *TALK))
    assert said(records) == SAID
    assert options.guessed == ["shop.example"]


def test_order_in_the_file_does_not_matter_and_a_copy_counts_once(tmp_path):
    one, _ = _read(_mbox(tmp_path, *TALK))
    other, _ = _read(_mbox(tmp_path, *reversed(TALK), TALK[0], name="b.mbox"))
    assert sorted(said(other), key=len, reverse=True) == SAID
    assert {record.external_id for record in one} == {record.external_id for record in other}


def test_thread_without_references_is_told_by_subject_and_people(tmp_path):
    messages = [
        _message(1, text="q", subject="سفارش"),
        _message(2, DESK, CUSTOMER, "a", "Re: سفارش"),
        _message(3, "Omid <omid@other.example>", text="x", subject="سفارش"),
    ]
    assert said(_read(_mbox(tmp_path, *messages))[0]) == [
        [("customer", "q"), ("agent", "a")],
        [("customer", "x")],
    ]


@pytest.mark.parametrize(
    "agent", ["sara@customer.example", "@customer.example", "SARA", "customer.example"]
)
def test_agent_that_is_named_counts_and_not_the_guess(tmp_path, agent):
    records, options = _read(_mbox(tmp_path, *TALK), agents=(agent,))
    assert said(records)[0][0] == ("agent", "Where is it?")
    assert options.guessed == []


def test_public_mail_service_is_never_a_company(tmp_path):
    talk = [_message(n, f"c{n}@gmail.com", "shop@gmail.com", f"q{n}") for n in range(3)]
    talk.append(_message(9, "shop@gmail.com", "c1@gmail.com", "a", "Re: Order", answers=[1]))
    records, options = _read(_mbox(tmp_path, *talk))
    assert options.guessed == ["shop@gmail.com"]
    assert [("customer", "q1"), ("agent", "a")] in said(records)


def test_folder_and_zip_of_eml_are_read(tmp_path):
    folder = tmp_path / "mails"
    (folder / "in").mkdir(parents=True)
    archive = tmp_path / "mails.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for number, message in enumerate(TALK):
            (folder / "in" / f"{number}.eml").write_bytes(bytes(message))
            file.writestr(f"in/{number}.eml", bytes(message))
    assert said(_read(folder)[0]) == said(_read(archive)[0]) == SAID
    assert recognise(folder / "in" / "0.eml") == "eml"


def test_damaged_entry_of_a_zip_is_listed_and_the_others_are_read(tmp_path):
    archive = tmp_path / "mails.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for number, message in enumerate(TALK[:2]):
            file.writestr(f"{number}.eml", bytes(message))
    whole = archive.read_bytes()
    begin = whole.index(b"1.eml") + len("1.eml")
    archive.write_bytes(whole[:begin] + b"\x07" + whole[begin + 1 :])  # no compressed text
    records, _ = _read(archive)
    assert said(records) == [[("customer", "Where is it?")]]
    assert len(problems(records)) == 1


def test_truncated_mbox_gives_what_is_whole_and_lists_the_rest(tmp_path):
    last = _message(6, text="late", subject="Late")
    last.add_attachment(b"x" * 3000, maintype="application", subtype="pdf", filename="a.pdf")
    path = _mbox(tmp_path, *TALK, last)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) - 1500])
    records, _ = _read(path)
    assert said(records) == SAID
    ((line, _why),) = problems(records)
    assert whole.splitlines()[line - 1] == SEPARATOR.strip()
    path.write_bytes(whole[: whole.rindex(SEPARATOR) + len(SEPARATOR) + 3])  # within its head
    assert said(_read(path)[0]) == SAID
    assert len(problems(_read(path)[0])) == 1


def test_html_attachments_and_automatic_answers(tmp_path):
    html = EmailMessage()
    html["From"], html["To"], html["Subject"], html["Message-ID"] = CUSTOMER, DESK, "x", "<h@x>"
    html.set_content(
        "<div>سلام<br>خط دوم</div>"
        "<div class=gmail_quote>On … wrote: <blockquote>old</blockquote></div>",
        subtype="html",
    )
    html.add_attachment(b"x", maintype="image", subtype="png", filename="a.png")
    away = _message(7, text="I am away", Auto_Submitted="auto-replied")
    records, _ = _read(_mbox(tmp_path, html, away))
    assert said(records) == [[("customer", "سلام\nخط دوم")]]
    assert sorted(reasons(records)) == ["attachment", "automatic"]


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [
        ("windows-1256", "windows-1256"),
        ("utf-8", "windows-1256"),
        ("x-unknown", "utf-8"),
        ("us-ascii", "utf-8"),
    ],
)
def test_charset_that_is_told_wrongly_is_read_as_what_it_is(tmp_path, charset, encoding):
    text = "سلام سفارش من نرسيد"
    head = f"From: {CUSTOMER}\nTo: {DESK}\nMessage-ID: <a@b>\n"
    head += f"Content-Type: text/plain; charset={charset}\n\n"
    records, _ = _read(_mbox(tmp_path, head.encode() + text.encode(encoding)))
    assert said(records) == [[("customer", text)]]


def test_subject_in_encoded_words_is_decoded(tmp_path):
    ((record,), _) = _read(_mbox(tmp_path, _message(1, subject="سفارش نرسیده است و عجله دارم")))
    assert record.subject == "سفارش نرسیده است و عجله دارم"


def test_line_that_begins_with_from_is_no_message(tmp_path):
    text = "I go\n\nFrom here on it fails, since 2026\n\n>From there too"
    records, _ = _read(_mbox(tmp_path, _message(1, text=text)))
    assert said(records) == [[("customer", text.replace(">From", "From"))]]


def test_what_is_no_message_is_listed(tmp_path):
    records, _ = _read(_mbox(tmp_path, b"no header at all\n\nbody", _message(1, text="q")))
    assert len(problems(records)) == 1
    assert said(records) == [[("customer", "q")]]
