"""What held-out values say about a value model: learning curves and calibration.

Everything is made from a Gram matrix or from held-out values; features are never read again. A point of a
learning curve is a Ridge fit on a sub-Gram K_SS, a = G(y_S − b), and its values f = K_TS a + b of rows T that
no subset of that repeat contains.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ipo.jobs import Progress
from ipo.proportions import wilson
from ipo.value import ridge
from ipo.value.gram import Vector
from ipo.value.lambda_path import lambda_path

Rows = NDArray[np.intp]

LEAST = 5  # rows of either label that a learning curve needs
REPEATS = 20
_FEWEST_REPEATS = 6
_ROWS_IN_ALL = 8000  # more rows, fewer repeats: each tests on more of them, and takes longer
_HELD_OUT = 0.2  # share of the rows that a repeat tests on
_SMALLEST = 4  # rows of the first point
_POINTS = 9


@dataclass(frozen=True, eq=False)
class LearningCurve:
    """Held-out accuracy against number of labels: means over repeats, each `(p,)`."""

    sizes: Rows
    accuracy: Vector
    low: Vector  # 95 % Wilson interval of the accuracy
    high: Vector
    baseline: Vector  # of always saying the majority label of the training subset
    repeats: int
    tested: int  # rows that each repeat holds out


@dataclass(frozen=True, eq=False)
class Split:
    """One repeat: rows to test on, and growing training subsets, each within the next."""

    test: Rows
    training: tuple[Rows, ...]


@dataclass(frozen=True, eq=False)
class Calibration:
    """Values in b bins of about equal size against the share of Good among their rows, each `(b,)`."""

    value: Vector  # mean of the bin
    share: Vector
    low: Vector  # 95 % Wilson interval of the share
    high: Vector
    rows: Rows


def enough_for_curve(y: NDArray[np.float32]) -> bool:
    """True with `LEAST` rows of either label."""
    return bool(min((y > 0).sum(), (y < 0).sum()) >= LEAST)


def curve_sizes(rows: int) -> Rows:
    """Numbers of labels `(p,)` to train on, evenly spaced on a log scale, when `rows` are there in all."""
    most = max(_SMALLEST, rows - round(_HELD_OUT * rows))
    return np.unique(np.geomspace(_SMALLEST, most, _POINTS).round().astype(np.intp))


def split(y: NDArray[np.float32], sizes: Sequence[int], rng: np.random.Generator) -> Split:
    """Shuffle labels ±1 `(n,)` into a stratified test set and stratified training subsets of `sizes`.

    Every part holds the share of Good of the whole as nearly as whole rows allow, and both labels.
    """
    good, bad = (rng.permutation(np.flatnonzero(side)) for side in (y > 0, y < 0))
    share = len(good) / len(y)

    def part(size: int, most_good: int, most_bad: int) -> tuple[int, int]:
        goods = min(max(round(size * share), 1, size - most_bad), size - 1, most_good)
        return goods, size - goods

    tested, refused = part(round(_HELD_OUT * len(y)), len(good) - 1, len(bad) - 1)
    test = np.concatenate([good[:tested], bad[:refused]])
    good, bad = good[tested:], bad[refused:]
    counts = [part(int(size), len(good), len(bad)) for size in sizes]
    return Split(test, tuple(np.concatenate([good[:some], bad[:others]]) for some, others in counts))


def predicted(
    K: Vector, y: NDArray[np.float32], train: Rows, test: Rows, relative: float | None = None
) -> Vector:
    """Ridge values of the rows `test` by a fit on the rows `train`, for K `(n, n)` and labels y `(n,)`.

    `relative` is λ in units of the mean of the centred training Gram's diagonal; `None` chooses it by
    leave-one-out within the training rows.
    """
    own, labels = K[np.ix_(train, train)], y[train]
    chosen = lambda_path(own, labels).best if relative is None else relative
    lam = ridge.absolute_lambda(own, chosen)
    dual = ridge.solve(ridge.inverse(own, lam), labels, lam)
    return np.asarray(K[np.ix_(test, train)] @ dual.a + dual.b, np.float64)


def learning_curve(
    K: Vector,
    y: NDArray[np.float32],
    progress: Progress,
    *,
    relative: float | None = None,
    repeats: int | None = None,
    seed: int = 0,
) -> LearningCurve:
    """Held-out accuracy of Ridge and of the majority for the Gram matrix K `(n, n)` and labels ±1 y `(n,)`.

    Repeats test the same rows again, so that the interval is that of as many trials as there are rows.
    Raises `ValueError` for fewer than `LEAST` rows of either label.
    """
    if not enough_for_curve(y):
        raise ValueError(f"A learning curve needs at least {LEAST} Good and {LEAST} Bad rows.")
    if repeats is None:
        repeats = int(np.clip(_ROWS_IN_ALL // len(y), _FEWEST_REPEATS, REPEATS))
    sizes, rng = curve_sizes(len(y)), np.random.default_rng(seed)
    right, majority = np.empty((2, repeats, len(sizes)))
    tested = 0
    for repeat in range(repeats):
        parts = split(y, sizes.tolist(), rng)
        truth, tested = y[parts.test] > 0, len(parts.test)
        for place, train in enumerate(parts.training):
            progress.check()
            right[repeat, place] = np.mean((predicted(K, y, train, parts.test, relative) > 0) == truth)
            majority[repeat, place] = np.mean(truth == (y[train].mean() >= 0))
        progress.report((repeat + 1) / repeats, f"repeat {repeat + 1} of {repeats}")
    accuracy, trials = right.mean(0), min(len(y), repeats * tested)
    low, high = wilson(accuracy * trials, np.full(len(sizes), trials))
    return LearningCurve(sizes, accuracy, low, high, majority.mean(0), repeats, tested)


def calibration(values: Vector, y: NDArray[np.float32], bins: int = 8, fewest: int = 5) -> Calibration:
    """Held-out values `(n,)` in at most `bins` bins of at least `fewest` rows, against labels ±1 `(n,)`.

    A value v of a fit to labels ±1 stands for a share of (1 + v)/2 Good. Raises `ValueError` for no rows.
    """
    if not len(values):
        raise ValueError("Calibration needs at least one row with a held-out value.")
    order = np.argsort(values, kind="stable")
    parts = np.array_split(order, max(1, min(bins, len(values) // fewest)))
    rows = np.array([len(part) for part in parts], np.intp)
    good = np.array([(y[part] > 0).sum() for part in parts], np.intp)
    low, high = wilson(good, rows)
    return Calibration(np.array([values[part].mean() for part in parts]), good / rows, low, high, rows)
