"""All settings of a training, as edited in this tab; the page shows those of the run elsewhere."""

from typing import Any

import streamlit as st

from ipo.keys import Keys
from ipo.mail.clues import CLUES
from ipo.mail.model.calibration import LEAST_ISOTONIC
from ipo.mail.training.params import CHOICES, PARAM_RANGES, TrainParams
from ipo.ui.panels import heading
from ipo.ui.runtime.widgets import default_of
from ipo.ui.text import plain
from pages.training.train_stage import callbacks

_SHIFT = 0.5  # of the threshold, at most


def draw_parameters() -> None:
    with st.container(key=Keys.TRAIN_STAGE_PARAMETERS):
        training, guard = st.columns(2, gap="medium")
    with training:
        _draw_training()
    with guard:
        _draw_guard()


def _draw_training() -> None:
    heading("Training", "For the next run. The share held out and masking stand above.")
    first, second, third = st.columns(3, gap="small")
    with first:
        _number("seed", "Random seed", "Of the split, the projections and the intervals.")
        _toggle(
            "calibrate",
            "Calibrate",
            "Make probabilities of the text head mean what they say, on the tune part.",
        )
    with second:
        _number("max_iter", "Most iterations", "Of fitting each head.")
        _toggle(
            "words",
            "Words",
            "Join the meaning of a text with the words that it has, each by how rare it is in these mails.",
        )
    with third:
        _number("C", "C", "How freely the text head may follow single mails: higher, freer.")
        _toggle(
            "by_date", "Split by date", "Learn from the older mails and test on the newest, as in real life."
        )
    first, second = st.columns(2, gap="small")
    with first:
        _slider("threshold", "Threshold", "A mail is called spam from this probability on.")
        _choice(
            "embedder", "Embedding", "What turns a mail into numbers. minilm needs the extra of that name."
        )
    with second:
        _choice("calibration", "Calibration by", _CALIBRATION)
    st.button(
        "Back to the defaults",
        key=f"{Keys.TRAIN_STAGE_PARAMS_RESET}_defaults",
        type="tertiary",
        icon=":material/restart_alt:",
        on_click=callbacks.use_params,
        args=(TrainParams(),),
    )


_CALIBRATION = (
    "sigmoid: one bend for both ends. beta: each end bends for itself. isotonic: any shape that never falls, "
    f"from {LEAST_ISOTONIC:,} mails in the tune part on; many mails share a probability then."
)


def _draw_guard() -> None:
    guard: dict[str, Any] = st.session_state[Keys.GUARD_PARAMS]
    heading(
        "Guardrail",
        "Clues are asked only where the probability by text lies within the band about the centre.",
    )
    first, second = st.columns(2, gap="small")
    with first:
        _choice(
            "assist_center_mode", "Centre", "auto: each training takes the centre that gains most on tune."
        )
        _slider("uncertainty_band", "Band", "How far from the centre the gate is open, on either side.")
        _choice("combine_strategy", "How clues count", _STRATEGY)
    with second:
        auto = guard["assist_center_mode"] == "auto"
        says = "Set by the next training; choose manual to set it." if auto else "The middle of the band."
        _slider("assist_center", "Centre of the band", says, disabled=auto)
        blend = guard["combine_strategy"] == "blend"
        says = "Share of the clues in a blended probability." if blend else "Only where clues are blended."
        _slider("numeric_scale", "Weight of the clues", says, disabled=not blend)
        says = "Clues count no more than so many logits." if blend else "Only where clues are blended."
        _slider("numeric_logit_cap", "Cap of the clues", says, disabled=not blend)
    if guard["combine_strategy"] == "threshold_shift":
        _draw_shifts(guard["shifts"])


_STRATEGY = (
    "blend: the probability in the band is a mean of both heads. threshold_shift: it stays, and each clue "
    "that is "
    "present moves the threshold."
)


def _draw_shifts(shifts: dict[str, float]) -> None:
    st.caption(
        "What each clue moves the threshold by, where it is present: below 0, a mail is called spam sooner."
    )
    for column, clues in zip(st.columns(2, gap="small"), (CLUES[::2], CLUES[1::2]), strict=True):
        with column:
            for clue in clues:
                key = f"{Keys.TRAIN_STAGE_PARAM}_{clue.name}"
                st.slider(
                    plain(clue.title),
                    -_SHIFT,
                    _SHIFT,
                    default_of(key, float(shifts[clue.name]), None),
                    step=0.01,
                    key=key,
                    help=plain(clue.explanation),
                    on_change=callbacks.change_shift,
                    args=(clue.name, key),
                )


def _value(name: str) -> Any:
    guard = st.session_state[Keys.GUARD_PARAMS]
    return guard[name] if name in guard else st.session_state[Keys.TRAIN_PARAMS][name]


def _number(name: str, title: str, says: str) -> None:
    bounds, value = PARAM_RANGES[name], _value(name)
    kind = int if bounds.whole else float
    key = f"{Keys.TRAIN_STAGE_PARAM}_{name}"
    st.number_input(
        plain(title),
        kind(bounds.low),
        kind(bounds.high),
        default_of(key, kind(value), None),
        step=kind(bounds.step),
        key=key,
        help=plain(says),
        on_change=callbacks.change_param,
        args=(name, key),
    )


def _slider(name: str, title: str, says: str, *, disabled: bool = False) -> None:
    bounds = PARAM_RANGES[name]
    key = f"{Keys.TRAIN_STAGE_PARAM}_{name}"
    st.slider(
        plain(title),
        bounds.low,
        bounds.high,
        default_of(key, float(_value(name)), None),
        step=bounds.step,
        key=key,
        help=plain(says),
        on_change=callbacks.change_param,
        args=(name, key),
        disabled=disabled,
    )


def _toggle(name: str, title: str, says: str) -> None:
    key = f"{Keys.TRAIN_STAGE_PARAM}_{name}"
    st.toggle(
        plain(title),
        default_of(key, bool(_value(name)), False),
        key=key,
        help=plain(says),
        on_change=callbacks.change_param,
        args=(name, key),
    )


def _choice(name: str, title: str, says: str) -> None:
    key = f"{Keys.TRAIN_STAGE_PARAM}_{name}"
    st.segmented_control(
        plain(title),
        CHOICES[name],
        default=default_of(key, str(_value(name)), None),
        key=key,
        required=True,
        help=plain(says),
        on_change=callbacks.change_param,
        args=(name, key),
        format_func=lambda choice: plain(choice.replace("_", " ")),
    )
