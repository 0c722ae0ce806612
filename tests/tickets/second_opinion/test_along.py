"""Imports and `scrub` mask with the model at once."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.tickets.test_commands import _json, _lines, _refused
from tickets.importing import running, runs
from tickets.importing.runs import preview
from tickets.models import Message, Ticket
from tickets.second_opinion import along, opening

NAME = "ژلمانه پژدوبرگ"


@pytest.fixture
def history(tmp_path):
    path = tmp_path / "history.jsonl"
    rows = [
        {
            "external_id": str(number),
            "subject": f"دامنه {NAME}",
            "question": f"دامنه {NAME} وصل نیست، شماره‌ام 0912 345 6789 است {number}",
            "answer": f"سلام Brannika، رکورد شماره {number} را درست کنید.",
        }
        for number in range(1, 4)
    ]
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return path


@pytest.mark.django_db
def test_import_masks_what_the_model_finds(model_on, history, monkeypatch):
    reads = []
    read = opening.required().model.read
    monkeypatch.setattr(
        opening.required().model, "read", lambda texts: reads.append(len(texts)) or read(texts)
    )
    report = _json("import_tickets", str(history))
    assert report["placeholders"] == {"PERSON": 6, "PHONE": 3}
    assert reads == [7]  # all of the batch at once, the subject that all share once
    first = Ticket.objects.get(external_id="1")
    assert first.subject == "دامنه [PERSON_1]"
    assert list(first.messages.values_list("text", flat=True)) == [
        "دامنه [PERSON_1] وصل نیست، شماره‌ام [PHONE_1] است 1",
        "سلام [PERSON_2]، رکورد شماره 1 را درست کنید.",
    ]
    assert set(Message.objects.values_list("second_read", flat=True)) == {True}
    assert not along.is_reading()


@pytest.mark.django_db
def test_import_again_adds_nothing_and_reads_nothing(model_on, history, monkeypatch):
    _json("import_tickets", str(history))
    monkeypatch.setattr(opening.required().model, "read", lambda texts: [[] for _ in texts])
    report = _json("import_tickets", str(history))
    assert (report["created"], report["duplicates"]) == (0, 3)


@pytest.mark.django_db
def test_conversation_that_has_grown_is_known_again(model_on, tmp_path):
    def write(*turns):
        path = tmp_path / "grown.jsonl"
        messages = [{"role": role, "text": text} for role, text in turns]
        path.write_text(json.dumps({"external_id": "1", "messages": messages}))
        return str(path)

    asked = ("customer", f"دامنه {NAME} وصل نیست")
    answered = ("agent", "سلام Brannika، رکورد را درست کنید.")
    _json("import_tickets", write(asked, answered))
    more = (("customer", f"باز هم {NAME} نیست"), ("agent", "باز ببینید."))
    report = _json("import_tickets", write(asked, answered, *more))
    assert report["extended"] == 1
    assert list(Message.objects.values_list("text", flat=True)) == [
        "دامنه [PERSON_1] وصل نیست",
        "سلام [PERSON_2]، رکورد را درست کنید.",
        "باز هم [PERSON_1] نیست",
        "باز ببینید.",
    ]


@pytest.mark.django_db
def test_import_at_the_desk_reads_along_and_its_preview_does_not(
    model_on, history, mina, tmp_path, monkeypatch
):
    model_on.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(runs, "PREVIEW_SECONDS", 600.0)  # all of the file, however slow
    file = SimpleUploadedFile("history.jsonl", history.read_bytes())
    assert preview(file, options={}).placeholders == {"PHONE": 3}
    file.seek(0)
    monkeypatch.setattr("tickets.tasks.run_ticket_import.delay", lambda run_id: None)
    row = runs.start(file, user=mina, options={})
    assert running.run(row.pk)
    row.refresh_from_db()
    assert row.report["placeholders"] == {"PERSON": 6, "PHONE": 3}


@pytest.mark.django_db
def test_import_with_a_damaged_model_is_refused_before_anything_is_written(settings, copy, history):
    (copy / "config.json").unlink()
    settings.NER_MODEL = str(copy)
    _refused("import_tickets", str(history))
    assert not Ticket.objects.exists()


@pytest.fixture
def lines(tmp_path):
    path = tmp_path / "lines.txt"
    path.write_text(f"😀 {NAME} [PHONE_1] 0912 345 6789\nسلام\n", encoding="utf-8")
    return str(path)


def test_scrub_gives_offsets_of_the_line_as_given(model_on, lines):
    rows = [json.loads(line) for line in _lines("scrub", lines, as_json=True)]
    assert rows == [
        {
            "text": "😀 [PERSON_1] (PHONE-1) [PHONE_1]",
            "spans": [
                {"start": 2, "end": 16, "type": "PERSON"},
                {"start": 27, "end": 40, "type": "PHONE"},
            ],
        },
        {"text": "سلام", "spans": []},
    ]


def test_scrub_with_a_damaged_model_is_refused(settings, copy, lines):
    (copy / "config.json").unlink()
    settings.NER_MODEL = str(copy)
    _refused("scrub", lines)
