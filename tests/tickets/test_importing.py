"""Past tickets from files: once, masked, with what could not be read listed by line."""

import json
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from kb.models import Question
from tests.tickets.factories import CARD, EMAIL, PHONE
from tickets.importing.rows import BadHistoryFile
from tickets.importing import import_tickets
from tickets.models import Message, Ticket, VaultEntry

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
        "سؤال,پاسخ".encode("windows-1256"),
        "question,answer".encode("utf-16"),
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
