"""The knobs of the loss and of the optimizer, which can be turned while it trains."""

from functools import partial

import numpy as np
import streamlit as st

from ipo.digits.config import KNOBS, Hyperparameter, Hyperparameters
from ipo.keys import Keys
from ipo.ui.digits import versions
from ipo.ui.digits.chosen import chosen_service
from ipo.ui.glossary import DIGITS
from ipo.ui.runtime.live_page import live_panel
from ipo.ui.runtime.shared_values import on_choice, shared_value
from ipo.ui.text import plain

TERMS = {
    "recon_weight": DIGITS["reconstruction"],
    "kl_weight": DIGITS["KL"],
    "consistency_weight": DIGITS["consistency"],
    "contrast_weight": DIGITS["contrast"],
}
FEW = ("recon_weight", "kl_weight", "learning_rate")  # that are always on view
STOPS = 500  # of a slider
DECADE = 20  # stops of a logarithmic slider, for each power of ten


@live_panel(Keys.DIGITS_KNOBS_PANEL, versions.knobs)
def render_knobs() -> None:
    if chosen_service().opened:
        _draw_knobs(chosen_service().digits.knobs)


def _draw_knobs(knobs: Hyperparameters) -> None:
    for knob in KNOBS:
        if knob.name in FEW:
            _draw_knob(knobs, knob)
    panel = st.expander("More knobs", key=Keys.DIGITS_MORE_KNOBS, on_change="rerun")
    if not panel.open:
        return
    with panel:
        for knob in KNOBS:
            if knob.name not in FEW:
                _draw_knob(knobs, knob)
        st.button(
            "Defaults",
            key=Keys.DIGITS_KNOBS_RESET,
            icon=":material/settings_backup_restore:",
            on_click=_reset,
            disabled=knobs == Hyperparameters(),
        )


def _draw_knob(knobs: Hyperparameters, knob: Hyperparameter) -> None:
    name, about = f"{Keys.DIGITS_KNOB}_{knob.name}", chosen_service().source
    value = float(getattr(knobs, knob.name))
    term = f"{plain(TERMS[knob.name])} " if knob.name in TERMS else ""
    says = (
        f"{term}{plain(knob.help)} {knob.low:g} to {knob.high:g}. You can turn it at any time: the next step "
    )
    says += "of a running training uses the new value."
    if knob.logarithmic:
        stops = _logarithmic(knob)
        shown = shared_value(name, min(stops, key=lambda stop: abs(np.log(stop / value))), about)
        st.select_slider(
            plain(knob.label),
            stops,
            shown.value,
            key=shown.key,
            format_func=lambda stop: f"{stop:g}",
            on_change=on_choice,
            args=(shown, partial(_turn, knob.name)),
            help=says,
        )
        return
    shown = shared_value(name, value, about)
    low, high = float(knob.low), float(knob.high)
    st.slider(
        plain(knob.label),
        low,
        high,
        shown.value,
        step=(high - low) / STOPS,
        format="%g",
        key=shown.key,
        on_change=on_choice,
        args=(shown, partial(_turn, knob.name)),
        help=says,
    )


def _logarithmic(knob: Hyperparameter) -> list[float]:
    count = round(DECADE * np.log10(knob.high / knob.low)) + 1
    return [float(f"{stop:.2g}") for stop in np.geomspace(knob.low, knob.high, count)]


def _turn(name: str, value: float) -> None:
    chosen_service().digits.turn(**{name: float(value)})


def _reset() -> None:
    chosen_service().digits.turn(**Hyperparameters().record())
