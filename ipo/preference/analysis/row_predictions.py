"""What a model thinks of the rows of a session."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ipo.jobs import Progress
from ipo.preference.embeddings.image_values import ImageValues
from ipo.preference.training_set import TrainingSnapshot
from ipo.value.ridge import RidgeFit
from ipo.value.status import ValueModel

_CHUNK = 512  # rows that are valued at a time: a model may make a copy of what it reads


def predict_rows(
    model: ValueModel | None, rows: TrainingSnapshot, images: ImageValues | None, progress: Progress
) -> Mapping[str, float]:
    """Values by candidate id; none without a model. With `images`, of rows whose embedding is known."""
    if model is None:
        return {}
    values: dict[str, float] = {}
    for start in range(0, len(rows), _CHUNK):
        progress.check()
        chunk = slice(start, start + _CHUNK)
        ids, features = rows.ids[chunk], rows.features[rows.index[chunk]]
        if images is not None:
            values |= {id_: value for id_, (value, _) in images.predict(ids, features).items()}
            continue
        values |= zip(ids, map(float, model.predict(features)), strict=True)
    return values


def deviation_of_row(
    id_: str, fit: RidgeFit | None, features: NDArray[np.float32] | None, images: ImageValues | None
) -> float | None:
    """Standard deviation of the value of a row with features `(d,)`; `None` without the row or a fit."""
    if fit is None or features is None:
        return None
    if images is not None:
        return images.predict([id_], features[None], deviations=True).get(id_, (0.0, None))[1]
    return float(fit.deviation(features[None])[0])
