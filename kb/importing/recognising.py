"""What a file is, by its first bytes and its ending: `kind_of(data, suffix)`.

The bytes decide where they can: a PDF named .txt is a PDF. A file's ending decides between texts,
which look alike.
"""

import io
import re
import zipfile
from enum import StrEnum

from django.utils.translation import gettext as _

from kb.importing import csv_rows, html, markdown
from kb.importing.decoding import decode_head
from kb.importing.document import UnreadableDocument

HTML = (".html", ".htm", ".xhtml")
MARKDOWN = (".md", ".markdown", ".mdx")
PLAIN = (".txt", ".text")
JSON_LINES = (".jsonl", ".ndjson")
JSON = (".json",)
CSV = (".csv", ".tsv")
PDF = (".pdf",)
DOCX = (".docx",)
ARCHIVES = (".zip", ".tar", ".tgz", ".tbz2", ".txz", ".gz", ".bz2", ".xz")
READ = (*HTML, *MARKDOWN, *PLAIN, *JSON_LINES, *JSON, *CSV, *PDF, *DOCX, *ARCHIVES)
_NOT_READ = ".doc .odt .rtf .epub .xml .rar .7z .xls .xlsx .ods .ppt .pptx .pages .mht .chm"
NOT_READ = tuple(_NOT_READ.split())
"""What somebody may expect to be read: it is reported, where pictures are passed over."""

HEAD = 4096
_TAR_MARK = slice(257, 262)


class Kind(StrEnum):
    HTML = "html"
    MARKDOWN = "markdown"
    MDX = "mdx"
    PLAIN = "plain"
    PDF = "pdf"
    DOCX = "docx"
    CSV = "csv"
    JSON = "json"
    JSON_LINES = "jsonl"
    ARCHIVE = "archive"


def kind_of(data: bytes, suffix: str) -> Kind:
    """UnreadableDocument for a known format that is not read."""
    return _by_bytes(data) or _by_name(suffix) or _by_text(decode_head(data[:HEAD]), suffix)


def _by_bytes(data: bytes) -> Kind | None:
    start = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n\x00")
    if start.startswith(b"%PDF-"):
        return Kind.PDF
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _zip_kind(data)
    if data.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00")) or data[_TAR_MARK] == b"ustar":
        return Kind.ARCHIVE
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise UnreadableDocument(_("The document is protected by a password."))
        raise UnreadableDocument(
            _("This is a document of an old Office version; save it as DOCX or PDF.")
        )
    for mark, suffix in ((b"{\\rtf", ".rtf"), (b"Rar!", ".rar"), (b"7z\xbc\xaf\x27\x1c", ".7z")):
        if data.startswith(mark):
            raise not_read(suffix)
    return None


def _zip_kind(data: bytes) -> Kind:
    """Office documents and books are ZIP files too; their members tell."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return Kind.ARCHIVE  # whose reader says what is wrong with it
    if "[Content_Types].xml" in names:
        folders = {name.partition("/")[0] for name in names}
        if "word" in folders:
            return Kind.DOCX
        for folder, suffix in (("xl", ".xlsx"), ("ppt", ".pptx")):
            if folder in folders:
                raise not_read(suffix)
    if "mimetype" in names and names & {"content.xml", "META-INF/container.xml"}:
        raise not_read(".odt" if "content.xml" in names else ".epub")
    return Kind.ARCHIVE


def not_read(suffix: str) -> UnreadableDocument:
    return UnreadableDocument(
        _("Files of type %(suffix)s are not read; save it as HTML, DOCX, PDF or CSV.")
        % {"suffix": suffix}
    )


def _by_name(suffix: str) -> Kind | None:
    """Where the ending leaves no doubt, or the bytes would have said so."""
    if suffix in NOT_READ:
        raise not_read(suffix)
    if suffix in PDF:
        raise UnreadableDocument(_("This is no PDF, whatever its name says."))
    if suffix in DOCX:
        raise UnreadableDocument(_("This is no DOCX document, whatever its name says."))
    if suffix in ARCHIVES:
        raise UnreadableDocument(_("This is no archive, whatever its name says."))
    kinds = ((JSON_LINES, Kind.JSON_LINES), (JSON, Kind.JSON), (CSV, Kind.CSV), (HTML, Kind.HTML))
    return next((kind for suffixes, kind in kinds if suffix in suffixes), None)


def _by_text(head: str, suffix: str) -> Kind:
    if html.looks_like(head):
        return Kind.HTML
    if suffix in MARKDOWN:
        return Kind.MDX if suffix == ".mdx" else Kind.MARKDOWN
    if re.match(r"\s*(?:\{\s*\"|\[\s*(?:\{|\]))", head):
        lines = head.lstrip().split("\n")
        first_is_whole = len(lines) > 1 and lines[0].rstrip().endswith("}")
        return Kind.JSON_LINES if first_is_whole and head.lstrip()[0] == "{" else Kind.JSON
    if csv_rows.looks_like(head):
        return Kind.CSV
    if suffix not in PLAIN and markdown.looks_like(head):
        return Kind.MARKDOWN
    return Kind.PLAIN
