"""Which format a file has, by what is in it."""

import json
import zipfile

import pytest

from tickets.importing import BadHistoryFile, import_tickets
from tickets.importing.formats import FORMATS, recognise

ROW = {"question": "q", "answer": "a"}
FILES = [
    (b"id,question,answer\n1,a,b\n", "csv"),
    ("\ufeffسوال;پاسخ\n".encode(), "csv"),
    ("سوال,پاسخ\n".encode("windows-1256"), "csv"),
    ("question\tanswer\n".encode("utf-16"), "csv"),
    (json.dumps(ROW).encode(), "jsonl"),
    (json.dumps([ROW], indent=2).encode(), "jsonl"),
    (json.dumps({"messages": []}).encode("utf-16"), "jsonl"),
    (b'{"id": 1, "requester_id": 2, "comments": []}', "zendesk"),
    (b'{"tickets": [{"id": 1, "requester_id": 2, "comments": []}]}', "zendesk"),
    (b"From sara@example.ir Mon Jan 12 10:00:00 2026\nFrom: a@b\n\nx", "mbox"),
    (b"From - Mon Jan 12 10:00:00 2026\r\nX-Mozilla-Status: 0001\r\n\r\nx", "mbox"),
    (b'From "sara ahmadi"@example.ir Mon Jan 12 10:00:00 2026 +0330\nFrom: a@b\n\nx', "mbox"),
    (b"Received: from x\nFrom: a@b.example\nSubject: question, answer\n\nx", "eml"),
    (b"12/01/2026, 10:00 - Sara: hi\n12/01/2026, 10:01 - Desk: hello\n", "whatsapp"),
    (b"[12/01/2026, 10:00:00] Sara: hi\n[12/01/2026, 10:01:00] Desk: hello\n", "whatsapp"),
    (b"just words\nand words\n", None),
    (b"name,address\n1,2\n", None),
    (b"From here to there\n", None),
]


@pytest.mark.parametrize(("content", "name"), FILES)
def test_format_is_recognised(tmp_path, content, name):
    path = tmp_path / "file"
    path.write_bytes(content)
    assert recognise(path) == name


def test_archive_and_folder_are_told_by_what_they_hold(tmp_path):
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("x/1.EML", b"From: a@b.example\n\nx")
    assert recognise(archive) == "eml"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("notes.pdf", b"%PDF")
    assert recognise(archive) is None
    assert recognise(tmp_path) is None
    archive.write_bytes(archive.read_bytes()[:20])
    with pytest.raises(BadHistoryFile):
        recognise(archive)


@pytest.mark.django_db
def test_format_that_is_named_is_taken(tmp_path):
    path = tmp_path / "t.txt"
    path.write_text("name\nx\n")
    with pytest.raises(BadHistoryFile, match="--format"):
        import_tickets([path])
    assert import_tickets([path], format_="csv").failed[0]["line"] == 2
    with pytest.raises(BadHistoryFile, match=", ".join(FORMATS)):
        import_tickets([path], format_="excel")
