"""CSV: headings of many desks, broken quotes, encodings."""

import pytest

from tests.tickets.importing.reading import problems, read_all, said
from tickets.importing import csv_rows
from tickets.importing.records import ReadingOptions


def _read(tmp_path, content, name="t.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_all(csv_rows.read, path, ReadingOptions())


@pytest.mark.parametrize(
    "heading",
    [
        "question,answer",
        "Question , ANSWER",
        "سوال,پاسخ",
        "سؤال,جواب",
        "متن تیکت;پاسخ پشتیبان",
        "Message\tReply",
        "customer_message|agent_reply",
    ],
)
def test_heading_names_question_and_answer_in_many_words(tmp_path, heading):
    delimiter = csv_rows.delimiter_of(heading)
    records = _read(tmp_path, f"{heading}\nالف{delimiter}ب\n")
    assert said(records) == [[("customer", "الف"), ("agent", "ب")]]
    assert csv_rows.looks_like(heading + "\nx")


def test_plainest_name_wins_where_several_fit(tmp_path):
    records = _read(tmp_path, "text,answer,question,id\nno,b,a,7\n")
    assert said(records) == [[("customer", "a"), ("agent", "b")]]
    assert records[0].external_id == "7"


def test_quote_that_is_never_closed_costs_its_own_row_only(tmp_path):
    rows = "\n".join(f'{n},"q {n}",a {n}' for n in range(5, 2500))
    records = _read(tmp_path, f'id,question,answer\n1,q,a\n2,"open,a\n3,q3,a3\n{rows}\n')
    assert [line for line, _why in problems(records)] == [3]
    assert len(said(records)) == 2 + 2495


def test_quote_that_is_open_at_the_end_of_the_file(tmp_path):
    records = _read(tmp_path, 'question,answer\nq1,a1\nq2,"a2\nq3,a3\n')
    assert [line for line, _why in problems(records)] == [3]
    assert [turns[0][1] for turns in said(records)] == ["q1", "q3"]


def test_cell_over_several_lines_is_one_cell(tmp_path):
    records = _read(tmp_path, 'question,answer\n"a\n\n""b"", c","d\r\ne"\nx,y\n')
    assert said(records)[0] == [("customer", 'a\n\n"b", c'), ("agent", "d\r\ne")]
    assert len(said(records)) == 2


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_encodings_with_a_mark(tmp_path, encoding):
    text = "سوال,پاسخ\nچرا؟,زیرا\n"
    mark = "\ufeff" if encoding == "utf-16-le" else ""
    records = _read(tmp_path, (mark + text).encode(encoding))
    assert said(records) == [[("customer", "چرا؟"), ("agent", "زیرا")]]


def test_rows_of_two_encodings_and_one_of_neither(tmp_path):
    old = "سفارش من نرسيد,فردا ميرسد".encode("windows-1256")
    new = "سفارش من نرسید,فردا می‌رسد".encode()
    records = _read(tmp_path, b"question,answer\n" + old + b"\n" + new + b"\n\xff\xfe\xff\n" + new)
    assert len(said(records)) == 3
    assert [line for line, _why in problems(records)] == [4]


def test_no_row_holds_more_than_its_limit_in_memory(tmp_path):
    records = _read(tmp_path, "question,answer\n" + "x" * 2_100_000 + "\nq,a\n")
    assert [line for line, _why in problems(records)] == [2]
    assert len(said(records)) == 1


def test_progress_reaches_the_size_of_the_file(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("question,answer\n" + "q,a\n" * 3000)
    told = []
    list(csv_rows.read(path, ReadingOptions(progress=told.append)))
    assert told[-1] == path.stat().st_size
    assert told == sorted(told)
