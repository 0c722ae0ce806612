"""What an import did: `ImportReport`, the JSON of the command and of an ImportRun row."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class ImportReport:
    """`failed`: {source, error} for each file, page or line that gave no article. `kept`: {source,
    reason} for each article that was edited at the desk and therefore left alone; it counts as
    unchanged. `held`: articles that are no longer in the source and were not archived all the
    same, because too much was missing. `taken_out`: personal values that an upload had in it, and
    that its articles do not have (`kb.scrubbing`). `stopped`: somebody stopped it half way."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    chunks: int = 0
    failed: list[dict[str, str]] = field(default_factory=list)
    seconds: float = 0.0
    kept: list[dict[str, str]] = field(default_factory=list)
    held: int = 0
    taken_out: int = 0
    stopped: bool = False

    @property
    def read(self) -> int:
        return self.created + self.updated + self.unchanged

    def add(self, other: "ImportReport") -> None:
        """The sum over the sources of one import."""
        for name in ("created", "updated", "unchanged", "removed", "chunks", "held", "taken_out"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.failed += other.failed
        self.kept += other.kept
        self.stopped = self.stopped or other.stopped

    def as_json(self) -> dict[str, Any]:
        """The contract's fields, and of the others those that say something."""
        data: dict[str, Any] = {
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "removed": self.removed,
            "chunks": self.chunks,
            "failed": self.failed,
            "seconds": self.seconds,
        }
        more = {
            "kept": self.kept,
            "held": self.held,
            "taken_out": self.taken_out,
            "stopped": self.stopped,
        }
        return data | {name: value for name, value in more.items() if value}
