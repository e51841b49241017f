"""Boosted trees on the leading principal scores of the rows.

With the centred Gram K = USUᵀ the scores of the rows are U√S, and new rows are projected by
V = XᵀU/√S. Trees on k ≤ 64 scores cost a fraction of trees on d ≥ 12,544 latent entries. Few rows tell
little of many directions, whose scores trees take for signal: k grows with the rows, see `components_for`.
"""

from dataclasses import dataclass

import numpy as np
import xgboost
from numpy.typing import NDArray
from scipy.linalg import eigh

from ipo.jobs import Progress
from ipo.value.gram import centred

_FEWEST = 16  # principal scores
_ROWS_FOR_ONE = 12


@dataclass(frozen=True)
class BoostParams:
    """Hyper-parameters of the XGBoost value model."""

    n_estimators: int = 50
    max_depth: int = 3
    learning_rate: float = 0.1
    components: int | None = 64  # principal scores at most; None: raw features


@dataclass(frozen=True)
class BoostFit:
    """Fitted trees with the projection they read."""

    booster: xgboost.Booster
    mean: NDArray[np.float32]  # (d,)
    projection: NDArray[np.float32] | None  # (d, k); None: raw features

    def predict(self, X: NDArray[np.float32]) -> NDArray[np.float32]:
        """Values 2P(Good) − 1 of `(m, d)` features as `(m,)`."""
        if self.projection is None:
            return _values(self.booster, X)
        return _values(self.booster, np.asarray((X - self.mean) @ self.projection, np.float32))


def fit(
    X: NDArray[np.float32],
    K: NDArray[np.float64],
    y: NDArray[np.float32],
    params: BoostParams,
    *,
    threads: int,
    progress: Progress,
) -> BoostFit:
    """Fit to X `(n, d)`, with its Gram matrix K `(n, n)`, and labels ±1 `(n,)`."""
    mean = X.mean(0)
    if params.components is None:
        return BoostFit(_train(X, y, params, threads, progress), mean, None)
    vectors, values = _leading(K, components_for(len(K), params.components))
    # Centring the vectors' side is enough: U is orthogonal to 1, so XᵀU equals (X − mean)ᵀU.
    projection = (X.T @ (vectors / np.sqrt(values)).astype(np.float32)).astype(np.float32)
    scores = (vectors * np.sqrt(values)).astype(np.float32)
    return BoostFit(_train(scores, y, params, threads, progress), mean, projection)


def held_out(
    X: NDArray[np.float32],
    K: NDArray[np.float64],
    y: NDArray[np.float32],
    params: BoostParams,
    folds: list[NDArray[np.intp]],
    *,
    threads: int,
    progress: Progress,
) -> NDArray[np.float64]:
    """Predictions `(n,)` of each fold by a fit on the others; scores are made inside each training fold."""
    predicted = np.empty(len(y))
    everything = np.arange(len(y))
    for number, fold in enumerate(folds):
        rest = np.setdiff1d(everything, fold)
        if params.components is None:
            train, test = X[rest], X[fold]
        else:
            train, test = _split_scores(K, rest, fold, params.components)
        booster = _train(train, y[rest], params, threads, progress)
        predicted[fold] = _values(booster, test)
        progress.report((number + 1) / len(folds), f"xgb fold {number + 1} of {len(folds)}")
    return predicted


def components_for(rows: int, most: int) -> int:
    """How many principal scores trees read of so many rows: a twelfth of the rows, but 16 at least."""
    return min(most, max(_FEWEST, rows // _ROWS_FOR_ONE))


def _leading(K: NDArray[np.float64], k: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The leading eigenvectors `(n, k)` and eigenvalues `(k,)` of the centred Gram, noise left out."""
    n = len(K)
    values, vectors = eigh(centred(K), subset_by_index=[max(0, n - k), n - 1])
    keep = values > max(values[-1], 0) * 1e-6 + 1e-12
    return vectors[:, keep][:, ::-1], values[keep][::-1]


def _split_scores(
    K: NDArray[np.float64],
    rest: NDArray[np.intp],
    fold: NDArray[np.intp],
    k: int,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    inner = K[np.ix_(rest, rest)]
    vectors, values = _leading(inner, components_for(len(rest), k))
    across = K[np.ix_(fold, rest)]
    across = across - across.mean(1, keepdims=True) - inner.mean(0) + inner.mean()
    root = np.sqrt(values)
    return (vectors * root).astype(np.float32), (across @ (vectors / root)).astype(np.float32)


class _Watch(xgboost.callback.TrainingCallback):
    """Lets a fit be cancelled between boosting rounds."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def after_iteration(self, model: xgboost.Booster, epoch: int, evals_log: object) -> bool:
        self._progress.check()
        return False


def _train(
    X: NDArray[np.float32],
    y: NDArray[np.float32],
    params: BoostParams,
    threads: int,
    progress: Progress,
) -> xgboost.Booster:
    data = xgboost.DMatrix(X, label=(y > 0).astype(np.float32), nthread=threads)
    settings = {
        "objective": "binary:logistic",
        "max_depth": params.max_depth,
        "learning_rate": params.learning_rate,
        "nthread": threads,
        "seed": 0,
    }
    return xgboost.train(settings, data, params.n_estimators, callbacks=[_Watch(progress)])


def _values(booster: xgboost.Booster, X: NDArray[np.float32]) -> NDArray[np.float32]:
    return (2 * booster.inplace_predict(X) - 1).astype(np.float32)
