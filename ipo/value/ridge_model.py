"""A ridge regression that follows labels as they come: one label more costs two passes over the rows.

G = (K + λI)⁻¹ is bordered by a new row and shrunk by a removed one, each in O(n²); a relabel changes y
alone. λ and the kernel are chosen again, by exact leave-one-out, whenever an eighth of the rows has changed;
in between they stay, so that a label more costs no eigendecomposition.
"""

import numpy as np
from numpy.typing import NDArray

from ipo.value import ridge
from ipo.value.gram import Gram, Vector
from ipo.value.kernel import Kernel, KernelChoice, Points
from ipo.value.kernel_choice import AUTO, choose_kernel
from ipo.value.lambda_path import lambda_path
from ipo.value.ridge import RidgeFit


class RidgeModel:
    """Fits to growing rows. For one thread at a time; the fits that it returns never change.

    `projection` `(d, m)` makes of features the coordinates that a curved part of the kernel reads; without it
    values are straight.
    """

    def __init__(self, gram: Gram, projection: NDArray[np.float32] | None = None) -> None:
        self.gram = gram
        self._projection = projection
        self._choice = KernelChoice(Kernel())
        self._places = np.empty(0, np.intp)  # the rows in G, in its order
        self._G = np.empty((0, 0))
        self._lam = 0.0
        self._relative = 0.0  # that `_lam` was made of
        self._asked: tuple[float | None, str] = None, AUTO
        self._changes = 0  # rows that came or went since λ and the kernel were chosen

    def refit(
        self,
        features: NDArray[np.float32],
        places: NDArray[np.intp],
        y: NDArray[np.float32],
        relative: float | None = None,
        constant: Vector | None = None,
        points: Points | None = None,
        shape: str = AUTO,
    ) -> RidgeFit:
        """Fit to the rows `places` `(n,)` of `features` `(used, d)` and labels y `(n,)`.

        `constant` `(n,)` is 1 for a row and 0 for a difference of two; without it all are rows.
        `relative` is λ in units of the mean of the centred Gram's diagonal; `None` chooses it by
        leave-one-out. `points` `(used, 2, m)` are the coordinates of all rows, which differences cannot do
        without; `shape` is one of `KERNELS`. Raises `ValueError` for shapes that do not match, for NaN or Inf
        and for a negative λ.
        """
        self.gram.grow(features)
        ridge.check(self.gram.diagonal(places), y, 1.0)
        if relative is not None and relative < 0:
            raise ValueError(f"The relative lambda is {relative}; 0 or more would be right.")
        if self._projection is None:
            points = None
        ones = np.ones(len(places)) if constant is None else constant
        new = np.setdiff1d(places, self._places)
        gone = np.flatnonzero(~np.isin(self._places, places))
        self._changes += len(new) + len(gone)
        if (relative, shape) != self._asked or self._changes >= max(1, len(places) // 8):
            self._start(places, y, relative, shape, ones, points)
        else:
            for index in gone[::-1]:
                self._drop(index)
            for place in new:
                self._append(place, points)
        order = np.argsort(places)
        own = order[np.searchsorted(places, self._places, sorter=order)]
        return self._fit(features, np.asarray(y, np.float32)[own], ones[own], points)

    def _start(
        self,
        places: NDArray[np.intp],
        y: NDArray[np.float32],
        relative: float | None,
        shape: str,
        constant: Vector,
        points: Points | None,
    ) -> None:
        """Choose λ and the kernel, and invert anew."""
        K = self.gram.between(places, places)
        own = None if points is None else points[places]
        self._asked = relative, shape
        self._choice = choose_kernel(K, y, constant, own, shape, relative)
        if own is not None and self._choice.kernel.curved:
            K += self._choice.kernel.between(own, own)
        if relative is None:
            relative = lambda_path(K, y, constant=constant).best
        self._relative = relative
        self._lam = ridge.absolute_lambda(K, relative, constant)
        self._G = ridge.inverse(K, self._lam)
        self._places, self._changes = places.copy(), 0

    def _append(self, place: int, points: Points | None) -> None:
        """Border G by one row."""
        n, G, kernel = len(self._places), self._G, self._choice.kernel
        k = self.gram.between(self._places, np.array([place]))[:, 0]
        own = float(self.gram.diagonal(np.array([place]))[0])
        if points is not None and kernel.curved:
            point = points[place : place + 1]
            k += kernel.between(points[self._places], point)[:, 0]
            own += float(kernel.own(point)[0])
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

    def _fit(
        self,
        features: NDArray[np.float32],
        y: NDArray[np.float32],
        constant: Vector,
        points: Points | None,
    ) -> RidgeFit:
        dual = ridge.solve(self._G, y, self._lam, constant)
        w = ridge.weights(features, self._places, dual.a)
        own = points[self._places] if points is not None and self._choice.kernel.curved else None
        return RidgeFit(
            w,
            dual,
            features,
            self._places,
            y,
            constant,
            self._relative,
            self._choice,
            own,
            None if own is None else self._projection,
        )
