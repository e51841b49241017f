"""Ridge against scikit-learn on the same rows in the same run, at the sizes of real sessions.

For each size: refit after one label (`RidgeModel`) against `Ridge` from scratch and against the time of
reading the rows twice, which no refit can beat; a full fit against `Ridge`; choosing λ by leave-one-out, from
the Gram matrix that the model keeps (`loo_path`) and from the rows (`loo_path_of_rows`), against `RidgeCV`;
five-fold cross-validation, from that matrix too, against `cross_val_predict`; and `ridge_fit` against
`Ridge(fit_intercept=False)`. Times are medians of runs taken in turn, on every core. Figures without a size
are those of 1,000 rows of 16,384 features.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import Ridge, RidgeCV
from sklearn.model_selection import PredefinedSplit, cross_val_predict

from bench.report import publish, quick
from ipo.value import ridge
from ipo.value.gram import Gram, gram
from ipo.value.lambda_path import PATH, lambda_path
from ipo.value.ridge_model import RidgeModel
from ipo.value.scores import folds
from value_model import ridge_fit

RELATIVE = 1.0
# scikit-learn solves on SciPy's own BLAS threads, which spin on after a solve and take cores from whoever is
# timed next: a refit right after one took 14 to 20 ms, 50 ms later 17 to 20; with SciPy held to one thread,
# 3 to 6.
PAUSE_SECONDS = 0.2
HEADLINE = (1000, 16_384)
SIZES = ((100, 16_384), HEADLINE, (4000, 16_384), (100, 65_536), (1000, 65_536))


@dataclass
class Rows:
    """Labelled rows, and a model that has seen all but the last few."""

    n: int
    d: int
    spare: int = 40

    def __post_init__(self) -> None:
        rng = np.random.default_rng(0)
        self.X = rng.standard_normal((self.n + self.spare, self.d), np.float32)
        self.X /= np.float32(np.sqrt(self.d))
        taste = rng.standard_normal(self.d).astype(np.float32)
        self.y = np.sign(self.X @ taste + 0.5 * rng.standard_normal(len(self.X))).astype(np.float32)
        self.gram, self.used = Gram(), self.n
        self.model = RidgeModel(self.gram)
        self.refit()

    def refit(self) -> ridge.RidgeFit:
        used = self.used
        return self.model.refit(self.X[:used], np.arange(used), self.y[:used], RELATIVE)

    def one_label_more(self) -> ridge.RidgeFit:
        self.used = min(self.used + 1, len(self.X))
        return self.refit()


def main() -> None:
    short = quick()
    figures: dict[str, float] = {}
    for n, d in (HEADLINE,) if short else SIZES:
        found = measured(Rows(n, d), repeats=5 if short or n * d > 20e6 else 15)
        figures |= {f"{name}_{n}_{d}": value for name, value in found.items()}
        if (n, d) == HEADLINE:
            figures = found | figures
    publish("ridge", figures | ridge_fit_figures(30 if short else 100), quick=short)


def measured(rows: Rows, repeats: int) -> dict[str, float]:
    n, X, y = rows.n, rows.X[: rows.n], rows.y[: rows.n]
    lam = rows.refit().dual.lam
    peer = Ridge(alpha=lam)
    refits, scratch, reads = in_turn(
        [rows.one_label_more, lambda: peer.fit(X, y), lambda: read_twice(X)], repeats
    )
    full, _ = in_turn([lambda: from_scratch(X, y), lambda: None], max(3, repeats // 3))
    parts = folds(y, 5)
    fold_of = np.empty(n, int)
    for number, part in enumerate(parts):
        fold_of[part] = number
    split = PredefinedSplit(fold_of)
    everything = np.arange(n)
    cv, peer_cv = in_turn(
        [
            lambda: by_folds(rows.gram.between(everything, everything), y, parts),
            lambda: cross_val_predict(peer, X, y, cv=split),
        ],
        3,
    )
    lambdas = PATH * lam / RELATIVE
    path, path_of_rows, ridge_cv = in_turn(
        [
            lambda: lambda_path(rows.gram.between(everything, everything), y),
            lambda: lambda_path(gram(X), y),
            lambda: RidgeCV(lambdas).fit(X, y),
        ],
        max(3, repeats // 3),
    )
    gap = by_folds(rows.gram.between(everything, everything), y, parts) - cross_val_predict(
        peer, X, y, cv=split
    )
    return {
        "refit_ms": 1000 * statistics.median(refits),
        "refit_speedup_vs_sklearn": statistics.median(scratch) / statistics.median(refits),
        "refit_over_two_reads": statistics.median(refits) / statistics.median(reads),
        "two_reads_ms": 1000 * statistics.median(reads),
        "read_mb": 2 * X.nbytes / 1e6,
        "full_fit_speedup_vs_sklearn": statistics.median(scratch) / statistics.median(full),
        "cv_speedup_vs_sklearn": statistics.median(peer_cv) / statistics.median(cv),
        "cv_largest_gap": float(np.abs(gap).max()),
        "loo_path_ms": 1000 * statistics.median(path),
        "loo_path_speedup_vs_sklearn": statistics.median(ridge_cv) / statistics.median(path),
        "loo_path_of_rows_speedup_vs_sklearn": statistics.median(ridge_cv) / statistics.median(path_of_rows),
        "loo_path_relative_gap": path_gap(X, y, lambdas),
    }


def path_gap(X: NDArray[np.float32], y: NDArray[np.float32], lambdas: NDArray[np.float64]) -> float:
    """The largest relative difference of leave-one-out errors from those of `RidgeCV` in float64."""
    reference = RidgeCV(lambdas, store_cv_results=True).fit(X.astype(np.float64), y.astype(np.float64))
    errors = reference.cv_results_.mean(0)
    return float(np.abs(lambda_path(gram(X), y).errors / errors - 1).max())


def read_twice(X: NDArray[np.float32]) -> None:
    """The products with a vector from either side: two passes over the rows and nothing else."""
    X @ np.ones(X.shape[1], np.float32)
    np.ones(len(X), np.float32) @ X


def from_scratch(X: NDArray[np.float32], y: NDArray[np.float32]) -> ridge.RidgeFit:
    return RidgeModel(Gram()).refit(X, np.arange(len(X)), y, RELATIVE)


def by_folds(
    K: NDArray[np.float64], y: NDArray[np.float32], parts: list[NDArray[np.intp]]
) -> NDArray[np.float64]:
    lam = ridge.absolute_lambda(K, RELATIVE)
    return ridge.held_out(ridge.solve(ridge.inverse(K, lam), y, lam), y, parts)


def ridge_fit_figures(pairs: int) -> dict[str, float]:
    """`ridge_fit` at n = 200, d = 12,544 (448²)."""
    rows = Rows(200, 12_544, spare=0)
    peer = Ridge(alpha=1.0, fit_intercept=False)
    ours, theirs = in_turn([lambda: ridge_fit(rows.X, rows.y, 1.0), lambda: peer.fit(rows.X, rows.y)], pairs)
    gap = np.abs(ridge_fit(rows.X, rows.y, 1.0) - peer.coef_).max() / np.abs(peer.coef_).max()
    return {
        "ridge_fit_ms": 1000 * statistics.median(ours),
        "ridge_fit_speedup_vs_sklearn": statistics.median(b / a for a, b in zip(ours, theirs, strict=True)),
        "ridge_fit_relative_difference": float(gap),
    }


def in_turn(works: list[Callable[[], object]], repeats: int) -> list[list[float]]:
    """Seconds of each, alternating, after one warm-up of each."""
    for work in works:
        work()
    times: list[list[float]] = [[] for _ in works]
    for _ in range(repeats):
        for work, seconds in zip(works, times, strict=True):
            time.sleep(PAUSE_SECONDS)
            began = time.perf_counter()
            work()
            seconds.append(time.perf_counter() - began)
    return times


if __name__ == "__main__":
    main()
