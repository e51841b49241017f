"""A ridge regression that follows labels as they come: one label more costs two passes over the rows.

G = (K + λI)⁻¹ is bordered by a new row and shrunk by a removed one, each in O(n²); a relabel changes y
alone. λ is chosen again, by exact leave-one-out, whenever an eighth of the rows has changed.
"""

import numpy as np
from numpy.typing import NDArray

from ipo.value import ridge
from ipo.value.gram import Gram, Vector
from ipo.value.ridge import RidgeFit


class RidgeModel:
    """Fits to growing rows. For one thread at a time; the fits that it returns never change."""

    def __init__(self, gram: Gram) -> None:
        self.gram = gram
        self._places = np.empty(0, np.intp)  # the rows in G, in its order
        self._G = np.empty((0, 0))
        self._lam = 0.0
        self._relative = 0.0  # that `_lam` was made of
        self._asked: float | None = None
        self._changes = 0  # rows that came or went since λ was chosen

    def refit(
        self,
        features: NDArray[np.float32],
        places: NDArray[np.intp],
        y: NDArray[np.float32],
        relative: float | None = None,
        constant: Vector | None = None,
    ) -> RidgeFit:
        """Fit to the rows `places` `(n,)` of `features` `(used, d)` and labels y `(n,)`.

        `constant` `(n,)` is 1 for a row and 0 for a difference of two; without it all are rows.
        `relative` is λ in units of the mean of the centred Gram's diagonal; `None` chooses it by
        leave-one-out. Raises `ValueError` for shapes that do not match, for NaN or Inf and for a negative λ.
        """
        self.gram.grow(features)
        ridge.check(self.gram.diagonal(places), y, 1.0)
        if relative is not None and relative < 0:
            raise ValueError(f"The relative lambda is {relative}; 0 or more would be right.")
        new = np.setdiff1d(places, self._places)
        gone = np.flatnonzero(~np.isin(self._places, places))
        self._changes += len(new) + len(gone)
        if relative != self._asked or self._changes >= max(1, len(places) // 8):
            self._start(places, y, relative, constant)
        else:
            for index in gone[::-1]:
                self._drop(index)
            for place in new:
                self._append(place)
        order = np.argsort(places)
        own = order[np.searchsorted(places, self._places, sorter=order)]
        ones = np.ones(len(places)) if constant is None else constant
        return self._fit(features, np.asarray(y, np.float32)[own], ones[own])

    def _start(
        self,
        places: NDArray[np.intp],
        y: NDArray[np.float32],
        relative: float | None,
        constant: Vector | None,
    ) -> None:
        """Choose λ and invert anew."""
        K = self.gram.between(places, places)
        self._asked = relative
        if relative is None:
            relative = ridge.lambda_path(K, y, constant=constant).best
        self._relative = relative
        self._lam = ridge.absolute_lambda(K, relative, constant)
        self._G = ridge.inverse(K, self._lam)
        self._places, self._changes = places.copy(), 0

    def _append(self, place: int) -> None:
        """Border G by one row."""
        n, G = len(self._places), self._G
        k = self.gram.between(self._places, np.array([place]))[:, 0]
        own = float(self.gram.diagonal(np.array([place]))[0])
        h = G @ k
        rest = own + self._lam - float(k @ h)
        bordered = np.empty((n + 1, n + 1))
        np.multiply(h[:, None], h / rest, out=bordered[:n, :n])
        bordered[:n, :n] += G
        bordered[n, :n] = bordered[:n, n] = -h / rest
        bordered[n, n] = 1 / rest
        self._G, self._places = bordered, np.append(self._places, place)

    def _drop(self, index: int) -> None:
        """Shrink G by one row."""
        rest = np.delete(np.arange(len(self._places)), index)
        column = self._G[rest, index]
        self._G = self._G[np.ix_(rest, rest)] - np.outer(column, column / self._G[index, index])
        self._places = self._places[rest]

    def _fit(self, features: NDArray[np.float32], y: NDArray[np.float32], constant: Vector) -> RidgeFit:
        dual = ridge.solve(self._G, y, self._lam, constant)
        w = ridge.weights(features, self._places, dual.a)
        return RidgeFit(w, dual, features, self._places, y, constant, self._relative)
