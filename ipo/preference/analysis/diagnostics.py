"""What a look at a session's Ridge model brings that takes time: its λ path and its learning curve.

Both are made from the Gram matrix of the rows, which grows by those that it lacks.
"""

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ipo.jobs import Progress, portable
from ipo.preference.state import RIDGE, ModelParams, fingerprint, rows_hash
from ipo.preference.training_set import TrainingSnapshot
from ipo.value.curves import LearningCurve, learning_curve
from ipo.value.gram import Gram, Vector
from ipo.value.kernel import Kernel, Points
from ipo.value.kernel_choice import chosen_gram
from ipo.value.lambda_path import LambdaPath, lambda_path


@dataclass(frozen=True, eq=False)
class LearningCurveResult:
    """A learning curve, and what it was computed for."""

    curve: LearningCurve
    rows: int
    fingerprint: str
    ended_at: float  # seconds since the epoch
    seconds: float


def trace_lambda_path(
    gram: Gram,
    places: NDArray[np.intp],
    y: NDArray[np.float32],
    constant: Vector,
    kernel: Kernel,
    points: Points | None,
) -> LambdaPath:
    """The λ path of the rows `places` `(n,)` of a Gram matrix that has them, with labels y `(n,)`.

    `constant` `(n,)` is 1 for a row and 0 for a difference of two; `points` `(n, 2, m)` are theirs,
    which a curved kernel needs.
    """
    products = gram.between(places, places)
    if points is not None and kernel.curved:
        products += kernel.between(points, points)
    return lambda_path(products, y, constant=constant)


@portable
def compute_learning_curve(
    gram: Gram, rows: TrainingSnapshot, params: ModelParams, progress: Progress
) -> LearningCurveResult:
    """The learning curve of labelled rows. Raises `ValueError` for too few of either label.

    All of its fits have the kernel that all rows choose; each chooses its own λ.
    """
    began = time.perf_counter()
    gram.grow(rows.features)
    straight = gram.between(rows.index, rows.index)
    products = chosen_gram(straight, rows.y, rows.row_points, params.kernel, params.ridge_lambda)
    curve = learning_curve(products, rows.y, progress, relative=params.ridge_lambda)
    mark = fingerprint(rows_hash(rows), RIDGE, params)
    return LearningCurveResult(curve, len(rows), mark, time.time(), time.perf_counter() - began)
