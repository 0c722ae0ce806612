"""What an import did: counts, reasons, and where: never what somebody wrote."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tickets.importing.records import FileProblem, LeftOut

MAX_LISTED: Final = 20_000
MAX_FOLDS_LISTED: Final = 1000


@dataclass
class TicketImportReport:
    """`created`, `duplicates` (there already, or twice in the files), `unanswered` (no answer:
    taught nothing and not kept) and the length of `failed` with `failed_more` are all the rows but
    those `left_out` as "erased" (their customer had them erased) or "deleted", and in chats
    "unasked"; the other reasons are of messages and questions, not of rows.

    `extended`: of the duplicates, those that had more to say than their ticket, which has it now.
    `left_out` "changed": of the duplicates, those that do not begin as their ticket does: what is
    new in them cannot be told, and the ticket stays as it was.

    `folded`: of those created, whose questions and answers all say what others say, and are not
    learned again; `folds` says into what, for the first MAX_FOLDS_LISTED. `conversations`: of those
    created, with more than one question. `left_out`: {reason: how many messages or questions}.
    `placeholders`: values masked. `guessed_agents`: who was taken for the company's side.
    """

    created: int = 0
    duplicates: int = 0
    extended: int = 0
    unanswered: int = 0
    folded: int = 0
    conversations: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    languages: dict[str, int] = field(default_factory=dict)
    placeholders: dict[str, int] = field(default_factory=dict)
    failed: list[dict[str, Any]] = field(default_factory=list)
    failed_more: int = 0
    folds: list[dict[str, Any]] = field(default_factory=list)
    guessed_agents: list[str] = field(default_factory=list)
    stopped: bool = False
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        found = dict(vars(self))
        if not self.failed_more:
            del found["failed_more"]
        return found

    @property
    def has_failed(self) -> bool:
        return bool(self.failed)

    def fail(self, problem: FileProblem) -> None:
        if len(self.failed) < MAX_LISTED:
            self.failed.append(vars(problem) | {})
        else:
            self.failed_more += 1

    def leave_out(self, left: LeftOut) -> None:
        self.left_out[left.reason] = self.left_out.get(left.reason, 0) + 1

    def fold(self, source: str, line: int, into: tuple[str, int]) -> None:
        """`into` ("", 0): what an earlier import has taught."""
        self.folded += 1
        if len(self.folds) < MAX_FOLDS_LISTED:
            self.folds.append(
                {"source": source, "line": line, "into": f"{into[0]}:{into[1]}" if into[0] else ""}
            )

    def count(self, name: str, counts: Mapping[str, int]) -> None:
        """Add to one of the fields that count by name."""
        total = Counter(getattr(self, name))
        total.update(counts)
        setattr(self, name, dict(sorted(total.items())))
