"""DOCX documents, made with python-docx."""

import io
import zipfile

import docx as python_docx
import pytest
from PIL import Image

from kb.importing import docx
from kb.importing.document import UnreadableDocument


def make_docx(paragraphs, *, build=None):
    document = python_docx.Document()
    for text in paragraphs:
        document.add_paragraph(text)
    if build:
        build(document)
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def changed(data, **parts):
    """The document with other parts, named by their last word."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(target, "w", 8) as new:
        for name in old.namelist():
            key = name.rpartition("/")[2].partition(".")[0]
            new.writestr(name, parts.get(key, old.read(name)))
    return target.getvalue()


def handbook(document):
    document.core_properties.title = "Properties' title"
    document.core_properties.language = "fa"
    document.add_heading("راهنمای بازگشت کالا", level=0)
    document.add_paragraph("تا هفت روز پس از خرید.")
    document.add_heading("مراحل", level=1)
    document.add_paragraph("وارد شوید", style="List Number")
    document.add_paragraph("فرم را پر کنید", style="List Number")
    document.add_heading("شرایط", level=2)
    document.add_paragraph("سالم باشد", style="List Bullet")
    table = document.add_table(rows=2, cols=2)
    for row, texts in zip(table.rows, (("نوع", "مهلت"), ("عادی", "۷ روز")), strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    run = document.add_paragraph("Some ").add_run("bold")
    run.bold = True


def test_headings_lists_and_tables_are_kept():
    document = docx.read(make_docx([], build=handbook), name="a/b.docx")
    assert (document.external_id, document.title, document.lang) == (
        "a/b.docx",
        "راهنمای بازگشت کالا",
        "fa",
    )
    assert document.text.startswith("تا هفت روز")
    assert "# مراحل\n\n1. وارد شوید\n2. فرم را پر کنید\n\n## شرایط\n\n- سالم باشد" in document.text
    assert "| نوع | مهلت |\n| عادی | ۷ روز |" in document.text
    assert document.text.endswith("Some **bold**")


def test_the_one_first_heading_is_the_title():
    def build(document):
        document.add_heading("Only one", level=1)
        document.add_paragraph("Words.")

    document = docx.read(make_docx([], build=build), name="b.docx")
    assert (document.title, document.text) == ("Only one", "Words.")


def test_a_document_without_headings_is_named_by_its_file():
    assert docx.read(make_docx(["Words."]), name="x/hours.docx").title == "hours"


def test_pictures_go():
    png = io.BytesIO()
    Image.new("RGB", (2, 2)).save(png, "PNG")
    png.seek(0)

    def build(document):
        document.add_picture(png)
        document.add_paragraph("Words.")

    assert docx.read(make_docx([], build=build), name="a").text == "Words."


def test_a_bomb_is_refused_before_it_is_unpacked():
    data = changed(make_docx(["a"]), document=b"<x>" + b" " * (docx.MAX_XML_BYTES + 1) + b"</x>")
    assert len(data) < 100_000
    with pytest.raises(UnreadableDocument, match="MB of text parts"):
        docx.read(data, name="a")


def test_a_document_of_countless_parts_is_refused():
    data = changed(make_docx(["a"]), document=b"<x>" + b"<p/>" * docx.MAX_TAGS + b"</x>")
    with pytest.raises(UnreadableDocument, match="too many parts"):
        docx.read(data, name="a")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused(encoding):
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'
    data = changed(make_docx(["a"]), document=bomb.encode(encoding))
    with pytest.raises(UnreadableDocument, match="damaged"):
        docx.read(data, name="a")


@pytest.mark.parametrize("document", [b"", b"<x", b"<x>" * 50_000, b"\xff\xfe"])
def test_a_damaged_document_is_refused(document):
    with pytest.raises(UnreadableDocument, match="damaged"):
        docx.read(changed(make_docx(["a"]), document=document), name="a")


def test_an_empty_document_is_refused():
    with pytest.raises(UnreadableDocument, match="no text"):
        docx.read(make_docx([]), name="a.docx")


def test_a_part_that_is_hidden_behind_another_ending_is_not_read():
    data = changed(make_docx(["a"]))
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(target, "w", 8) as new:
        for name in old.namelist():
            part = old.read(name).replace(b"word/document.xml", b"word/document.bin")
            new.writestr(name.replace("word/document.xml", "word/document.bin"), part)
    with pytest.raises(UnreadableDocument):
        docx.read(target.getvalue(), name="a")
