"""Cosine matrices: how alike the features are, and which force makes them so."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ipo.inspector.capture.tensors import StepTensorKey
from ipo.keys import Keys
from ipo.ui.text import plain
from pages.inspection import state
from pages.inspection.section import draw_in_section
from pages.inspection.state import Shown
from pages.inspection.tensor_figures import draw_tensors

K = StepTensorKey
MATRICES = {
    K.WEIGHT_COSINE_MATRIX: (K.WEIGHT_COSINE, "weights"),
    K.SOM_TARGET_COSINE_MATRIX: (K.SOM_TARGET_COSINE, "SOM targets"),
    K.GRADIENT_COSINE_MATRIX: (K.GRADIENT_COSINE, "gradients"),
    K.UPDATE_COSINE_MATRIX: (K.UPDATE_COSINE, "updates"),
}
FAR = 0.1  # a difference of means that is worth a sentence


def draw_cosines() -> None:
    """The section, unless the recipe has no features to compare."""
    session = state.session()
    if session is not None and MATRICES.keys().isdisjoint(session.specs):
        return
    draw_in_section("Cosine matrices", Keys.INSPECT_SECTION_COSINES, _draw, expanded=True)


def _draw(shown: Shown) -> None:
    assert shown.snapshot is not None
    present = [key for key in MATRICES if key in shown.snapshot]
    if not present:
        st.caption(f"{plain(shown.session.condition)} has no features to compare.")
        return
    st.caption(reading({name: float(shown.snapshot[mean]) for mean, name in _means(shown)}))
    draw_tensors(shown, present, key=Keys.INSPECT_COSINES)
    _draw_means(shown)


def reading(means: dict[str, float]) -> str:
    """What the means say, in one sentence."""
    weights, targets, gradients = (means.get(name) for name in ("weights", "SOM targets", "gradients"))
    if weights is None:
        return "Mean cosines off the diagonal."
    if targets is not None and targets > weights + FAR:
        if gradients is not None and gradients > weights + FAR:
            return (
                "SOM targets and gradients are far more alike than weights: both forces make features alike."
            )
        return "SOM targets are far more alike than weights: the pull makes features alike."
    if gradients is not None and gradients > weights + FAR:
        return "Gradients are far more alike than weights: the optimizer makes features alike."
    if weights > 1 - FAR:
        return "Weights are nearly the same already: the features have converged."
    return "No force is far more alike than the weights: nothing here draws the features together."


def _means(shown: Shown) -> list[tuple[StepTensorKey, str]]:
    return [pair for pair in MATRICES.values() if shown.snapshot is not None and pair[0] in shown.snapshot]


def _draw_means(shown: Shown) -> None:
    """The mean of each matrix off the diagonal, and its course so far."""
    history = shown.session.history()
    for column, (mean, name) in zip(st.columns(len(MATRICES)), _means(shown), strict=False):
        assert shown.snapshot is not None
        value, past = float(shown.snapshot[mean]), history.columns[mean][: shown.snapshot.step + 1]
        column.metric(
            f"mean off-diagonal, {plain(name)}",
            f"{value:+.3f}",
            chart_data=_sampled(past) if len(past) > 1 else None,
            chart_type="line",
        )


def _sampled(values: NDArray[np.floating], most: int = 80) -> NDArray[np.floating]:
    """Evenly among the values, both ends included: a small line of thousands takes a browser seconds."""
    sampled: NDArray[np.floating] = values[
        np.linspace(0, len(values) - 1, min(len(values), most)).astype(int)
    ]
    return sampled
