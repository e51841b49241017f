"""Promises of proportions: intervals of the textbook, and words that hide neither them nor few trials."""

import numpy as np
import pytest

from ipo.proportions import Proportion, percent, wilson


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [  # Newcombe, Statistics in Medicine 17 (1998), table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_intervals_are_those_of_the_textbook(
    successes: int, trials: int, low: float, high: float
) -> None:
    found = Proportion(successes, trials).interval
    np.testing.assert_allclose(found, [low, high], atol=5e-5)


def test_wilson_intervals_of_none_and_of_all_are_mirror_images() -> None:
    low, high = wilson([0, 12], [12, 12])
    assert (low[0], high[1]) == (0, 1)
    assert high[0] == pytest.approx(1 - low[1])


@pytest.mark.parametrize(
    ("successes", "trials", "words"),
    [
        (8, 8, "100 % (68–100 %, n = 8)"),
        (40, 40, "100 % (91–100 %, n = 40)"),
        (99, 100, "99.0 % (94.6–99.8 %)"),
        (9_870, 10_000, "98.70 % (98.46–98.90 %)"),
    ],
)
def test_a_proportion_says_its_interval_and_how_few_trials_there_were(
    successes: int, trials: int, words: str
) -> None:
    assert str(Proportion(successes, trials)).replace("\u00a0", " ") == words


def test_a_percentage_stands_before_a_space_that_no_line_ends_at() -> None:
    assert percent(0.754) == "75\u00a0%"
    assert (percent(-0.001, 2, signed=True), percent(1, 1, signed=True)) == ("-0.10\u00a0%", "+100.0\u00a0%")
