"""The meaning map: mails on a plane, with the line that decides.

Two projections of the joint space of the text head, both linear, so that the line is exact. *pca*: the two
directions of most variance; the line `w₂·x + b₂ = z` is where mails of the plane have the logit z.
*decision*: the first axis is the weight vector itself, so that each mail lies on its true side of the line,
and the second is the direction of most variance that is left. A third, in `umap_map`, is bent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.linalg import LinearOperator, svds
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist
from sklearn.neighbors import NearestNeighbors

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
ProjectionName = Literal["pca", "decision"]

MOST_POINTS = 2_000
_NOTHING = 1e-12
_NEAR = 10  # mails about one that its neighbourhood has, on a bent plane
_LEAST_WEIGHT = 0.5  # of mails: where there are fewer about a place, nothing is said of it


@dataclass(frozen=True, eq=False)
class Projection:
    """Mails on a plane, and the text logit there: `normal · x + offset` before calibration."""

    positions: Floats  # (m, 2)
    normal: Floats  # (2,)
    offset: float

    def logit(self, positions: Floats) -> Floats:
        return positions @ self.normal + self.offset


@dataclass(frozen=True, eq=False)
class CurvedProjection:
    """Mails on a plane that is bent: no line decides there, but a probability stands at each place."""

    positions: Floats  # (m, 2)

    def probability(self, places: Floats, probability: Floats) -> Floats:
        """At `(g, 2)` places, the mean of `(m,)` probabilities about it, near ones more (Nadaraya & Watson).

        NaN where no mail is near.
        """
        if len(self.positions) <= _NEAR:
            return np.full(len(places), np.nan)
        neighbours = np.asarray(cKDTree(self.positions).query(self.positions, _NEAR + 1)[0])
        width = float(np.median(neighbours[:, -1])) + _NOTHING
        distances = cdist(places, self.positions, "sqeuclidean") / (2 * width**2)
        weights = np.exp(-distances)
        total = weights.sum(1)
        near = total > _LEAST_WEIGHT
        return np.where(near, weights @ probability / np.where(near, total, 1), np.nan)


@dataclass(frozen=True, eq=False)
class MeaningMap:
    """The mails that are drawn, as places among the labelled mails of a run."""

    places: Rows  # (m,) rising
    projections: Mapping[ProjectionName, Projection]
    nearest_pair: tuple[int, int] | None  # a spam and a safe mail, as rows of `places`: none are closer


def build_meaning_map(
    places: Rows, positions: sp.csr_array, spam: NDArray[np.bool_], weights: Floats, intercept: float
) -> MeaningMap:
    """From positions `(m, d)` in the joint space and the weights `(d,)` of the head."""
    center = np.asarray(positions.mean(0)).ravel()
    slopes = positions @ weights - center @ weights
    offset = float(center @ weights + intercept)
    length = float(np.linalg.norm(weights))
    normal = weights / length if length else weights
    first = slopes / length if length else slopes
    principal = _principal(positions, center, np.zeros(len(places)), normal, 2)
    rest = _principal(positions, center, first, normal, 1)
    projections: dict[ProjectionName, Projection] = {
        "pca": Projection(principal, _normal(principal, slopes), offset),
        "decision": Projection(np.column_stack([first, rest]), np.array([length, 0.0]), offset),
    }
    return MeaningMap(places, projections, _nearest_pair(positions, spam))


def sample_places(
    spam: NDArray[np.bool_],
    parts: NDArray[np.int8],
    consulted: NDArray[np.bool_],
    seed: int,
    most: int = MOST_POINTS,
) -> Rows:
    """At most so many mails: those in the band first, then both classes and all parts with their share."""
    if len(spam) <= most:
        return np.arange(len(spam))
    order = np.random.default_rng(seed).permutation(len(spam))
    band = order[consulted[order]][:most]
    others = order[~consulted[order]]
    others = others[np.lexsort((parts[others], spam[others]))]
    chosen = others[np.linspace(0, len(others) - 1, most - len(band)).round().astype(np.int64)]
    return np.sort(np.concatenate([band, chosen]))


def _principal(positions: sp.csr_array, center: Floats, along: Floats, normal: Floats, count: int) -> Floats:
    """Places of mails along the directions of most variance `(m, count)`, zeros where there are fewer.

    Of positions about their centre, less what lies `along` the `normal`. The mail that is furthest along each
    direction is on its positive side.
    """
    rows, columns = positions.shape
    places = np.zeros((rows, count))
    if min(rows, columns) <= count:
        return places

    def centred(v: Floats) -> Floats:
        v = v.ravel()
        return np.asarray(positions @ v - center @ v - along * (normal @ v))

    def transposed(u: Floats) -> Floats:
        u = u.ravel()
        return np.asarray(positions.T @ u - center * u.sum() - normal * (along @ u))

    operator = LinearOperator((rows, columns), matvec=centred, rmatvec=transposed, dtype=np.float64)
    start = np.random.default_rng(0).normal(size=min(rows, columns))
    vectors, values, _ = svds(operator, count, v0=start)
    found = (vectors * values)[:, np.argsort(-values)]
    signs = np.sign(found[np.abs(found).argmax(0), np.arange(count)])
    return np.asarray(found * np.where(signs == 0, 1, signs))


def _normal(places: Floats, slopes: Floats) -> Floats:
    """How much the logit rises along each direction of the plane."""
    squares = np.maximum(np.square(places).sum(0), _NOTHING)
    return np.asarray(places.T @ slopes / squares)


def _nearest_pair(positions: sp.csr_array, spam: NDArray[np.bool_]) -> tuple[int, int] | None:
    spams, safes = np.flatnonzero(spam), np.flatnonzero(~spam)
    if not len(spams) or not len(safes):
        return None
    neighbours = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(positions[safes])
    distances, nearest = neighbours.kneighbors(positions[spams])
    closest = int(distances[:, 0].argmin())
    return int(spams[closest]), int(safes[nearest[closest, 0]])
