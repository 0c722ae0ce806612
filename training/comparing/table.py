"""The table of a comparison, for a terminal and for a spreadsheet: `Table`, `lines_of`, `csv_of`.

Technique, time, hardware, share of the data, peak memory, share that is trained, the test loss
before and after with its interval, perplexity, and chrF where drafts were written.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from training.comparing.results import Result

HEADS: Final = (
    "technique",
    "recipe",
    "time",
    "hardware",
    "data",
    "memory",
    "trained",
    "test loss",
    "difference (95%)",
    "perplexity",
    "bits/letter",
    "chrF",
)


@dataclass(frozen=True)
class Table:
    """`data`: what was asked for, "" for the desk's own. `digest`: of the test rows."""

    results: tuple[Result, ...]
    data: str
    test_rows: int
    digest: str

    def as_data(self) -> dict[str, Any]:
        return {
            "data": self.data,
            "test_rows": self.test_rows,
            "test_digest": self.digest,
            "recipes": [one.as_data() for one in self.results],
        }


def lines_of(table: Table) -> list[str]:
    rows = [HEADS, *(_cells(one) for one in table.results)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(HEADS))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return [
        *lines,
        f"Measured on {table.test_rows} rows that no recipe learned from, by the serving engine"
        " with the serving prompt; → from before training to after.",
    ]


def csv_of(table: Table) -> str:
    """Figures unrounded for people, a row for each recipe; intervals in columns of their own."""
    rows = [_flat(one.as_data()) for one in table.results]
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _flat(data: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in data.items():
        if name.endswith("difference"):
            for part in ("mean", "low", "high"):
                flat[f"{name}_{part}"] = value[part] if value else ""
        else:
            flat[name] = "" if value is None else value
    return flat


def _cells(one: Result) -> Sequence[str]:
    data = one.as_data()
    difference = one.difference
    interval = (
        f"{difference.mean:+.3f} ({difference.low:+.3f} to {difference.high:+.3f})"
        if difference
        else "–"
    )
    return (
        one.technique,
        one.recipe,
        lasting(one.seconds),
        one.hardware,
        f"{one.share:.0%} ({one.rows:,} rows)",
        _memory(one.peak_memory_bytes),
        f"{one.trainable_pct:g}%",
        _change(one.untuned_loss, one.loss, 3),
        interval,
        _change(data["untuned_perplexity"], data["perplexity"], 1),
        f"{one.bits_per_character:.2f}",
        _change(one.untuned_chrf, one.chrf, 1),
    )


def lasting(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def _memory(count: int) -> str:
    return f"{count / 2**30:.1f} GiB" if count >= 2**30 else f"{count / 2**20:.0f} MiB"


def _change(before: float | None, after: float | None, digits: int) -> str:
    if after is None:
        return "–"
    start = "" if before is None else f"{before:,.{digits}f} → "
    return f"{start}{after:,.{digits}f}"
