"""CSV: whose columns are known by many names, in any spreadsheet's dialect."""

import pytest

from kb.importing.document import UnreadableDocument
from kb.importing.formats import entries


def read(data, name="faq.csv"):
    data = data.encode() if isinstance(data, str) else data
    return [entry.read() for entry in entries(data, name)]


@pytest.mark.parametrize(
    "header",
    [
        "title,text",
        "Question,Answer",
        "Article Title,Body",
        "پرسش,پاسخ",
        "سؤال,جواب",
        "عنوان,متن",
        "متن پرسش,متن پاسخ",
        "Question text,Answer text",
        "موضوع,توضیحات",
        "Subject,Content",
    ],
)
def test_columns_are_known_by_many_names(header):
    (document,) = read(f"no,{header}\n1,How?,So.\n")
    assert (document.title, document.text) == ("How?", "So.")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_delimiter_and_encoding_are_found(delimiter, encoding):
    rows = [["پرسش", "پاسخ"], ["چگونه؟", '"یک، دو; سه | چهار"']]
    data = "\r\n".join(delimiter.join(row) for row in rows).encode(encoding)
    assert read(data)[0].text == "یک، دو; سه | چهار"


def test_windows_1256_is_read():
    text = "پرسش;پاسخ\nاين چگونه است و از كجا مي آيد؟;از همين جا\n"
    assert read(text.encode("windows-1256"))[0].title == "اين چگونه است و از كجا مي آيد؟"


def test_excel_says_its_delimiter():
    assert read("sep=;\nquestion;answer\nHow?;So, and so.\n")[0].text == "So, and so."


def test_a_formula_is_only_text():
    document = read('title,text\n"=HYPERLINK(""http://x"")",=1+1\n')[0]
    assert (document.title, document.text) == ('=HYPERLINK("http://x")', "=1+1")


def test_other_columns_give_the_other_fields():
    (document,) = read(
        "id,question,answer,url,language,status,visibility\n"
        "7,Q?,<p>A <b>b</b></p>,https://a.example/q,fa,Draft,agents\n"
    )
    assert document.external_id == "7"
    assert document.text == "A **b**"
    assert (document.url, document.lang) == ("https://a.example/q", "fa")
    assert (document.state, document.visibility) == ("draft", "internal")


def test_a_row_is_known_by_its_question_wherever_it_stands():
    first = read("question,answer\nA?,one\nB?,two\nA?,again\n")
    second = read("question,answer\nB?,two\nA?,other\n")
    ids = [document.external_id for document in first]
    assert len(set(ids)) == 3
    assert [document.external_id for document in second] == [ids[1], ids[0]]


def test_a_cell_of_several_lines_stays_whole():
    (document,) = read('question,answer\nHow?,"First\n\n- one\n- two"\n')
    assert document.text == "First\n\n- one\n- two"


def test_an_empty_row_is_nothing_and_a_row_without_text_fails_alone():
    found = list(entries(b"question,answer\n,\nA?,\nB?,two\n", "faq.csv"))
    assert [entry.name for entry in found] == ["faq.csv:3", "faq.csv:4"]
    with pytest.raises(UnreadableDocument, match="neither text"):
        found[0].read()
    assert found[1].read().title == "B?"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("x,y\n1,2\n", "names no column with the text"),
        ("question,answer\n" + '"' + "x" * 5_000_000, "field larger"),
        (b"question,answer\ncaf\xe9,x\n", "not UTF-8"),
    ],
)
def test_what_is_no_table_of_articles_is_refused(data, reason):
    with pytest.raises(UnreadableDocument, match=reason):
        read(data)
