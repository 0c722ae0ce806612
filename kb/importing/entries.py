"""What a reader hands to the import, one article or one failure at a time."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from kb.importing.document import Document


@dataclass(frozen=True)
class Entry:
    """One article to be: `digest` is of what it is read from, so that nothing unchanged is read
    again; `read` raises UnreadableDocument."""

    name: str
    digest: str
    read: Callable[[], Document]

    def without_source(self) -> "Entry":
        """Once it is read: the bytes that it holds (a whole file's) can go."""
        return replace(self, read=_read_already)


def _read_already() -> Document:
    raise RuntimeError("an entry is read once")


@dataclass(frozen=True)
class Unchanged:
    """The source says that this article is as it was (a web server's 304): nothing to read."""

    external_id: str


@dataclass(frozen=True)
class Unreadable:
    """Something that should have been an article and is not: `error` is for people.
    `holds_many`: it may have held any number of articles, by any names."""

    name: str
    error: str
    holds_many: bool = False


Item = Entry | Unchanged | Unreadable
