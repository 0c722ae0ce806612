"""The formats of past tickets: `FORMATS`, and `recognise(path)` by what is in a file.

A format is a module with `read(path, options)`; a new one is a line in FORMATS and, if its files
can be told from others, one in `recognise`.
"""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tickets.importing import csv_rows, json_rows, mail, whatsapp, zendesk
from tickets.importing.lines import BadHistoryFile, read_start
from tickets.importing.records import Reader


@dataclass(frozen=True)
class Format:
    name: str
    label: str | Promise
    read: Reader


FORMATS: Final[dict[str, Format]] = {
    one.name: one
    for one in (
        Format("csv", _("CSV with a heading"), csv_rows.read),
        Format("jsonl", _("JSON or JSONL"), json_rows.read),
        Format("zendesk", _("Zendesk export"), zendesk.read),
        Format("mbox", _("mailbox (mbox)"), mail.read_mbox),
        Format("eml", _("messages (.eml), also in a folder or ZIP"), mail.read_eml),
        Format("whatsapp", _("WhatsApp export"), whatsapp.read),
    )
}


def recognise(path: Path) -> str | None:
    """The format's name; None for a file of another kind. Raises BadHistoryFile for a file that
    cannot be read or is empty."""
    if path.is_dir():
        if next(path.rglob("*.eml"), None):
            return "eml"
        return "whatsapp" if whatsapp.recognises(path) else None
    raw = read_start(path)
    if raw.startswith(b"PK\x03\x04"):
        return _of_archive(path)
    if not raw.strip():
        raise BadHistoryFile(_("%s is empty.") % path)
    if mail.looks_like_mbox(raw):
        return "mbox"
    text = json_rows.start_of(path).lstrip("\ufeff\r\n\t ")
    if not text:
        return None
    return next(_candidates(text), None)


def _candidates(text: str) -> Iterator[str]:
    if zendesk.looks_like(text):
        yield "zendesk"
    if json_rows.looks_like(text) and _is_json(text):
        yield "jsonl"
    if whatsapp.looks_like(text):
        yield "whatsapp"
    if csv_rows.looks_like(text):
        yield "csv"
    if mail.looks_like_eml(text):
        yield "eml"


def _is_json(text: str) -> bool:
    """ "[" also begins the lines of a chat's export: [31/12/2025, 10:00:00]."""
    return text[0] == "{" or text[1:].lstrip()[:1] in ("{", "]", "")


def _of_archive(path: Path) -> str | None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name.lower() for name in archive.namelist()]
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise BadHistoryFile(_("%s is a damaged archive.") % path) from error
    if any(name.endswith(".eml") for name in names):
        return "eml"
    return "whatsapp" if whatsapp.recognises(path) else None
