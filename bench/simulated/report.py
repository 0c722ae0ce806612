"""What `bench.circle` reports: `of_rounds`, and as lines `shown`. Pure."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np

RESAMPLES: Final = 10_000
Measured = dict[str, Any]
"""{"live": {slot: [stars of each text]}, "first": {slot: [stars]}, "versions": {slot: name}};
two texts of each ticket stand together."""


def of_rounds(measured: Sequence[Measured], made: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """`measured[0]` is before the first round. `holds`: the mean of the live slots rose in every
    round, its interval clear of zero, and more than the control's."""
    rows = []
    for number, (before, after) in enumerate(pairwise(measured), start=1):
        rise = with_interval(_live(after) - _live(before))
        against = with_interval(_live(after) - _first(after))
        rows.append(
            {
                "round": number,
                "live": with_interval(_live(after)),
                "control": with_interval(_first(after)),
                "rise": rise,
                "over_control": against,
                "slots": {
                    slot: round(float(np.mean(one)), 3) for slot, one in after["live"].items()
                },
                "versions": after["versions"],
                **made[number - 1],
            }
        )
    return {
        "texts": len(_live(measured[0])),
        "before": with_interval(_live(measured[0])),
        "rounds": rows,
        "holds": all(row["rise"]["low"] > 0 and row["over_control"]["low"] > 0 for row in rows),
    }


def with_interval(values: Any, *, seed: int = 1) -> dict[str, float]:
    """Mean over texts; 95% by bootstrap over tickets."""
    per_ticket = np.asarray(values, dtype=np.float64).reshape(-1, 2).mean(axis=1)
    size = (RESAMPLES, len(per_ticket))
    draws = np.random.default_rng(seed).integers(0, len(per_ticket), size=size)
    low, high = np.percentile(per_ticket[draws].mean(axis=1), [2.5, 97.5])
    named = {"mean": per_ticket.mean(), "low": low, "high": high}
    return {name: round(float(value), 3) for name, value in named.items()}


def shown(report: dict[str, Any]) -> str:
    lines = [f"before: {_told(report['before'])} stars, {report['texts']} texts"]
    for row in report["rounds"]:
        lines.append(
            f"round {row['round']}: live {_told(row['live'])}, control {_told(row['control'])},"
            f" rise {_told(row['rise'])}; slots {row['slots']}"
        )
        lines += [f"    {one['kind']}: {one['why']}" for one in row["decided"]]
    for one in report.get("shuffled", []):
        lines.append(f"shuffled: {one['kind']}: {one['why']} {one['figures']}")
    lines.append(f"holds: {report['holds']}, {report['seconds']} s")
    return "\n".join(lines)


def _live(measured: Measured) -> Any:
    return np.mean(list(measured["live"].values()), axis=0)


def _first(measured: Measured) -> Any:
    return np.mean(list(measured["first"].values()), axis=0)


def _told(one: dict[str, float]) -> str:
    return f"{one['mean']} ({one['low']} to {one['high']})"
