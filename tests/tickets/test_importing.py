"""Past tickets from files: once, masked, with what could not be read listed by line."""

import json
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from kb.models import Question
from runtime.errors import InputError
from tests.tickets.factories import CARD, EMAIL, PHONE
from tickets import patterns
from tickets.importing import BadHistoryFile, ReadingOptions, import_tickets
from tickets.models import Customer, Message, Ticket, VaultEntry
from tickets.rights import erase_customer, erase_ticket, find_customer

pytestmark = pytest.mark.django_db


def _row(number, **fields):
    row = {
        "external_id": f"old-{number}",
        "question": f"سؤال {number}: شماره {PHONE}",
        "answer": "سلام، انجام شد.",
        "created_at": timezone.now().isoformat(),
        "lang": "fa",
    }
    return row | fields


@pytest.fixture
def jsonl(tmp_path):
    def write(*rows, name="tickets.jsonl"):
        path = tmp_path / name
        lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
        path.write_text("\n".join(lines), encoding="utf-8")
        return path

    return write


def test_row_becomes_an_answered_ticket_and_a_past_answer(jsonl):
    report = import_tickets([jsonl(_row(1, answer=f"با {PHONE} تماس می‌گیریم"))])
    assert (report.created, report.placeholders) == (1, {"PHONE": 1})
    ticket = Ticket.objects.get()
    assert (ticket.state, ticket.external_id, ticket.lang) == ("answered", "old-1", "fa")
    assert [(one.role, one.text) for one in ticket.messages.all()] == [
        ("customer", "سؤال 1: شماره [PHONE_1]"),
        ("agent", "با [PHONE_1] تماس می‌گیریم"),
    ]
    question = Question.objects.get()
    assert question.external_id == "import:old-1"
    assert PHONE not in question.text + question.answer


def test_second_run_adds_nothing(jsonl):
    path = jsonl(_row(1), _row(2), _row(2))
    first = import_tickets([path])
    second = import_tickets([path])
    assert (first.created, first.duplicates) == (2, 1)
    assert (second.created, second.duplicates) == (0, 3)
    assert (Ticket.objects.count(), Message.objects.count()) == (2, 4)


def test_past_answer_that_a_killed_run_left_out_is_made(jsonl):
    path = jsonl(_row(1), _row(2))
    import_tickets([path])
    Question.objects.filter(external_id="import:old-1").delete()
    import_tickets([path])
    assert Question.objects.count() == 2


def test_row_without_id_is_known_again(jsonl):
    path = jsonl(_row(1, external_id=""), _row(2, external_id=None))
    assert import_tickets([path]).created == 2
    assert import_tickets([path]).duplicates == 2


def test_unanswered_rows_are_counted_and_left_out(jsonl):
    report = import_tickets([jsonl(_row(1, answer=""), _row(2, answer=None), _row(3))])
    assert (report.created, report.unanswered) == (1, 2)


def test_values_of_old_tickets_are_forgotten_at_once(jsonl):
    old = timezone.now() - timedelta(days=settings.VAULT_DAYS + 1)
    import_tickets([jsonl(_row(1, created_at=old.isoformat()), _row(2))])
    assert [entry.ticket.external_id for entry in VaultEntry.objects.all()] == ["old-2"]


BAD_ROWS = [
    ("{broken", "no JSON"),
    ("[1, 2]", "no JSON object"),
    (json.dumps(_row(1, question="")), "question is missing"),
    (json.dumps(_row(1, question="x" * 100_000)), "characters"),
    (json.dumps(_row(1, question=5)), "no text"),
    (json.dumps(_row(1, external_id="x" * 201)), "external id"),
    (json.dumps(_row(1, lang="Farsi!")), "language"),
    (json.dumps(_row(1, created_at="yesterday")), "no date"),
    (json.dumps(_row(1, created_at="2026-02-31")), "no date"),
    (json.dumps(_row(1, created_at="0300-01-01T00:00:00Z")), "out of range"),
    (json.dumps(_row(1, created_at="9999-12-31T23:59:59Z")), "out of range"),
    (json.dumps(_row(1, created_at=9_999_999_999)), "out of range"),
]


@pytest.mark.parametrize(("bad", "why"), BAD_ROWS)
def test_bad_row_is_listed_with_its_line_and_the_others_are_imported(jsonl, bad, why):
    path = jsonl(json.dumps(_row(8)), "", bad, json.dumps(_row(9)))
    report = import_tickets([path])
    assert report.created == 2
    (failure,) = report.failed
    assert (failure["source"], failure["line"]) == (str(path), 3)
    assert why in failure["error"]


def test_csv_is_read_with_quotes_line_ends_and_any_delimiter(tmp_path):
    for delimiter in ",;\t":
        path = tmp_path / f"{ord(delimiter)}.csv"
        head = delimiter.join(["external_id", "Question", "answer", "created_at", "lang"])
        body = delimiter.join(
            [f"c{ord(delimiter)}", '"دو\nخط ""نقل"""', "پاسخ", "2026-05-31", "fa"]
        )
        path.write_text(f"\ufeff{head}\r\n{body}\r\n", encoding="utf-8")
        assert import_tickets([path]).created == 1
    assert Message.objects.filter(text='دو\nخط "نقل"').count() == 3


def test_csv_row_that_is_broken_is_listed(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('question,answer\nالف,ب\n"x"y,z\nپ,ت\na,b,c\n', encoding="utf-8")
    report = import_tickets([path])
    assert report.created == 2
    assert [failure["line"] for failure in report.failed] == [3, 5]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"  \n",
        b"\x00\x01\x02PNG",
        "نام,آدرس".encode("windows-1256"),
        "name,address".encode("utf-16"),
        b"just some words\n",
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    ],
)
def test_file_of_another_kind_is_refused_and_nothing_is_written(tmp_path, jsonl, content):
    bad = tmp_path / "bad.csv"
    bad.write_bytes(content)
    with pytest.raises(BadHistoryFile):
        import_tickets([jsonl(_row(1)), bad])
    assert not Ticket.objects.exists()


def test_file_that_turns_out_not_to_be_utf8_keeps_what_was_read(tmp_path):
    path = tmp_path / "late.jsonl"
    good = "\n".join(json.dumps(_row(number), ensure_ascii=False) for number in range(200))
    path.write_bytes(good.encode() + b"\n\xff\xff\n")
    report = import_tickets([path])
    assert report.failed
    assert Ticket.objects.count() == report.created


def test_no_value_stands_in_errors(jsonl):
    path = jsonl(json.dumps(_row(1, created_at=PHONE)), "{" + CARD, json.dumps(_row(2, lang=EMAIL)))
    failed = str(import_tickets([path]).failed)
    assert not any(value in failed for value in (PHONE, CARD, EMAIL))


def test_id_that_is_an_address_is_not_stored(jsonl):
    import_tickets([jsonl(_row(1, external_id=EMAIL))])
    assert EMAIL not in Ticket.objects.get().external_id
    assert EMAIL not in Question.objects.get().external_id


LONG = "سفارش من هنوز به دستم نرسیده است و کد رهگیری هم کار نمی‌کند لطفاً بررسی کنید"
REPLY = "سفارش شما امروز تحویل پست شد و تا دو روز دیگر می‌رسد"


def _talk(number, *turns):
    return {
        "external_id": f"talk-{number}",
        "subject": f"تماس با {PHONE}",
        "messages": [
            {"role": role, "text": text, "at": f"2026-01-01T10:{minute:02}:00Z"}
            for minute, (role, text) in enumerate(turns)
        ],
    }


def test_conversation_becomes_turns_and_a_lesson_for_each_answer(jsonl):
    turns = [
        ("customer", f"چرا {LONG}؟ {PHONE}"),
        ("agent", REPLY),
        ("customer", "ممنون"),
        ("agent", "خواهش می‌کنم"),
        ("customer", f"فاکتور آن را به {EMAIL} بفرستید"),
        ("agent", f"به {EMAIL} فرستاده شد"),
    ]
    report = import_tickets([jsonl(_talk(1, *turns))])
    assert (report.created, report.conversations, report.left_out) == (1, 1, {"thanks": 1})
    ticket = Ticket.objects.get()
    assert (ticket.state, ticket.subject) == ("answered", "تماس با [PHONE_1]")
    messages = list(ticket.messages.all())
    assert [one.role for one in messages] == [role for role, _text in turns]
    assert messages[4].text == "فاکتور آن را به [EMAIL_1] بفرستید"
    assert [one.created_at.minute for one in messages] == list(range(6))
    learned = Question.objects.order_by("external_id").values_list("external_id", "answer")
    assert list(learned) == [
        ("import:talk-1", REPLY),
        ("import:talk-1#3", "به [EMAIL_1] فرستاده شد"),
    ]


def test_conversation_that_the_customer_ends_is_closed_and_waits_for_nobody(jsonl):
    import_tickets([jsonl(_talk(1, ("customer", LONG), ("agent", REPLY), ("customer", "ممنون")))])
    assert Ticket.objects.get().state == "closed"


def test_near_duplicates_fold_into_the_first_and_stay_tickets(jsonl):
    rows = [
        _row(1, question=f"{LONG} {PHONE}", answer=REPLY),
        _row(2, question=f"{LONG}!", answer=REPLY),
        _row(3, question=LONG, answer="مبلغ برگشت داده شد"),
    ]
    path = jsonl(*rows)
    report = import_tickets([path])
    assert (report.created, report.folded, Question.objects.count()) == (3, 1, 2)
    assert report.folds == [{"source": str(path), "line": 2, "into": f"{path}:1"}]
    again = import_tickets([path])
    assert (again.created, again.folded, Question.objects.count()) == (0, 0, 2)


def test_copy_of_what_an_earlier_import_taught_folds_too(jsonl):
    import_tickets([jsonl(_row(1, question=LONG, answer=REPLY))])
    report = import_tickets([jsonl(_row(2, question=LONG, answer=REPLY), name="later.jsonl")])
    assert (report.created, report.folded, Question.objects.count()) == (1, 1, 1)


def test_signature_of_all_answers_is_not_learned_but_stands_in_the_messages(jsonl):
    signature = f"تیم پشتیبانی فروشگاه\nتلفن {PHONE}"
    import_tickets([jsonl(*(_row(n, answer=f"پاسخ {n}\n{signature}") for n in range(40)))])
    assert Question.objects.get(external_id="import:old-7").answer == "پاسخ 7"
    assert Message.objects.filter(role="agent", text__contains="تیم پشتیبانی").count() == 40


def test_dry_run_reports_and_writes_nothing(jsonl):
    path = jsonl(_row(1), _row(1), _row(2), "{broken", _row(3, answer=""))
    dry = import_tickets([path], dry_run=True)
    assert not any(rows.objects.exists() for rows in (Ticket, Message, Question))
    real = import_tickets([path])
    assert dry.as_dict() | {"seconds": 0} == real.as_dict() | {"seconds": 0}
    assert real.created + real.duplicates + real.unanswered + len(real.failed) == 5


def test_stop_ends_after_what_was_read_and_the_next_run_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr("tickets.importing.reading._LOOKED_EVERY", 0)
    monkeypatch.setattr("tickets.importing.reading.BATCH", 100)
    path = tmp_path / "t.csv"
    path.write_text("id,question,answer\n" + "".join(f"{n},q {n},a {n}\n" for n in range(400)))
    looks = iter(range(10_000))
    report = import_tickets([path], stop=lambda: next(looks) > 150)
    assert report.stopped
    assert 0 < report.created < 400
    rest = import_tickets([path])
    assert rest.created + report.created == Ticket.objects.count() == 400
    assert not rest.stopped


def test_progress_goes_over_all_files_in_bytes(jsonl):
    paths = [jsonl(_row(1), name="a.jsonl"), jsonl(_row(2), name="b.jsonl")]
    told = []
    import_tickets(paths, progress=lambda done, total: told.append((done, total)))
    total = sum(path.stat().st_size for path in paths)
    assert told[-1] == (total, total)


def test_language_is_found_or_taken_from_the_option(jsonl):
    path = jsonl(
        _row(1, lang="", question="Where is my order?"),
        _row(2, lang="", question="де моє замовлення"),
        _row(3, lang="he"),
    )
    assert import_tickets([path]).languages == {"en": 1, "he": 1, "uk": 1}


@pytest.mark.django_db(transaction=True)  # within a transaction the patterns are read each time
def test_queries_do_not_grow_with_the_rows(jsonl, django_assert_max_num_queries, monkeypatch):
    monkeypatch.setattr(patterns, "REMEMBERED_SECONDS", 3600.0)  # nor with the time that they take
    few, many = (
        jsonl(
            *(_row(f"{count}-{n}", question=f"q {n} {PHONE}") for n in range(count)),
            name=f"{count}",
        )
        for count in (10, 500)
    )
    import_tickets([few])
    with django_assert_max_num_queries(60):
        import_tickets([many])


def test_mailbox_and_chat_are_imported_masked_and_once(tmp_path):
    mailbox = tmp_path / "box"
    mailbox.write_text(
        "From x@y.example Mon Jan 12 10:00:00 2026\n"
        f"From: Sara <{EMAIL}>\nTo: help@shop.example\nMessage-ID: <1@x>\nSubject: {PHONE}\n\n"
        f"{LONG} {PHONE}\n\n"
        "From x@y.example Mon Jan 12 10:00:00 2026\n"
        f"From: help@shop.example\nTo: {EMAIL}\nMessage-ID: <2@x>\nReferences: <1@x>\n\n{REPLY}\n"
    )
    chat = tmp_path / "chat.txt"
    chat.write_text(
        f"12/01/2026, 10:00 - Sara: {LONG} {CARD}\n12/01/2026, 10:05 - Desk: {REPLY}\n"
        "13/01/2026, 10:00 - Sara: یک سؤال دیگر هم دارم که مهم است\n"
        "13/01/2026, 10:05 - Desk: بپرسید\n"
    )
    options = ReadingOptions(agents=("help@shop.example", "Desk"))
    first = import_tickets([mailbox, chat], options=options)
    second = import_tickets([mailbox, chat], options=options)
    assert (first.created, first.failed) == (3, [])
    assert (second.created, second.duplicates) == (0, 3)
    texts = [
        *Message.objects.values_list("text", flat=True),
        *Question.objects.values_list("text", flat=True),
    ]
    texts += [text for row in Ticket.objects.values_list("external_id", "subject") for text in row]
    assert not any(value in text for value in (PHONE, CARD, EMAIL, "sara") for text in texts)


def test_customer_is_found_again_by_the_contact_that_the_file_tells(tmp_path):
    path = tmp_path / "t.csv"
    rows = (
        f"{n},q {n},a {n},{contact}" for n, contact in enumerate([EMAIL, EMAIL.upper(), "Sara"])
    )
    path.write_text("id,question,answer,email\n" + "\n".join(rows))
    assert import_tickets([path]).created == 3
    customer = find_customer(EMAIL)
    assert customer is not None
    assert sorted(one.external_id for one in customer.tickets.all()) == ["0", "1"]
    assert Customer.objects.count() == 1
    assert bytes(customer.contact_encrypted).find(EMAIL.encode()) == -1


def test_second_file_that_cannot_be_read_is_listed_and_the_first_is_in(tmp_path, jsonl):
    chat = tmp_path / "chat.txt"
    chat.write_text("12/01/2026, 10:00 - Sara: hi\n12/01/2026, 10:05 - Ali: hello\n")
    options = ReadingOptions(agents=("nobody",))
    report = import_tickets([jsonl(_row(1)), chat], options=options)
    assert report.created == 1
    assert [one["source"] for one in report.failed] == [str(chat)]
    with pytest.raises(InputError):
        import_tickets([chat], options=options)


def test_what_a_customer_had_erased_does_not_come_back_with_an_old_file(jsonl):
    old = (timezone.now() - timedelta(days=3)).isoformat()
    path = jsonl(_row(1, contact=EMAIL, created_at=old), _row(2, created_at=old))
    import_tickets([path])
    erase_customer(find_customer(EMAIL), user=None)
    again = import_tickets([path])
    assert (again.created, again.duplicates, again.left_out) == (0, 1, {"erased": 1})
    later = _row(3, contact=EMAIL, created_at=(timezone.now() + timedelta(days=1)).isoformat())
    assert import_tickets([jsonl(later)]).created == 1


def test_ticket_that_was_erased_by_its_number_does_not_come_back_with_an_old_file(jsonl):
    old = (timezone.now() - timedelta(days=3)).isoformat()
    path = jsonl(_row(1, created_at=old), _row(2, created_at=old))
    import_tickets([path])
    erase_ticket(Ticket.objects.get(external_id="old-1"), user=None)
    again = import_tickets([path])
    assert (again.created, again.duplicates, again.left_out) == (0, 1, {"erased": 1})
    assert Question.objects.count() == 1
