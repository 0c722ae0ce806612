"""DOCX documents: `read(data, name=…)`. Headings, lists, tables and links are kept, images go."""

import io
import re
import zipfile
import zlib
from pathlib import PurePosixPath
from xml.etree import ElementTree
from xml.parsers.expat import ExpatError

import mammoth
from bs4 import BeautifulSoup
from django.utils.translation import gettext as _

from kb.importing.document import Document, UnreadableDocument, make_document
from kb.importing.html import markdown_of

MAX_XML_BYTES = 16 * 1024**2
"""Of all text parts together, unpacked: their trees take some sixty times that room."""
MAX_TAGS = 600_000
"""Some six hundred pages; each costs half a kilobyte and a twentieth of a millisecond."""
MAX_MEMBERS = 10_000
_STYLES = """
p[style-name='Title'] => h1.document-title:fresh
p[style-name='Subtitle'] => p:fresh
p[style-name='Quote'] => blockquote:fresh
p[style-name='Intense Quote'] => blockquote:fresh
p[style-name='HTML Preformatted'] => pre:separator('\\n')
p[style-name='Code'] => pre:separator('\\n')
"""
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    ExpatError,
    EOFError,
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    RuntimeError,
)
_DOCTYPE = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.I)


def read(data: bytes, *, name: str) -> Document:
    """The title is the document's one first heading, else its property, else the file's name."""
    try:
        parts, properties = _text_parts(data)
        page = mammoth.convert_to_html(
            parts,
            style_map=_STYLES,
            include_embedded_style_map=False,
            external_file_access=False,
            convert_image=lambda _image: [],
        ).value
    except UnreadableDocument:
        raise
    except (*_BROKEN, ElementTree.ParseError) as error:
        raise UnreadableDocument(_("The DOCX document is damaged.")) from error
    title, body = _split_title(page)
    text = markdown_of(body)
    if not text and not title:
        raise UnreadableDocument(_("There is no text in it."))
    title = title or properties.get("title", "") or PurePosixPath(name).stem
    return make_document(
        external_id=name,
        title=title,
        text=text,
        lang=properties.get("language", ""),
    )


def _text_parts(data: bytes) -> tuple[io.BytesIO, dict[str, str]]:
    """The document with its text parts alone, known to be harmless, and its title and language.
    Whatever else its relations point at is not there."""
    kept = io.BytesIO()
    properties: dict[str, str] = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(kept, "w") as target:
        infos = archive.infolist()
        texts = [info for info in infos if info.filename.endswith((".xml", ".rels"))]
        unpacked = sum(info.file_size for info in texts)
        if len(infos) > MAX_MEMBERS or unpacked > MAX_XML_BYTES:
            raise UnreadableDocument(
                _("The document has %(size)s MB of text parts; %(most)s MB are the most.")
                % {"size": unpacked // 1024**2, "most": MAX_XML_BYTES // 1024**2}
            )
        tags = 0
        for info in texts:
            xml = archive.read(info)
            tags += _checked(xml)
            if tags > MAX_TAGS:
                raise UnreadableDocument(_("The document has too many parts; divide it."))
            target.writestr(info.filename, xml)
            if info.filename == "docProps/core.xml":
                properties = _properties(xml)
    kept.seek(0)
    return kept, properties


def _checked(xml: bytes) -> int:
    """The number of its tags; entities are refused."""
    plain = xml.replace(b"\x00", b"")  # UTF-16 has zeros
    if _DOCTYPE.search(plain):
        raise UnreadableDocument(_("The DOCX document is damaged."))
    return plain.count(b"<")


def _properties(xml: bytes) -> dict[str, str]:
    core = ElementTree.fromstring(xml)  # noqa: S314 - it has no entities
    found = {element.tag.rpartition("}")[2]: (element.text or "").strip() for element in core}
    return {field: found[field] for field in ("title", "language") if found.get(field)}


def _split_title(page: str) -> tuple[str, str]:
    """What is styled as the title, or the first heading if it is the only one and opens the
    document."""
    soup = BeautifulSoup(page, "lxml")
    headings = soup.find_all("h1", class_="document-title") or soup.find_all("h1")
    if len(headings) != 1:
        return "", page
    before = "".join(str(node) for node in headings[0].find_all_previous(string=True))
    if before.strip():
        return "", page
    title = " ".join(headings[0].get_text(" ").split())
    headings[0].decompose()
    return title, str(soup)
