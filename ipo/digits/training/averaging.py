"""The moving average of a model's weights, which predicts and teaches (Tarvainen and Valpola, 2017)."""

import torch

from ipo.digits.model import SSVAE

_OWN = ("temperature", "shares", "certainty")  # which the average does not take from the model


def decay_at(step: int, most: float) -> float:
    """The decay of the average: short-sighted at first, so that the first weights are soon forgotten."""
    return min(most, (1 + step) / (10 + step))


@torch.no_grad()
def follow(average: SSVAE, model: SSVAE, decay: float) -> None:
    """average ← decay·average + (1 − decay)·model, running means and variances of the norms included."""
    trained = model.state_dict()
    for name, kept in average.state_dict().items():
        if kept.is_floating_point() and name not in _OWN:
            kept.lerp_(trained[name], 1 - decay)
