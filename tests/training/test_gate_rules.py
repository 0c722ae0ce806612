"""The statistics of live ratings, by themselves and simulated."""

import pytest

from bench.gate_rates import simulate
from training.gate.rules import LOOKS, Shares, difference, look_at, looks_of


def test_difference_is_newcombes():
    """The example of his paper (Statistics in Medicine 17, 1998, table II a, method 10)."""
    found = difference(Shares(56, 70), Shares(48, 80), 1.959964)
    assert (found.mean, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=1e-4)


def test_clear_difference_is_decided_at_the_first_look():
    good, bad = {"fa": Shares(30, 30)}, {"fa": Shares(9, 30)}
    assert look_at(1, good, bad, least=30).outcome == "promote"
    assert look_at(1, bad, good, least=30).outcome == "retire"


def test_what_chance_can_explain_waits_and_is_decided_by_the_last_look():
    new, old = {"fa": Shares(170, 240)}, {"fa": Shares(165, 240)}
    last = len(LOOKS)
    assert [look_at(n, new, old, least=30).outcome for n in range(1, last)] == ["wait"] * 3
    assert look_at(last, new, old, least=30).outcome == "promote"
    assert look_at(last, old, new, least=30).outcome == "retire"
    assert look_at(last, old, old, least=30).outcome == "promote"  # better offline, no worse here
    assert looks_of(30) == (30, 60, 120, 240)


def test_language_that_suffers_retires_what_is_better_on_the_whole():
    new = {"fa": Shares(200, 200), "en": Shares(4, 40)}
    old = {"fa": Shares(120, 200), "en": Shares(36, 40)}
    found = look_at(4, new, old, least=30)
    assert (found.outcome, found.worse_in) == ("retire", "en")
    assert look_at(4, new, old, least=41).outcome == "promote"  # too few English ones to tell
    assert found.figures["languages"]["en"]["canary"]["rated"] == 40


@pytest.mark.parametrize("live", [0.5, 0.7, 0.85])
def test_canary_that_is_15_points_worse_is_promoted_in_under_2_percent(live):
    found = simulate(-0.15, runs=400, live=live)
    assert found.promoted < 0.02
    assert found.promoted + found.retired == 1
    assert found.ratings < 180  # and is not kept before customers for long


def test_equal_canary_goes_either_way_and_a_better_one_is_promoted():
    equal = simulate(0.0, runs=400)
    assert 0.4 < equal.promoted < 0.6
    assert simulate(0.1, runs=300).promoted > 0.97
