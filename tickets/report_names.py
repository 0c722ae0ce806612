"""The report of an import of past tickets in people's words.

Reports hold short English keys, so that scripts can read them; `shown` gives each key its words in
the interface's language. A key that is new here stands for itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

LEFT_OUT: Final[dict[str, Promise]] = {
    "system": _("messages of the system"),
    "media": _("pictures, voice messages and other media"),
    "private": _("internal notes"),
    "attachment": _("attachments"),
    "attachments": _("attachments"),
    "deleted": _("deleted messages"),
    "empty": _("empty messages"),
    "quoted": _("quoted text"),
    "signature": _("signatures"),
    "unanswered": _("questions without an answer"),
    "duplicate": _("copies"),
    "automatic": _("automatic answers"),
    "spam": _("spam"),
    "repeated": _("messages that stand in several files"),
    "unasked": _("conversations that no customer began"),
    "greeting": _("greetings alone"),
    "thanks": _("thanks alone"),
    "too_short": _("too short to learn from"),
    "erased": _("erased at the customer's wish"),
    "changed": _("there with another beginning; nothing was added"),
}
FIGURES: Final[dict[str, Promise]] = {
    "created": _("tickets created"),
    "conversations": _("of them with several questions"),
    "duplicates": _("there already"),
    "extended": _("of them grown since"),
    "unanswered": _("without an answer"),
    "folded": _("folded into an equal one"),
    "failed": _("could not be read"),
}
COUNTS: Final[dict[str, Promise]] = {
    "tickets": _("tickets"),
    "messages": _("messages"),
    "vault_entries": _("values in the vault"),
    "suggestions": _("drafts"),
    "ratings": _("ratings"),
    "replies": _("replies"),
    "reasons": _("reasons of ratings"),
    "past_answers": _("past answers"),
    "files": _("files"),
    "values": _("values in the vault"),
    "readings": _("readings"),
    "misses": _("misses"),
}

FOLDS_LISTED: Final = 100


@dataclass(frozen=True)
class ReportShown:
    """`figures`, `left_out`, `languages`, `placeholders`: name and count; `failed`: {"line",
    "error"}, those that are listed, `failed_count`: all of them; `folds`: {"line", "into"}, the
    line that it folds into or "" for what was learned before."""

    figures: list[tuple[str, int]] = field(default_factory=list)
    left_out: list[tuple[str, int]] = field(default_factory=list)
    languages: list[tuple[str, int]] = field(default_factory=list)
    placeholders: list[tuple[str, int]] = field(default_factory=list)
    failed: list[dict[str, Any]] = field(default_factory=list)
    failed_count: int = 0
    folds: list[dict[str, Any]] = field(default_factory=list)
    guessed_agents: list[str] = field(default_factory=list)
    stopped: bool = False
    seconds: float | None = None


def shown(report: Mapping[str, Any]) -> ReportShown:
    """`report`: as `import_tickets --json` has it, or as a run keeps it; may be empty."""
    failed = report.get("failed", [])
    count = int(report.get("failed_count", len(failed) + report.get("failed_more", 0)))
    whole = {name: report[name] for name in FIGURES if isinstance(report.get(name), int)}
    figures = [(str(FIGURES[name]), value) for name, value in whole.items()]
    if report:
        figures.append((str(FIGURES["failed"]), count))
    return ReportShown(
        figures=figures,
        left_out=named(report.get("left_out", {}), LEFT_OUT),
        languages=_by_count(report.get("languages", {})),
        placeholders=_by_count(report.get("placeholders", {})),
        failed=failed,
        failed_count=count,
        folds=[
            {"line": one["line"], "into": one["into"].rpartition(":")[2]}
            for one in report.get("folds", [])[:FOLDS_LISTED]
        ],
        guessed_agents=list(report.get("guessed_agents", [])),
        stopped=bool(report.get("stopped")),
        seconds=report.get("seconds"),
    )


def named(counts: Mapping[str, int], names: Mapping[str, Promise]) -> list[tuple[str, int]]:
    """The most first, without what is none."""
    return [
        (str(names.get(key, key.replace("_", " "))), value)
        for key, value in _by_count(counts)
        if value
    ]


def _by_count(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))
