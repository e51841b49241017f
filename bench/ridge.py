"""`ridge_fit` against scikit-learn's `Ridge` on the same rows in the same run.

Both get n = 200 rows of d = 12,544 (448²) and use every core. Medians of pairs, taken in turn.
"""

import statistics
import time
from collections.abc import Callable

import numpy as np
from sklearn.linear_model import Ridge

from bench.report import publish, quick
from value_model import ridge_fit

ROWS, FEATURES, LAMBDA = 200, 12_544, 1.0


def main() -> None:
    short = quick()
    rng = np.random.default_rng(0)
    X = rng.standard_normal((ROWS, FEATURES), np.float32)
    y = np.sign(rng.standard_normal(ROWS)).astype(np.float32)
    reference = Ridge(alpha=LAMBDA, fit_intercept=False)
    ours, theirs = _in_turn(
        lambda: ridge_fit(X, y, LAMBDA), lambda: reference.fit(X, y), 100 if short else 400
    )
    gap = np.abs(ridge_fit(X, y, LAMBDA) - reference.coef_).max() / np.abs(reference.coef_).max()
    figures = {
        "ridge_fit_ms": 1000 * statistics.median(ours),
        "sklearn_ridge_ms": 1000 * statistics.median(theirs),
        "ridge_fit_speedup_vs_sklearn": statistics.median(b / a for a, b in zip(ours, theirs, strict=True)),
        "relative_difference": float(gap),
    }
    publish("ridge", figures, quick=short)


def _in_turn(
    ours: Callable[[], object], theirs: Callable[[], object], pairs: int
) -> tuple[list[float], list[float]]:
    """Seconds of both, alternating, after one warm-up of each."""
    ours(), theirs()
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(pairs):
        for work, seconds in zip((ours, theirs), times, strict=True):
            began = time.perf_counter()
            work()
            seconds.append(time.perf_counter() - began)
    return times


if __name__ == "__main__":
    main()
