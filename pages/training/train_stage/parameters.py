"""All settings of a training, as edited in this tab; the page shows those of the run elsewhere."""

from typing import Any

import streamlit as st

from ipo.keys import Keys
from ipo.mail.clues import CLUES
from ipo.mail.model.calibration import LEAST_ISOTONIC
from ipo.mail.training.params import CHOICES, PARAM_RANGES, TrainParams
from ipo.ui.glossary import MAIL, explain
from ipo.ui.panels import heading
from ipo.ui.runtime.widgets import default_of
from ipo.ui.text import plain
from pages.training.train_stage import callbacks

GUARDRAIL_HELP = explain(MAIL, "guardrail", "clues", "band", "assist centre")
ONLY_BLENDED = "It counts only where clues are blended."
_SHIFT = 0.5  # of the threshold, at most


def draw_parameters() -> None:
    with st.container(key=Keys.TRAIN_STAGE_PARAMETERS):
        training, guard = st.columns(2, gap="medium")
    with training:
        _draw_training()
    with guard:
        _draw_guard()


def _draw_training() -> None:
    heading(
        "Training",
        "Settings of the next run. How many mails are held out, and masking, are set on the cards above.",
    )
    first, second, third = st.columns(3, gap="small")
    with first:
        _number(
            "seed", "Random seed", "Decides the split, the projections and the resamples of the intervals."
        )
        _toggle(
            "calibrate",
            "Calibrate",
            "Correct the probabilities of the text head on the tune part, so that they mean what they say.",
        )
    with second:
        _number(
            "max_iter",
            "Most iterations",
            "After so many iterations fitting a head ends, whether it has converged or not.",
        )
        _toggle(
            "words",
            "Words",
            "Let the text head see the words themselves, rare ones above all, beside the meaning of the "
            "text.",
        )
    with third:
        _number("C", "C", "How freely the text head may follow single mails; the higher, the more freely.")
        _toggle(
            "by_date", "Split by date", "Learn from the older mails and test on the newest, as in real life."
        )
    first, second = st.columns(2, gap="small")
    with first:
        _slider("threshold", "Threshold", MAIL["threshold"])
        _choice(
            "embedder",
            "Embedding",
            MAIL["embedding"] + " minilm has to be installed: pip install 'ipo[minilm]'.",
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
        GUARDRAIL_HELP,
    )
    first, second = st.columns(2, gap="small")
    with first:
        _choice("assist_center_mode", "Centre", f"auto or manual. {MAIL['assist centre']}")
        _slider("uncertainty_band", "Band", "How far the band reaches from its centre, on either side.")
        _choice("combine_strategy", "How clues count", _STRATEGY)
    with second:
        auto = guard["assist_center_mode"] == "auto"
        says = (
            f"The next training sets it; choose manual to set it yourself. {MAIL['assist centre']}"
            if auto
            else MAIL["assist centre"]
        )
        _slider("assist_center", "Centre of the band", says, disabled=auto)
        blend = guard["combine_strategy"] == "blend"
        says = "The share of the clues in the blended probability." if blend else ONLY_BLENDED
        _slider("numeric_scale", "Weight of the clues", says, disabled=not blend)
        says = "No mail is moved by its clues by more than so many logits." if blend else ONLY_BLENDED
        _slider("numeric_logit_cap", "Cap of the clues", says, disabled=not blend)
    if guard["combine_strategy"] == "threshold_shift":
        _draw_shifts(guard["shifts"])


_STRATEGY = (
    "blend: inside the band the probability is a mean of both heads. threshold shift: it stays that of "
    "the text, and "
    "each clue that is present moves the threshold."
)


def _draw_shifts(shifts: dict[str, float]) -> None:
    st.caption(
        "How far each clue moves the threshold where it is present. Below 0, a mail is called spam sooner."
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
