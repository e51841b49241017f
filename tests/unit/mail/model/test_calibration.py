"""Calibration: probabilities that mean what they say, in an order that no mail loses."""

from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.isotonic import IsotonicRegression

from ipo.mail.model.calibration import (
    BetaCalibration,
    CalibrationMethod,
    IsotonicCalibration,
    SigmoidCalibration,
    fit_calibration,
)

METHODS: tuple[CalibrationMethod, ...] = get_args(CalibrationMethod)
methods = st.sampled_from(METHODS)


def drawn(count: int, seed: int, distortion: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Logits that are too sure by a factor, and whether each mail is spam."""
    rng = np.random.default_rng(seed)
    true = rng.normal(0, 2, count)
    return distortion * true, rng.random(count) < expit(true)


@given(methods, st.integers(2, 300), st.integers(0, 50), st.floats(0.2, 5), st.floats(0.01, 0.99))
@settings(max_examples=60, deadline=None)
def test_a_mail_is_beyond_the_logit_of_a_probability_where_it_has_that_probability(
    method: CalibrationMethod, count: int, seed: int, distortion: float, probability: float
) -> None:
    calibration = fit_calibration(*drawn(count, seed, distortion), method)
    logits = np.linspace(-30, 30, 2001)
    found = calibration.probability(logits)
    assert (np.diff(found) >= 0).all()
    clear = np.abs(found - probability) > 1e-9
    assert np.array_equal((logits >= calibration.logit_at(probability))[clear], (found >= probability)[clear])


@pytest.mark.parametrize("method", METHODS)
def test_probabilities_that_are_too_sure_mean_what_they_say_afterwards(method: CalibrationMethod) -> None:
    logits, spam = drawn(20_000, 1, distortion=3.0)
    fresh, truth = drawn(20_000, 2, distortion=3.0)
    found = fit_calibration(logits, spam, method).probability(fresh)
    for low in np.arange(0, 1, 0.1):
        inside = (found >= low) & (found < low + 0.1)
        assert abs(found[inside].mean() - truth[inside].mean()) < 0.03


def test_beta_bends_each_end_for_itself() -> None:
    rng = np.random.default_rng(3)
    logits = rng.normal(0, 3, 40_000)
    true = BetaCalibration(0.4, 1.5, 0.3)
    spam = rng.random(len(logits)) < true.probability(logits)
    found = fit_calibration(logits, spam, "beta")
    assert isinstance(found, BetaCalibration)
    np.testing.assert_allclose([found.a, found.b, found.c], [true.a, true.b, true.c], atol=0.08)


def test_isotonic_is_that_of_scikit_learn() -> None:
    logits, spam = drawn(500, 4)
    found = fit_calibration(logits, spam, "isotonic")
    assert isinstance(found, IsotonicCalibration)
    targets = np.where(spam, (spam.sum() + 1) / (spam.sum() + 2), 1 / ((~spam).sum() + 2))
    theirs = IsotonicRegression(out_of_bounds="clip").fit(logits, targets)
    fresh = np.linspace(-10, 10, 101)
    np.testing.assert_allclose(found.probability(fresh), theirs.predict(fresh), atol=1e-12)


def test_a_probability_that_no_mail_reaches_has_an_infinite_logit() -> None:
    flat = IsotonicCalibration(np.array([-1.0, 1.0]), np.array([0.3, 0.6]))
    assert [flat.logit_at(p) for p in (0.2, 0.45, 0.7)] == [-np.inf, pytest.approx(0), np.inf]


@pytest.mark.parametrize("method", METHODS)
def test_where_a_class_is_missing_nothing_changes(method: CalibrationMethod) -> None:
    assert fit_calibration(np.array([1.0, 2.0]), np.array([True, True]), method) == SigmoidCalibration()
