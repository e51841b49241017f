"""What value models think of candidates."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ipo.preference import latents
from ipo.preference.candidates import Candidate
from ipo.value.ridge import RidgeFit
from ipo.value.status import ValueModel


@dataclass(frozen=True)
class Prediction:
    """A predicted value, with its standard deviation where the model knows it."""

    value: float
    sd: float | None = None


@dataclass(frozen=True)
class Shown:
    """A candidate with what the model in use thinks of it, `None` before the first fit."""

    candidate: Candidate
    forecast: Prediction | None


def forecast(candidates: Sequence[Candidate], model: ValueModel) -> dict[str, Prediction]:
    """Forecasts by candidate id."""
    if not candidates:
        return {}
    read = latents.features(np.stack([candidate.z for candidate in candidates]))
    values = model.predict(read).tolist()
    sds = model.deviation(read).tolist() if isinstance(model, RidgeFit) else [None] * len(values)
    return {
        candidate.id: Prediction(value, sd)
        for candidate, value, sd in zip(candidates, values, sds, strict=True)
    }
