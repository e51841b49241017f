"""Promises of the growing ridge: after any changes, the fit that a start from nothing would give."""

import re
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.linear_model import Ridge

from ipo.value.gram import Gram, cross_gram, gram
from ipo.value.ridge import RidgeFit
from ipo.value.ridge_model import RidgeModel

D = 96


@dataclass
class Labels:
    """Rows that come, go and change, and the model that follows them."""

    seed: int
    relative: float | None
    model: RidgeModel = field(default_factory=lambda: RidgeModel(Gram()))
    rows: dict[int, int] = field(default_factory=dict)  # place → label

    def __post_init__(self) -> None:
        rng = np.random.default_rng(self.seed)
        self.features = (rng.standard_normal((80, D)) / np.sqrt(D)).astype(np.float32)
        self.used = 0

    def add(self, label: int) -> None:
        self.rows[self.used] = label
        self.used += 1

    def refit(self) -> RidgeFit:
        places = np.array(list(self.rows), np.intp)
        y = np.array(list(self.rows.values()), np.float32)
        return self.model.refit(self.features[: self.used], places, y, self.relative)


def reference(labels: Labels, lam: float) -> Ridge:
    places = list(labels.rows)
    return Ridge(alpha=lam).fit(labels.features[places].astype(np.float64), list(labels.rows.values()))


@given(
    seed=st.integers(0, 99),
    relative=st.sampled_from([None, 0.01, 1.0]),
    acts=st.lists(st.tuples(st.sampled_from("aaarx"), st.integers(0, 99)), min_size=5, max_size=60),
)
def test_any_sequence_of_labels_relabels_and_undos_gives_the_fit_from_scratch(
    seed: int, relative: float | None, acts: list[tuple[str, int]]
) -> None:
    labels = Labels(seed, relative)
    for number in range(8):
        labels.add(1 if number % 2 else -1)
    for act, which in acts:
        place = list(labels.rows)[which % len(labels.rows)]
        if act == "a":
            labels.add(1 if which % 2 else -1)
        elif act == "r":
            labels.rows[place] *= -1
        elif len(labels.rows) > 4:
            del labels.rows[place]
        fitted = labels.refit()
        expected = reference(labels, fitted.dual.lam)
        assert np.linalg.norm(fitted.w - expected.coef_) <= 1e-3 * np.linalg.norm(expected.coef_) + 1e-5
        assert fitted.b == pytest.approx(expected.intercept_, abs=1e-4)
        assert sorted(fitted.places) == sorted(labels.rows)


def test_a_fit_never_changes_while_labels_go_on() -> None:
    labels = Labels(0, 1.0)
    for number in range(20):
        labels.add(1 if number % 3 else -1)
    fitted = labels.refit()
    new = labels.features[-5:]
    before = fitted.w.copy(), fitted.predict(new), fitted.deviation(new), fitted.held_out.copy()
    for _ in range(30):
        labels.add(1)
        labels.refit()
    del labels.rows[0]
    labels.rows[1] *= -1
    labels.refit()
    after = fitted.w, fitted.predict(new), fitted.deviation(new), fitted.held_out
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize("relative", [1e-6, 1e-4, 1e-2])
def test_a_small_lambda_is_as_accurate_as_float64_also_for_rows_that_are_almost_equal(
    relative: float,
) -> None:
    rng = np.random.default_rng(0)
    X = (rng.standard_normal((60, 4000)) / np.sqrt(4000)).astype(np.float32)
    X[30:] = X[:30] + 0.03 * X[30:]
    y = np.resize([1, -1, 1], 60).astype(np.float32)
    model = RidgeModel(Gram())
    for n in range(40, 61):
        fitted = model.refit(X[:n], np.arange(n), y[:n], relative)
    exact = Ridge(alpha=fitted.dual.lam).fit(X.astype(np.float64), y)
    assert np.linalg.norm(fitted.w - exact.coef_) < 2e-3 * np.linalg.norm(exact.coef_)


def test_rows_that_are_all_the_same_teach_nothing_and_break_nothing() -> None:
    X = np.repeat(np.random.default_rng(0).standard_normal((1, D)), 6, axis=0).astype(np.float32)
    y = np.array([1, -1, 1, 1, -1, 1], np.float32)
    for relative in (None, 0.0, 1.0):
        fitted = RidgeModel(Gram()).refit(X, np.arange(6), y, relative)
        assert np.allclose(fitted.predict(X), y.mean(), atol=1e-3)
        assert np.isfinite(fitted.deviation(X)).all()


def test_a_chosen_lambda_follows_the_labels() -> None:
    labels = Labels(4, None)
    taste = np.random.default_rng(9).standard_normal(D)
    chosen = []
    for place in range(80):
        labels.add(1 if labels.features[place] @ taste > 0 else -1)
        if len(set(labels.rows.values())) == 2:
            chosen.append(labels.refit().relative_lambda)
    assert len(set(chosen)) > 1


def test_a_changed_lambda_is_used_at_once() -> None:
    labels = Labels(0, 10.0)
    for number in range(30):
        labels.add(1 if number % 2 else -1)
    strong = labels.refit()
    labels.relative = 0.01
    weak = labels.refit()
    assert (strong.relative_lambda, weak.relative_lambda) == (10.0, 0.01)
    assert np.linalg.norm(strong.w) < 0.5 * np.linalg.norm(weak.w)


def test_a_negative_lambda_is_refused_with_what_would_be_right() -> None:
    labels = Labels(0, -1.0)
    labels.add(1)
    labels.add(-1)
    with pytest.raises(ValueError, match=re.escape("The relative lambda is -1.0; 0 or more would be right.")):
        labels.refit()


def test_a_row_with_nan_is_refused_and_the_model_goes_on_without_it() -> None:
    labels = Labels(0, 1.0)
    for number in range(10):
        labels.add(1 if number % 2 else -1)
    labels.refit()
    labels.features[10, 3] = np.nan
    labels.add(1)
    with pytest.raises(ValueError, match=re.escape("X or y has NaN or Inf.")):
        labels.refit()
    del labels.rows[10]
    labels.add(-1)
    fitted = labels.refit()
    assert np.isfinite(fitted.w).all()


# The Gram matrix


@given(steps=st.lists(st.integers(0, 30), max_size=8), seed=st.integers(0, 9))
def test_a_gram_matrix_that_grew_is_the_one_made_at_once(steps: list[int], seed: int) -> None:
    X = np.random.default_rng(seed).standard_normal((sum(steps), 50)).astype(np.float32)
    grown, n = Gram(), 0
    for step in steps:
        n += step
        grown.grow(X[:n])
    everything = np.arange(n)
    assert np.allclose(grown.between(everything, everything), X @ X.T, atol=1e-3)
    assert np.allclose(grown.diagonal(everything), (X**2).sum(1), atol=1e-3)


def test_blocks_of_features_make_a_product_nearly_as_accurate_as_float64() -> None:
    X = np.random.default_rng(0).standard_normal((40, 20_000)).astype(np.float32)
    exact: NDArray[np.float64] = X.astype(np.float64) @ X.astype(np.float64).T
    size = np.abs(exact).max()
    assert np.abs(gram(X) - exact).max() < 3e-7 * size
    assert np.abs(cross_gram(X[:7], X) - exact[:7]).max() < 3e-7 * size
