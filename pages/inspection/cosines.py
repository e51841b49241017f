"""Cosine matrices: how alike the features are, and which force makes them so."""

import numpy as np
from numpy.typing import NDArray

from ipo.inspector.capture.tensors import StepTensorKey
from ipo.inspector.inspected import Inspected
from ipo.keys import Keys
from ipo.ui.components.live_html.component import live_html
from ipo.ui.html import Html, div, element
from ipo.ui.inspection.cosine_reading import MATRICES, reading
from ipo.ui.text import in_words
from pages.inspection import state
from pages.inspection.section import draw_caption, draw_in_section
from pages.inspection.state import Shown
from pages.inspection.tensor_figures import draw_tensors

_WIDE, _HIGH = 240, 36  # of a small line


def draw_cosines() -> None:
    """The section, unless the recipe has no features to compare."""
    session = state.session()
    if session is not None and MATRICES.keys().isdisjoint(session.specs):
        return
    draw_in_section("Cosine matrices", Keys.INSPECT_SECTION_COSINES, _draw, expanded=True)


def _draw(session: Inspected) -> None:
    present = [key for key in MATRICES if key in session.specs]
    draw_caption(_reading, key=Keys.INSPECT_COSINES_READING)
    draw_tensors(present, key=Keys.INSPECT_COSINES)
    live_html(state.view().live, state.live(_means_html), key=Keys.INSPECT_COSINES_MEANS)


def _reading(shown: Shown) -> str:
    assert shown.snapshot is not None
    if MATRICES.keys().isdisjoint(shown.snapshot):
        return f"{in_words(shown.session.condition)} has no features to compare."
    return reading({name: float(shown.snapshot[mean]) for mean, name in _means(shown)})


def _means(shown: Shown) -> list[tuple[StepTensorKey, str]]:
    return [pair for pair in MATRICES.values() if shown.snapshot is not None and pair[0] in shown.snapshot]


def _means_html(shown: Shown) -> Html:
    """The mean of each matrix off the diagonal, and its course so far."""
    if shown.snapshot is None:
        return Html()
    history, step = shown.session.history(), shown.snapshot.step
    return div(
        *(
            div(
                div(f"mean off-diagonal, {name}", class_="name"),
                div(f"{float(shown.snapshot[mean]):+.3f}".replace("-", "−"), class_="value"),
                sparkline(history.columns[mean][: step + 1]),
                class_="ipo-metric",
            )
            for mean, name in _means(shown)
        ),
        class_="ipo-metrics",
    )


def sparkline(values: NDArray[np.floating]) -> Html:
    """A small line of the values, from the lowest to the highest; empty where there are not two."""
    values = _sampled(values[np.isfinite(values)])
    if len(values) < 2:
        return Html()
    x = np.linspace(0, _WIDE, len(values))
    y = _HIGH * (1 - (values - values.min()) / (np.ptp(values) or 1.0))
    points = " ".join(f"{across:.1f},{down:.1f}" for across, down in zip(x, y, strict=True))
    box = f"-1 -1 {_WIDE + 2} {_HIGH + 2}"
    return element("svg", element("polyline", points=points), viewBox=box, preserveAspectRatio="none")


def _sampled(values: NDArray[np.floating], most: int = 80) -> NDArray[np.floating]:
    """Evenly among the values, both ends included: a small line of thousands takes a browser seconds."""
    sampled: NDArray[np.floating] = values[
        np.linspace(0, len(values) - 1, min(len(values), most)).astype(int)
    ]
    return sampled
