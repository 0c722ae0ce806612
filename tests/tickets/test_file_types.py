"""What a file is told by its bytes; everything that could run is refused."""

import io
import zipfile

import pytest

from tests.tickets.files import DOC, DOCX, JPEG, ODT, OLE, PDF, PNG, XLSX, archive
from tickets.file_types import MOST_ENTRIES, RefusedType, type_of


@pytest.mark.parametrize(
    ("content", "suffix"),
    [
        (PNG, ".png"),
        (JPEG, ".jpg"),
        (b"GIF89a....", ".gif"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", ".webp"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00", ".heic"),
        (PDF, ".pdf"),
        (DOCX, ".docx"),
        (XLSX, ".xlsx"),
        (ODT, ".odt"),
        (DOC, ".doc"),
        ("سلام\nخطا: ۵۰۰\n".encode(), ".txt"),
        ("سلام".encode("utf-16"), ".txt"),
        ("Привіт, помилка".encode("cp1251"), ".txt"),
    ],
)
def test_kind_is_told_by_the_bytes(content, suffix):
    assert type_of(content).suffixes[0] == suffix


@pytest.mark.parametrize(
    "content",
    [
        b"MZ\x90\x00\x03",
        b"\x7fELF\x02\x01",
        b"#!/bin/sh\nrm -rf /\n",
        b"<!DOCTYPE html><script>x</script>",
        b"\xef\xbb\xbf  <SVG xmlns='x' onload='steal()'/>",
        b"<?xml version='1.0'?><svg/>",
        "<html>".encode("utf-16"),
        b"a picture <script>alert(1)</script>",
        archive("photo.png"),
        archive("[Content_Types].xml"),
        archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
        archive("mimetype", "Basic/x.xml", mimetype=b"application/vnd.oasis.opendocument.text"),
        archive("mimetype", mimetype=b"text/html"),
        archive(*(f"[{number}" for number in range(MOST_ENTRIES + 1))),
        DOCX[:40],
        OLE,
        DOC + "_VBA_PROJECT".encode("utf-16-le"),
        b"Rar!\x1a\x07\x00",
        b"\x00\x00\x00\x18ftypmp42",
        b"text\x00with nul",
    ],
    ids=range(20),  # an archive's bytes hold the time at which it was made
)
def test_what_could_run_or_is_unknown_is_refused(content):
    with pytest.raises(RefusedType):
        type_of(content)


@pytest.mark.parametrize("packing", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_archive_that_is_damaged_inside_is_refused_whatever_it_was_packed_with(packing):
    """The fault shows while the type is unpacked, in each packer's own way."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", packing) as made:
        made.writestr("mimetype", "application/vnd.oasis.opendocument.text" * 9)
    whole = file.getvalue()
    start = 30 + len("mimetype")
    for filling in (b"\xff", b"\x00", b"\x05"):
        with pytest.raises(RefusedType):
            type_of(whole[:start] + filling * 20 + whole[start + 20 :])


def test_archive_of_very_many_files_is_refused_before_they_are_listed(monkeypatch):
    monkeypatch.setattr(zipfile, "ZipFile", None)
    with pytest.raises(RefusedType):
        type_of(b"PK\x03\x04" + b"PK\x01\x02" * (MOST_ENTRIES + 1))
