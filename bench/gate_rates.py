"""How often the gate errs: versions of known worth, simulated.

    python -m bench.gate_rates [--runs 4000] [--share 0.3] [--least 30] [--offline]

Prints, for canaries whose true positive share differs from the live version's, how often the rules
of `training.gate.rules` promote and retire them and after how many ratings. With --offline: how
often a version that is no better on the whole has an interval clear of zero on a holdout of so
many rows, each row's difference drawn from a skewed distribution. `simulate` is what
tests/training/test_gate_rules.py calls.
"""

import argparse
import os
import random
from dataclasses import dataclass

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

LIVE = 0.7
"""The positive share of the live version; near the models of the published study."""
DIFFERENCES = (-0.20, -0.15, -0.10, -0.05, 0.0, 0.05, 0.10, 0.15, 0.20)


@dataclass(frozen=True)
class Rates:
    promoted: float
    retired: float
    ratings: float
    """Rated drafts of the canary until the decision, on average."""


def simulate(
    difference: float,
    *,
    runs: int,
    live: float = LIVE,
    share: float = 0.3,
    least: int = 30,
    seed: int = 1,
) -> Rates:
    chance = random.Random(f"{seed}:{difference}:{live}")
    promoted = retired = ratings = 0
    for _ in range(runs):
        outcome, size = _one(chance, live + difference, live, share, least)
        promoted += outcome == "promote"
        retired += outcome == "retire"
        ratings += size
    return Rates(promoted / runs, retired / runs, ratings / runs)


def _one(
    chance: random.Random, new: float, old: float, share: float, least: int
) -> tuple[str, int]:
    from training.gate.rules import Shares, look_at, looks_of

    sides = {True: [0, 0], False: [0, 0]}
    for number, size in enumerate(looks_of(least), start=1):
        while min(sides[True][1], sides[False][1]) < size:
            side = chance.random() < share
            sides[side][0] += chance.random() < (new if side else old)
            sides[side][1] += 1
        found = look_at(
            number, {"fa": Shares(*sides[True])}, {"fa": Shares(*sides[False])}, least=least
        )
        if found.outcome != "wait":
            break
    return found.outcome, sides[True][1]


def passes(rows: int, gain: float, *, runs: int, seed: int = 1) -> float:
    """The share of versions with this true gain, in standard deviations of a row's difference,
    whose interval is clear of zero. Most rows differ little and a few a great deal."""
    import numpy as np

    from training.evaluation.intervals import bootstrap

    chance = np.random.default_rng(seed)
    found = 0
    for _ in range(runs):
        values = chance.laplace(0, 1, rows) + chance.exponential(1, rows) - 1
        found += bootstrap(list(values / 3**0.5 + gain), seed=1).low > 0
    return found / runs


def print_offline(runs: int) -> None:
    gains = (-0.2, 0.0, 0.2, 0.5, 1.0)
    print("share that passes, by the true gain in standard deviations of a row's difference")
    print("  rows " + "".join(f"{gain:>+9.1f}" for gain in gains))
    for rows in (20, 40, 60, 200):
        shares = "".join(f"{passes(rows, gain, runs=runs):>9.1%}" for gain in gains)
        print(f"  {rows:>4} {shares}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=4000)
    parser.add_argument("--share", type=float, default=0.3)
    parser.add_argument("--least", type=int, default=30)
    parser.add_argument("--offline", action="store_true")
    options = parser.parse_args()
    import django

    django.setup()
    if options.offline:
        print_offline(options.runs)
        return
    print(f"live {LIVE:.0%} positive, {options.runs} canaries each")
    print("  true difference   promoted   retired   ratings of the canary")
    for one in DIFFERENCES:
        found = simulate(one, runs=options.runs, share=options.share, least=options.least)
        print(
            f"  {one:+15.0%}   {found.promoted:8.1%}   {found.retired:7.1%}   {found.ratings:6.0f}"
        )


if __name__ == "__main__":
    main()
