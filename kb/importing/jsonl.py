"""JSON lines: an article a line, {external_id, title, text | html, url, lang}."""

import json

from django.utils.translation import gettext as _

from kb.importing.document import Document, UnreadableDocument
from kb.importing.json_rows import read_row


def read_line(line: str) -> Document:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UnreadableDocument(_("This is not a JSON object on one line.")) from error
    if not isinstance(row, dict):
        raise UnreadableDocument(_("A line must be a JSON object."))
    return read_row(row)
