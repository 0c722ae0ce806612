"""Years of answered tickets from files: `import_tickets(paths)`.

A format's reader gives conversations one by one (`formats`, `records`), `cleaning` says what they
teach, `batching` masks and writes a thousand at a time. Memory does not grow with a file, but for
what `folding` remembers of each lesson. A run that was cut off goes on when it is started again.
"""

from tickets.importing.lines import BadHistoryFile
from tickets.importing.reading import SOURCE, import_tickets
from tickets.importing.records import ReadingOptions
from tickets.importing.report import TicketImportReport

__all__ = ["SOURCE", "BadHistoryFile", "ReadingOptions", "TicketImportReport", "import_tickets"]
