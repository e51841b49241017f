"""What value models think of candidates, and of the steps along ŵ."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ipo.preference import latents
from ipo.preference.candidates import Candidate
from ipo.preference.embeddings.image_values import ImageValues
from ipo.preference.latents import Latent
from ipo.preference.proposals.proposers import STEP_ANGLES, traverse
from ipo.preference.state import MODELS, RIDGE, PreferenceState
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


@dataclass(frozen=True)
class Predicted:
    """What all models that are fitted say."""

    of_candidates: Mapping[str, Mapping[str, Prediction]]  # by model, by candidate id
    steps: Mapping[str, list[float]] = field(default_factory=dict)  # model → value at each of STEP_ANGLES


class Predictions:
    """The last that was predicted. The caller holds the lock, save where a method says that it is slow."""

    def __init__(self, state: PreferenceState, anchor: Latent | None) -> None:
        """Without an anchor there is no line along which values rise."""
        self.steps: Mapping[str, list[float]] = {}
        self._state, self._anchor = state, anchor
        self._of: dict[str, dict[str, Prediction]] = {model: {} for model in MODELS}

    def of(self, model: str) -> Mapping[str, Prediction]:
        """By candidate id."""
        return self._of[model]

    def predict(self, candidates: Sequence[Candidate], *, steps: bool) -> Predicted:
        """What the models say now. Slow; needs no lock."""
        with self._state.w_lock:
            models, belief, images = dict(self._state.models), self._state.belief, self._state.image_values()
        of_candidates = {
            name: forecast(candidates, model, images if name == RIDGE else None)
            for name, model in models.items()
        }
        if not steps or belief is None or self._anchor is None:
            return Predicted(of_candidates)
        line = latents.features(traverse(self._anchor, belief, STEP_ANGLES))
        return Predicted(
            of_candidates, {name: model.predict(line).tolist() for name, model in models.items()}
        )

    def add(self, predicted: Predicted) -> None:
        """Take in what is said of more candidates."""
        for name, values in predicted.of_candidates.items():
            self._of[name] |= values

    def replace(self, predicted: Predicted, newer: Collection[str]) -> None:
        """Take in what is said of all candidates but the `newer` ones, by id."""
        self.steps = predicted.steps
        for name in MODELS:
            later = {id_: value for id_, value in self._of[name].items() if id_ in newer}
            known = predicted.of_candidates
            self._of[name] = {**later, **known[name]} if name in known else {}


def forecast(
    candidates: Sequence[Candidate], model: ValueModel, images: ImageValues | None = None
) -> dict[str, Prediction]:
    """Forecasts by candidate id; by what images show, of those alone whose embedding is known."""
    if not candidates:
        return {}
    read = latents.features(np.stack([candidate.z for candidate in candidates]))
    if images is not None:
        said = images.predict([candidate.id for candidate in candidates], read, deviations=True)
        return {id_: Prediction(value, sd) for id_, (value, sd) in said.items()}
    values = model.predict(read).tolist()
    sds = model.deviation(read).tolist() if isinstance(model, RidgeFit) else [None] * len(values)
    return {
        candidate.id: Prediction(value, sd)
        for candidate, value, sd in zip(candidates, values, sds, strict=True)
    }
