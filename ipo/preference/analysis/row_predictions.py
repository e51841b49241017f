"""What a model thinks of the rows of a session."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ipo.jobs import Progress
from ipo.preference.training_set import TrainingSnapshot
from ipo.value.ridge import RidgeFit
from ipo.value.status import ValueModel

_CHUNK = 512  # rows that are valued at a time: a model may make a copy of what it reads


def predict_rows(model: ValueModel | None, rows: TrainingSnapshot, progress: Progress) -> Mapping[str, float]:
    """Values by candidate id; none without a model."""
    if model is None:
        return {}
    values: dict[str, float] = {}
    for start in range(0, len(rows), _CHUNK):
        progress.check()
        chunk = slice(start, start + _CHUNK)
        predicted = model.predict(rows.features[rows.index[chunk]])
        values |= zip(rows.ids[chunk], map(float, predicted), strict=True)
    return values


def deviation_of_row(fit: RidgeFit | None, features: NDArray[np.float32] | None) -> float | None:
    """Standard deviation of the value of a row with features `(d,)`; `None` without the row or a fit."""
    return None if fit is None or features is None else float(fit.deviation(features[None])[0])
