"""The meaning map: mails on a plane, with the line that decides.

Two projections of the joint space of the text head, both linear, so that the line is exact. *pca*: the two
directions of most variance; the line `w₂·x + b₂ = z` is where mails of the plane have the logit z.
*decision*: the first axis is the weight vector itself, so that each mail lies on its true side of the line,
and the second is the direction of most variance that is left.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
ProjectionName = Literal["pca", "decision"]

MOST_POINTS = 2_000


@dataclass(frozen=True, eq=False)
class Projection:
    """Mails on a plane, and the text logit there: `normal · x + offset` before calibration."""

    positions: Floats  # (m, 2)
    normal: Floats  # (2,)
    offset: float

    def logit(self, positions: Floats) -> Floats:
        return positions @ self.normal + self.offset


@dataclass(frozen=True, eq=False)
class MeaningMap:
    """The mails that are drawn, as places among the labelled mails of a run."""

    places: Rows  # (m,) rising
    projections: Mapping[ProjectionName, Projection]
    nearest_pair: tuple[int, int] | None  # a spam and a safe mail, as rows of `places`: none are closer


def build_meaning_map(
    places: Rows, positions: Floats, spam: NDArray[np.bool_], weights: Floats, intercept: float
) -> MeaningMap:
    """From positions `(m, d)` in the joint space and the head's weights `(d,)`."""
    center = positions.mean(0) if len(positions) else np.zeros(len(weights))
    centred = positions - center
    axes = {"pca": _principal(centred, 2), "decision": _decision_axes(centred, weights)}
    offset = float(center @ weights) + intercept
    projections: dict[ProjectionName, Projection] = {
        name: Projection(centred @ directions, directions.T @ weights, offset)  # type: ignore[misc]  # names of axes
        for name, directions in axes.items()
    }
    return MeaningMap(places, projections, _nearest_pair(positions, spam))


def sample_places(
    spam: NDArray[np.bool_], parts: NDArray[np.int8], seed: int, most: int = MOST_POINTS
) -> Rows:
    """At most so many mails, both classes and all parts of the split with their share."""
    if len(spam) <= most:
        return np.arange(len(spam))
    rng = np.random.default_rng(seed)
    strata = np.unique(
        np.stack([spam.astype(np.int64), parts.astype(np.int64)]), axis=1, return_inverse=True
    )[1]
    strata = strata.ravel()
    order = rng.permutation(len(spam))
    order = order[np.argsort(strata[order], kind="stable")]
    return np.sort(order[np.linspace(0, len(order) - 1, most).round().astype(np.int64)])


def _principal(centred: Floats, count: int) -> Floats:
    """The directions of most variance `(d, count)`, zeros where there are fewer.

    The largest part of each is positive.
    """
    axes = np.zeros((centred.shape[1], count))
    if len(centred) > 1:
        values, vectors = np.linalg.eigh(centred.T @ centred)
        found = vectors[:, ::-1][:, :count] * (values[::-1][:count] > 1e-12)
        signs = np.sign(found[np.abs(found).argmax(0), np.arange(found.shape[1])])
        axes[:, : found.shape[1]] = found * np.where(signs == 0, 1, signs)
    return axes


def _decision_axes(centred: Floats, weights: Floats) -> Floats:
    length = float(np.linalg.norm(weights))
    first = weights / length if length else np.zeros(len(weights))
    rest = centred - np.outer(centred @ first, first)
    return np.column_stack([first, _principal(rest, 1)])


def _nearest_pair(positions: Floats, spam: NDArray[np.bool_]) -> tuple[int, int] | None:
    spams, safes = np.flatnonzero(spam), np.flatnonzero(~spam)
    if not len(spams) or not len(safes):
        return None
    distances = cdist(positions[spams].astype(np.float32), positions[safes].astype(np.float32))
    spam_row, safe_row = np.unravel_index(int(distances.argmin()), distances.shape)
    return int(spams[spam_row]), int(safes[safe_row])
