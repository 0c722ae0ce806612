"""JSONL, JSON documents, conversations of several turns."""

import json

import pytest

from tests.tickets.importing.reading import problems, read_all, reasons, said
from tickets.importing import json_rows
from tickets.importing.records import ReadingOptions


def _read(tmp_path, content):
    path = tmp_path / "t.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_all(json_rows.read, path, ReadingOptions())


def _turns(*turns):
    return {"external_id": "1", "messages": [{"role": role, "text": text} for role, text in turns]}


def test_messages_become_turns_and_one_side_in_a_row_is_one(tmp_path):
    row = _turns(
        ("user", "a"), ("customer", "b"), ("assistant", "c"), ("system", "x"), ("مشتری", "d")
    )
    records = _read(tmp_path, json.dumps(row))
    assert said(records) == [[("customer", "a\nb"), ("agent", "c"), ("customer", "d")]]
    assert reasons(records) == ["system"]


def test_each_turn_has_its_time(tmp_path):
    messages = [
        {"role": "customer", "content": "q", "at": "2026-01-02T10:00:00Z"},
        {"role": "agent", "content": "a", "created_at": 1767348000},
    ]
    (record,) = _read(tmp_path, json.dumps({"messages": messages}))
    assert [turn.at.isoformat()[:16] for turn in record.turns] == ["2026-01-02T10:00"] * 2


@pytest.mark.parametrize(
    "messages",
    ["no list", [1], [{"role": "boss", "text": "x"}], [{"role": "agent", "text": 7}], []],
)
def test_messages_that_cannot_be_used_are_listed(tmp_path, messages):
    records = _read(
        tmp_path, json.dumps({"messages": messages}) + "\n" + json.dumps(_turns(("user", "q")))
    )
    assert [line for line, _why in problems(records)] == [1]
    assert len(said(records)) == 1


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("wrap", [False, True])
def test_one_document_with_a_list_is_read_object_by_object(tmp_path, indent, wrap):
    rows = [{"question": f'q{n} {{["', "answer": "a" * 3000} for n in range(300)]
    document = {"count": 300, "tickets": rows, "users": [{"question": "no", "answer": "no"}]}
    records = _read(tmp_path, json.dumps(document if wrap else rows, indent=indent))
    assert len(said(records)) == 300
    assert not problems(records)
    if indent:
        assert records[1].line > records[0].line


def test_document_that_is_cut_off_gives_what_is_whole(tmp_path):
    text = json.dumps([{"question": f"q{n}", "answer": "a"} for n in range(5)], indent=1)
    records = _read(tmp_path, text[:-20])
    assert len(said(records)) == 4
    assert len(problems(records)) == 1


def test_lines_of_two_encodings(tmp_path):
    row = '{"question": "سلام سفارش نرسيد", "answer": "فردا"}'
    records = _read(tmp_path, row.encode("windows-1256") + b"\n" + row.encode())
    assert said(records)[0] == said(records)[1]


def test_document_in_an_old_encoding_is_read_and_a_broken_letter_is_told(tmp_path):
    rows = [{"question": "سلام سفارش نرسيد", "answer": "فردا"} for _number in range(3)]
    text = json.dumps(rows, ensure_ascii=False, indent=1)
    assert len(said(_read(tmp_path, text.encode("windows-1256")))) == 3
    broken = text.encode().replace("فردا".encode(), b"\xff", 1)
    records = _read(tmp_path, broken)
    assert len(said(records)) == 2
    assert len(problems(records)) == 1
