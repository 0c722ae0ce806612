"""The format is recognised, by the bytes where the name lies; what is unchanged is not parsed."""

import io
import zipfile

import pytest

from kb.importing import formats, pdf
from kb.importing.document import UnreadableDocument
from kb.importing.formats import entries, is_looked_at
from tests.kb.test_archives import make_zip
from tests.kb.test_docx import make_docx
from tests.kb.test_pdf import make_pdf

HTML = b"<!doctype html><title>T</title><p>x</p>"
JSON = b'{"external_id": "a", "title": "T", "text": "x"}\n{"external_id": "b", "text": "y"}\n'


@pytest.mark.parametrize("name", ["a", "a.txt", "a.html", "a.pdf", "a.md"])
def test_a_pdf_is_a_pdf_under_any_name(name):
    (entry,) = entries(make_pdf(["Some words here"]), name)
    assert "Some words here" in entry.read().text


@pytest.mark.parametrize("name", ["a", "a.txt", "a.docx", "a.zip"])
def test_a_docx_is_a_docx_under_any_name(name):
    (entry,) = entries(make_docx(["Some words here"]), name)
    assert "Some words here" in entry.read().text


@pytest.mark.parametrize("name", ["a", "a.txt", "a.html", "a.md", "page.aspx"])
def test_a_page_is_a_page_under_any_name(name):
    (entry,) = entries(HTML, name)
    assert (entry.read().title, entry.read().text) == ("T", "x")


@pytest.mark.parametrize("name", ["a", "a.txt", "a.jsonl", "a.ndjson"])
def test_lines_of_json_are_known_under_any_name(name):
    assert [entry.read().external_id for entry in entries(JSON, name)] == ["a", "b"]


@pytest.mark.parametrize("name", ["faq", "faq.txt", "faq.csv", "faq.tsv"])
def test_a_table_is_known_by_its_first_line(name):
    found = list(entries(b"question\tanswer\nA?\tone\nB?\ttwo\n", name))
    assert [entry.read().title for entry in found] == ["A?", "B?"]


def test_text_with_braces_or_commas_is_text():
    for text in ("{ this is no JSON", "[Note] Title and text, please.\nMore.", "a, b\nc, d"):
        assert len(list(entries(text.encode(), "a.txt"))) == 1


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        (b"plain words", "a.pdf", "no PDF"),
        (b"plain words", "a.docx", "no DOCX"),
        (b"plain words", "a.zip", "no archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "a.doc", "old Office version"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "a.docx",
            "password",
        ),
        (b"{\\rtf1 hello}", "a.txt", "rtf"),
        (b"Rar!\x1a\x07", "a.rar", "rar"),
        (b"anything", "a.xlsx", "xlsx"),
        (make_zip({"[Content_Types].xml": "x", "xl/workbook.xml": "x"}), "a.docx", "xlsx"),
        (b"\x89PNG\r\n\x1a\n", "a.md", "binary"),
    ],
)
def test_what_is_not_read_says_so(data, name, reason):
    with pytest.raises(UnreadableDocument, match=reason):
        [entry.read() for entry in entries(data, name)]


def test_an_open_document_is_not_taken_for_an_archive():
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("content.xml", "x")
    with pytest.raises(UnreadableDocument, match="odt"):
        list(entries(target.getvalue(), "a.zip"))


def test_a_docx_stored_in_an_archive_does_not_make_it_one():
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("x/a.docx", make_docx(["Some words here"]))
        archive.writestr("b.md", "# B")
    found = [entry.read().external_id for entry in entries(target.getvalue(), "a.zip")]
    assert found == ["x/a.docx", "b.md"]


def test_nothing_is_parsed_before_an_entry_is_read(monkeypatch):
    monkeypatch.setattr(pdf, "read", lambda *args, **kwargs: pytest.fail("it was parsed"))
    data = make_pdf(["words"])
    assert len(list(entries(data, "a.pdf"))) == 1
    assert len(list(entries(make_zip({"a.pdf": data}), "a.zip"))) == 1


def test_a_digest_is_of_bytes_name_salt_and_version(monkeypatch):
    def digest(data=HTML, name="a.html", salt=""):
        return next(entries(data, name, salt=salt)).digest

    known = {digest(), digest(data=HTML + b" "), digest(name="b.html"), digest(salt="fa")}
    monkeypatch.setattr(formats, "VERSION", 99)
    assert len(known | {digest()}) == 5


def test_a_member_has_the_digest_of_its_own_bytes():
    def digests(files):
        return {entry.name: entry.digest for entry in entries(make_zip(files), "a.zip")}

    before = digests({"a.md": b"# A", "b.md": b"# B"})
    after = digests({"b.md": b"# B", "a.md": b"# Other"})
    assert before["b.md"] == after["b.md"]
    assert before["a.md"] != after["a.md"]


@pytest.mark.parametrize(
    ("name", "looked_at"),
    [
        ("a.md", True),
        ("x/y.PDF", True),
        ("a.xlsx", True),
        ("../a.md", True),
        (".a.md", False),
        (".git/a.md", False),
        ("__MACOSX/a.md", False),
        ("a.png", False),
        ("Makefile", False),
    ],
)
def test_is_looked_at(name, looked_at):
    assert is_looked_at(name) is looked_at
