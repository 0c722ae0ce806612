"""Help centres in: `import_sources(sources)`. A module a format; `sync` keeps them in step."""

from kb.importing.document import UnreadableDocument
from kb.importing.report import ImportReport
from kb.importing.sync import import_sources

__all__ = ["ImportReport", "UnreadableDocument", "import_sources"]
