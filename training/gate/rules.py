"""When live ratings decide: `look_at`, and the pieces of it. Pure.

Two shares of positive ratings are held against each other by Newcombe's interval of a difference
(1998, method 10), which is made of each share's Wilson interval (1927). A canary is looked at four
times only, when both sides have 1, 2, 4 and 8 times the least number of ratings, each time at
exactly that point of the record: how often somebody asks changes nothing. Early looks need a larger
z (as Pocock 1977 does), so that four looks together err no more often than meant; see docs/gate.md
for the simulated rates.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import sqrt
from typing import Any, Final, Literal

from tickets.reports import wilson

LOOKS: Final = (1, 2, 4, 8)
"""Multiples of the least number of ratings."""
Z_PROMOTE: Final = (2.8, 2.6, 2.4, 2.2)
Z_RETIRE: Final = (2.4, 2.3, 2.2, 2.1)
"""To keep a good canary out costs another night of training, to keep a bad one in costs customers:
it is retired on less."""
Outcome = Literal["wait", "promote", "retire"]


@dataclass(frozen=True)
class Shares:
    """Drafts that were rated, and how many of them 3, 4 or 5 stars."""

    positive: int
    rated: int

    def __add__(self, other: "Shares") -> "Shares":
        return Shares(self.positive + other.positive, self.rated + other.rated)

    @property
    def share(self) -> float:
        return self.positive / self.rated

    def interval(self, z: float) -> tuple[float, float]:
        return wilson(self.positive, self.rated, z=z) if self.rated else (0.0, 1.0)


@dataclass(frozen=True)
class Difference:
    """new − old of two shares; `low` and `high` bound it at the z of the look."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Look:
    """`number` from 1, 0 before the first. `worse_in`: a language, "" for none."""

    outcome: Outcome
    number: int
    final: bool
    figures: dict[str, Any]
    worse_in: str = ""


def difference(new: Shares, old: Shares, z: float) -> Difference:
    """Newcombe's method 10."""
    (low, high), (old_low, old_high) = new.interval(z), old.interval(z)
    mean = new.share - old.share
    return Difference(
        mean=mean,
        low=mean - sqrt((new.share - low) ** 2 + (old_high - old.share) ** 2),
        high=mean + sqrt((high - new.share) ** 2 + (old.share - old_low) ** 2),
    )


def looks_of(least: int) -> tuple[int, ...]:
    return tuple(least * one for one in LOOKS)


def look_at(
    number: int,
    new: Mapping[str, Shares],
    old: Mapping[str, Shares],
    *,
    least: int,
) -> Look:
    """What the look of this number (from 1) says. `new` and `old`: shares by language."""
    whole, live = _sum(new.values()), _sum(old.values())
    z_promote, z_retire = Z_PROMOTE[number - 1], Z_RETIRE[number - 1]
    better, worse = difference(whole, live, z_promote), difference(whole, live, z_retire)
    shared = [lang for lang in new if lang in old]
    enough = [lang for lang in shared if min(new[lang].rated, old[lang].rated) >= least]
    bad = [lang for lang in enough if difference(new[lang], old[lang], z_retire).high < 0]
    final = number == len(LOOKS)
    outcome: Outcome = "wait"
    if worse.high < 0 or bad:
        outcome = "retire"
    elif better.low > 0 or (final and better.mean >= 0):
        outcome = "promote"
    elif final:
        outcome = "retire"
    figures = {
        "look": number,
        "canary": _told(whole),
        "live": _told(live),
        "difference": _rounded(better if outcome != "retire" else worse),
        "z": z_promote if outcome != "retire" else z_retire,
        "languages": {
            lang: {"canary": _told(new[lang]), "live": _told(old[lang])} for lang in sorted(shared)
        },
    }
    return Look(outcome, number, final, figures, worse_in=bad[0] if worse.high >= 0 and bad else "")


def clearly_worse(new: Mapping[str, Shares], old: Mapping[str, Shares], *, number: int) -> bool:
    """For what was promoted: overall alone."""
    whole, former = _sum(new.values()), _sum(old.values())
    return difference(whole, former, Z_RETIRE[number - 1]).high < 0


def _sum(shares: Sequence[Shares] | Any) -> Shares:
    return sum(shares, Shares(0, 0))


def _told(one: Shares) -> dict[str, Any]:
    low, high = one.interval(1.959963984540054)
    return {
        "rated": one.rated,
        "positive": one.positive,
        "share": round(one.share, 4) if one.rated else None,
        "low": round(low, 4),
        "high": round(high, 4),
    }


def _rounded(one: Difference) -> dict[str, float]:
    return {name: round(value, 4) for name, value in asdict(one).items()}
