"""The right of the page: loss and accuracy of every epoch of the model."""

import math
from collections.abc import Mapping
from itertools import groupby

import streamlit as st

from ipo.digits.service import Digits
from ipo.digits.training.messages import turned_text
from ipo.keys import Keys
from ipo.services.digits.service import DigitsService
from ipo.ui.components.plot.component import plot
from ipo.ui.digits import versions
from ipo.ui.digits.chosen import chosen_service
from ipo.ui.digits.first_labels import draw_first_labels, lacks_labels
from ipo.ui.figures.training import TERMS, LossPoint, Mark, training_figure
from ipo.ui.html import draw_style
from ipo.ui.panels import heading, placeholder
from ipo.ui.runtime.live_page import live_panel

HEIGHT = 600
LIVE_SECONDS = 0.5  # between two drawings, while it trains

# The pills are the legend.
_STYLE = "".join(
    [
        *(
            f".st-key-{Keys.DIGITS_TERMS} button:nth-of-type({place})::before {{ content: '■'; "
            f"color: {term.colour}; margin-right: 6px; }}"
            for place, term in enumerate(TERMS.values(), 1)
        ),
        f".st-key-{Keys.DIGITS_TERMS} button {{ padding: 0 10px; }}",
    ]
)


@live_panel(Keys.DIGITS_CURVES_PANEL, versions.curves, LIVE_SECONDS)
def render_curves() -> None:
    service = chosen_service()
    history = service.digits.history
    draw_style(_STYLE)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        heading(
            "Loss",
            "Each term times its weight; they add up to the total. Solid: mean over the batches of an epoch, "
            "or of a few seconds while it trains. Dashed: on held-out images at its end. Below: accuracy on "
            "held-out images that have a label. ▼ a knob was turned, ┆ a run ended.",
        )
        logarithmic = st.toggle("log axis", True, key=Keys.DIGITS_LOGARITHMIC, persist_state="session")
        terms = st.pills(
            "Terms",
            list(TERMS),
            selection_mode="multi",
            default=list(TERMS),
            key=Keys.DIGITS_TERMS,
            format_func=lambda name: TERMS[name].label,
            label_visibility="collapsed",
            persist_state="session",
        )
    points, marks = loss_points(service.digits), training_marks(service.digits)
    if not history and not points:
        draw_without_curves(service)
        return
    plot(
        training_figure(history, terms, points=points, marks=marks, logarithmic=logarithmic, height=HEIGHT),
        key=Keys.DIGITS_CURVES,
    )


def draw_without_curves(service: DigitsService) -> None:
    if service.digits.status.busy:
        placeholder("The first point of the curves comes a few seconds after the first step.", HEIGHT)
    elif lacks_labels(service):
        draw_first_labels(service, HEIGHT)
    else:
        placeholder("Press Start: loss and accuracy appear here while the model trains.", HEIGHT)


def loss_points(digits: Digits) -> list[LossPoint]:
    """Every few seconds of training."""
    return [
        LossPoint(
            point.step / digits.steps_per_epoch,
            {name: value * _weight(name, point.knobs) for name, value in point.train.items()},
        )
        for point in digits.points
    ]


def training_marks(digits: Digits) -> list[Mark]:
    """Where a run ended and another went on, and where a knob was turned."""
    if not digits.turns and not digits.run_ends:
        return []
    whole = digits.steps_per_epoch
    ends = [Mark(step / whole, f"run {number} ended", "line-ns-open") for step, number in digits.run_ends]
    turns = groupby(digits.turns, key=lambda turn: turn.step)
    return ends + [Mark(step / whole, turned_text(list(at)), "triangle-down") for step, at in turns]


def _weight(term: str, knobs: Mapping[str, float]) -> float:
    knob = TERMS[term].weight if term in TERMS else ""
    return knobs.get(knob, math.nan) if knob else 1.0  # older versions do not have every knob
