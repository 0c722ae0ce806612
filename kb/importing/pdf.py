"""PDF documents: `read(data, name=…)`, one article each.

Pages are read one after the other within limits of pages, characters and time, which hold inside a
page too. `pdf_lines` puts the pieces of text in reading order, `pdf_layout` finds headings,
paragraphs and lists. A PDF without text (a scan) is refused: no characters are recognised here.
"""

import io
import logging
import re
import struct
import time
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from kb.importing.document import Document, UnreadableDocument, make_document
from kb.importing.pdf_layout import to_markdown
from kb.importing.pdf_lines import Line, Piece, lines_of

MAX_SECONDS = 300
MAX_PAGE_CHARACTERS = 200_000
MAX_BOOKMARKS = 5_000
_TEXT_OPERATORS = frozenset((b"Tj", b"TJ", b"'", b'"'))
_BAD_TITLE = re.compile(
    r"untitled|microsoft word|\.(?:docx?|pdf|indd|xlsx?|pptx?|tex|html?)\s*$|^\W*$|^بدون عنوان",
    re.I,
)
_BROKEN = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    OSError,
    EOFError,
    RecursionError,
    NotImplementedError,
    struct.error,
    zlib.error,
)


logging.getLogger("pypdf").setLevel(logging.CRITICAL)
"""It warns of every flaw that it reads over, with words of the document."""


def read(data: bytes, *, name: str) -> Document:
    """The title is the document's own, else its largest first heading, else the file's name."""
    from pypdf.errors import PyPdfError

    try:
        reader = _opened(data)
        pages = list(_pages(reader))
        meta = reader.metadata or {}
        said = str(meta.get("/Title") or "")
        lang = str(reader.trailer["/Root"].get("/Lang") or "")
        bookmarks = dict(_bookmarks(reader))
    except UnreadableDocument:
        raise
    except (PyPdfError, *_BROKEN) as error:
        raise UnreadableDocument(_("The PDF is damaged.")) from error
    if not any(line.text.strip() for page in pages for line in page):
        raise UnreadableDocument(
            _("There is no text in the PDF; it may be scanned. Recognise its text first (OCR).")
        )
    title, text = to_markdown(pages, bookmarks=bookmarks)
    if said.strip() and not _BAD_TITLE.search(said):
        title = said
    return make_document(
        external_id=name, title=title or PurePosixPath(name).stem, text=text, lang=lang
    )


def _opened(data: bytes) -> Any:
    from pypdf import PasswordType, PdfReader
    from pypdf.errors import PyPdfError

    reader = PdfReader(io.BytesIO(data))
    if reader.is_encrypted:
        try:
            opened = reader.decrypt("") != PasswordType.NOT_DECRYPTED
        except (PyPdfError, *_BROKEN):
            opened = False
        if not opened:
            raise UnreadableDocument(_("The PDF is protected by a password."))
    count = len(reader.pages)
    if count > settings.MAX_PDF_PAGES:
        raise UnreadableDocument(
            _("The PDF has %(count)s pages; %(most)s are the most.")
            % {"count": f"{count:,}", "most": f"{settings.MAX_PDF_PAGES:,}"}
        )
    return reader


def _pages(reader: Any) -> Iterator[list[Line]]:
    from pypdf.errors import PyPdfError

    deadline = time.monotonic() + MAX_SECONDS
    total = 0
    for number, page in enumerate(reader.pages, start=1):
        collector = _Collector(number, deadline)
        try:
            page.extract_text(
                orientations=(0,),
                visitor_text=collector.add,
                visitor_operand_before=collector.before,
                visitor_operand_after=collector.after,
            )
        except UnreadableDocument:
            raise
        except (PyPdfError, *_BROKEN) as error:
            raise UnreadableDocument(
                _("Page %(number)s of the PDF is damaged.") % {"number": number}
            ) from error
        if collector.refused is not None:
            raise collector.refused
        total += collector.size
        if total > 2 * settings.MAX_ARTICLE_CHARACTERS:
            raise UnreadableDocument(
                _("The PDF has more than %(most)s characters of text.")
                % {"most": f"{settings.MAX_ARTICLE_CHARACTERS:,}"}
            )
        yield lines_of(collector.pieces)


class _Collector:
    """A page's pieces of text, each with the place where its first character was painted."""

    def __init__(self, number: int, deadline: float) -> None:
        self.number, self.deadline = number, deadline
        self.pieces: list[Piece] = []
        self.size = self.operations = 0
        self.start: tuple[float, float, float] | None = None
        self.here: tuple[float, float, float] | None = None
        self.refused: UnreadableDocument | None = None

    def before(self, operator: bytes, _operands: Any, cm: list[float], tm: list[float]) -> None:
        if self.refused is not None:
            raise self.refused
        self.operations += 1
        if self.operations % 1000 == 0 and time.monotonic() > self.deadline:
            self._refuse(_("Reading the PDF takes too long (page %(number)s)."))
        if operator in _TEXT_OPERATORS:
            self.here = _place(cm, tm)
            self.start = self.start or self.here

    def after(self, operator: bytes, _operands: Any, _cm: Any, _tm: Any) -> None:
        if operator in _TEXT_OPERATORS:
            self.here = None

    def add(self, text: str, cm: list[float], tm: list[float], _font: Any, size: float) -> None:
        x, y, scale = self.start or _place(cm, tm)
        self.start = self.here  # what follows was painted by the same operator, or not yet
        self.size += len(text)
        if self.size > MAX_PAGE_CHARACTERS:
            self._refuse(_("There is too much text on page %(number)s of the PDF."))
        if text.strip():
            self.pieces.append(Piece(text, x, y, abs(size) * scale))

    def _refuse(self, message: str) -> None:
        """pypdf swallows what is raised inside a form, so it is kept and raised again."""
        self.refused = UnreadableDocument(message % {"number": self.number})
        raise self.refused


def _place(cm: list[float], tm: list[float]) -> tuple[float, float, float]:
    """x, y and the scale of letters on the page."""
    x = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
    y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
    height = ((tm[2] * cm[0] + tm[3] * cm[2]) ** 2 + (tm[2] * cm[1] + tm[3] * cm[3]) ** 2) ** 0.5
    return x, y, height or 1.0


def _bookmarks(reader: Any) -> Iterator[tuple[str, int]]:
    """Titles of the outline with their depth: they are headings, whatever their size."""
    waiting: list[tuple[Any, int]] = [(reader.outline, 1)]
    count = 0
    while waiting and count < MAX_BOOKMARKS:
        items, depth = waiting.pop()
        for item in items:
            count += 1
            if isinstance(item, list):
                waiting.append((item, depth + 1))
            elif getattr(item, "title", None):
                yield " ".join(str(item.title).split()), depth
