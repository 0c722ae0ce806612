"""chrF and the paired bootstrap."""

import random

import pytest
import sacrebleu

from training.evaluation import chrf, compare


def test_chrf_is_sacrebleus():
    draft, reference = "دامنه را تمدید کنید", "دامنه خود را تمدید کنید."
    assert chrf(draft, reference) == pytest.approx(
        sacrebleu.sentence_chrf(draft, [reference]).score
    )
    assert chrf(reference, reference) == pytest.approx(100)
    assert chrf("", reference) == 0


def test_compare_bounds_the_mean_difference():
    chance = random.Random(1)
    base = [chance.uniform(10, 30) for _ in range(40)]
    better = [one + chance.gauss(20, 5) for one in base]
    found = compare(better, base, seed=7)
    assert found.rows == 40
    assert found.difference == pytest.approx(found.chrf - found.base_chrf, abs=0.02)
    assert 17 < found.low < found.difference < found.high < 23
    # the interval of a mean by the normal approximation, as an independent check
    half = 1.96 * 5 / 40**0.5
    assert found.high - found.low == pytest.approx(2 * half, rel=0.35)
    assert compare(better, base, seed=7) == found


def test_compare_of_equals_holds_zero():
    base = [float(number) for number in range(30)]
    chance = random.Random(2)
    shuffled = [one + chance.choice([-3, 3]) for one in base]
    found = compare(shuffled, base, seed=1)
    assert found.low < 0 < found.high


@pytest.mark.parametrize(("one", "other"), [([], []), ([1.0], [1.0, 2.0])])
def test_compare_refuses_rows_that_do_not_match(one, other):
    with pytest.raises(ValueError, match="as many scores"):
        compare(one, other, seed=1)
