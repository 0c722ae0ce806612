"""What is measured of a draft, and the bootstrap over customers."""

import random
import statistics

import numpy as np
import pytest

from training.evaluation.intervals import NothingToCompare, bootstrap
from training.evaluation.kept import Line
from training.evaluation.losses import loss_of, perplexity_of
from training.evaluation.measures import groundedness, measure, refuses, rouge_l

SENT = "سلام، نیم‌سرورها را در پنل ثبت کنید و تا ۲۴ ساعت صبر کنید."


def test_measures_of_the_very_reply_are_perfect():
    found = measure(SENT, SENT, sources=[SENT], lang="fa")
    assert found.as_data() == {
        "score": 100.0,
        "chrf": 100.0,
        "rouge_l": 100.0,
        "groundedness": 1.0,
        "length_ratio": 1.0,
        "repetition": 0.0,
        "right_language": 1.0,
        "refusal": 0.0,
    }


def test_measures_of_an_empty_draft_are_the_worst():
    found = measure("", SENT, sources=[SENT], lang="fa")
    assert (found.score, found.rouge_l, found.groundedness, found.right_language) == (0, 0, 0, 0)


def test_rouge_l_is_the_f1_of_the_longest_common_subsequence():
    # of "a b c d" and "b x d" the longest is "b d": precision 2/4, recall 2/3
    assert rouge_l("a b c d", "b x d") == pytest.approx(
        100 * 2 * (2 / 4) * (2 / 3) / (2 / 4 + 2 / 3)
    )
    assert rouge_l("می‌شود", "میشود و") < 100
    assert rouge_l("", "a") == 0


def test_groundedness_of_a_row_without_sources_is_not_measured():
    assert "groundedness" not in measure("Renew it.", "Renew it.", sources=[], lang="en").as_data()


def test_groundedness_counts_content_words_alone():
    source = "Renew the domain in the panel within thirty days."
    assert groundedness("Hello, please renew your domain in the panel.", [source]) == 1
    invented = groundedness("Renew the domain by sending a fax to Berlin.", [source])
    assert 0.2 < invented < 0.7
    assert groundedness("Hello, thanks!", [source]) == 1
    assert groundedness("Buy bitcoin", []) == 0


@pytest.mark.parametrize(
    "text",
    [
        "A colleague will look into it.",
        "I'm sorry, but I cannot help with that.",
        "سلام، همکاران ما موضوع را بررسی می‌کنند.",
        "متاسفانه نمی‌توانم پاسخ بدهم.",
        "Наш колега перевірить і відповість.",
        "נציג שלנו יבדוק ויחזור אליך.",
    ],
)
def test_refusals_are_found_in_four_languages(text):
    assert refuses(text)
    assert measure(text, "Yes.", sources=[], lang="en").refusal == 1
    assert measure(text, text, sources=[], lang="en").refusal == 0  # the team said so too


@pytest.mark.parametrize(
    "text",
    [
        SENT,
        "Ask your colleague for the invoice number.",
        "در بخش همکاری در فروش ثبت نام کنید.",
        "נציג המכירות נמצא בתל אביב",
        "You can help us by sending the error_log.",
    ],
)
def test_answers_are_no_refusals(text):
    assert not refuses(text)


def test_language_is_held_against_the_sent_reply():
    english = "Please switch renewal off in the panel."
    assert measure(english, SENT, sources=[], lang="fa").right_language == 0
    assert measure(english, english, sources=[], lang="fa").right_language == 1
    assert measure("۱۲۳", SENT, sources=[], lang="fa").right_language == 1


def test_bootstrap_is_that_of_resampled_rows():
    """Against the plain loop that it stands for."""
    chance = random.Random(3)
    values = [chance.gauss(1, 4) for _ in range(50)]
    found = bootstrap(values, seed=5)
    means = sorted(statistics.fmean(chance.choices(values, k=50)) for _ in range(10_000))
    assert found.mean == pytest.approx(statistics.fmean(values), abs=1e-3)
    assert found.low == pytest.approx(means[250], abs=0.08)
    assert found.high == pytest.approx(means[9749], abs=0.08)
    assert bootstrap(values, seed=5) == found


def test_bootstrap_draws_customers_where_they_are_known():
    """Forty rows of four people are four opinions."""
    owners = [f"c{number % 4}" for number in range(40)]
    values = [{"c0": -2.0, "c1": 1.0, "c2": 2.0, "c3": 3.0}[one] for one in owners]
    rows, people = bootstrap(values, seed=1), bootstrap(values, clusters=owners, seed=1)
    assert rows.low > 0 > people.low
    assert (rows.clusters, people.clusters) == (40, 4)
    assert bootstrap(values, clusters=[""] * 40, seed=1) == rows


def test_interval_covers_as_often_as_it_says():
    chance = np.random.default_rng(4)
    covered = sum(
        found.low <= 0 <= found.high
        for found in (bootstrap(list(chance.normal(0, 5, 60)), seed=1) for _ in range(100))
    )
    assert 87 <= covered <= 100  # 95 and three standard deviations


def test_bootstrap_of_nothing_is_refused():
    with pytest.raises(NothingToCompare):
        bootstrap([])


def test_loss_is_per_token_over_all_rows():
    def line(key, total, tokens):
        return Line(key, "fa", "", "x", "stop", 1.0, 1, loss_sum=total, loss_tokens=tokens)

    lines = [line("a", 2.0, 1), line("b", 4.0, 5), line("c", None, 0)]
    assert loss_of(lines) == 1.0
    assert perplexity_of(1.0) == pytest.approx(2.71828, abs=1e-5)
    assert (loss_of(lines[2:]), perplexity_of(None)) == (None, None)
    assert perplexity_of(1e6) == pytest.approx(1e9)
