"""Help centres in: `import_sources(paths)`. A module for each format; `sync` keeps them in step."""

from kb.importing.document import UnreadableDocument
from kb.importing.sync import ImportReport, import_sources

__all__ = ["ImportReport", "UnreadableDocument", "import_sources"]
