"""Gram matrices of feature rows: K = XXᵀ, grown by one row per label.

Rows are multiplied in float32, block by block of features, and summed in float64: as fast as float32, and
accurate enough for small λ.
"""

import threading

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

_BLOCK = 8192  # features that are multiplied before the sum goes to float64
_FIRST_CAPACITY = 64


def gram(X: NDArray[np.float32]) -> Vector:
    """K = XXᵀ `(n, n)` of X `(n, d)`."""
    K = np.zeros((len(X), len(X)))
    for left in range(0, X.shape[1], _BLOCK):
        block = X[:, left : left + _BLOCK]
        K += block @ block.T  # the same array twice: BLAS does half of the work
    return K


def cross_gram(X: NDArray[np.float32], others: NDArray[np.float32]) -> Vector:
    """X · othersᵀ `(n, m)` of X `(n, d)` and `(m, d)`."""
    K = np.zeros((len(X), len(others)))
    for left in range(0, X.shape[1], _BLOCK):
        K += X[:, left : left + _BLOCK] @ others[:, left : left + _BLOCK].T
    return K


def centred(K: Vector, constant: Vector | None = None) -> Vector:
    """The Gram matrix of the rows minus their mean: PKP, P projecting along `constant` `(n,)`, or ones."""
    e = np.ones(len(K)) if constant is None else constant
    square = e @ e
    if not square:
        return K
    along = K @ (e / square)
    return np.asarray(K - np.outer(e, along) - np.outer(along, e) + np.outer(e, e) * (e @ along / square))


class Gram:
    """The Gram matrix of rows that are only ever appended. Safe for several lanes. Can be pickled."""

    def __init__(self) -> None:
        self._K = np.empty((0, 0))
        self._used = 0
        self._lock = threading.Lock()

    def __getstate__(self) -> Vector:
        with self._lock:
            return self._K[: self._used, : self._used].copy()

    def __setstate__(self, K: Vector) -> None:
        self._K, self._used, self._lock = K, len(K), threading.Lock()

    def grow(self, features: NDArray[np.float32]) -> None:
        """Take in the rows of `features` `(n, d)` that were not there yet: O(nd) each."""
        with self._lock:
            old, n = self._used, len(features)
            if n <= old:
                return
            if n > len(self._K):
                grown = np.empty((max(_FIRST_CAPACITY, 2 * n),) * 2)
                grown[:old, :old] = self._K[:old, :old]
                self._K = grown
            new = features[old:]
            self._K[old:n, old:n] = gram(new)
            self._K[:old, old:n] = cross_gram(features[:old], new)
            self._K[old:n, :old] = self._K[:old, old:n].T
            self._used = n

    def diagonal(self, rows: NDArray[np.intp]) -> Vector:
        """The squared norms of these rows."""
        with self._lock:
            return self._K[rows, rows]

    def between(self, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> Vector:
        """The entries of these rows and columns, as a copy."""
        with self._lock:
            return self._K[np.ix_(rows, columns)]
