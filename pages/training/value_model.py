"""Train › Value model: what the models of this tab's session have learnt, and how far to trust them."""

import streamlit as st

from ipo.keys import Keys
from ipo.ui import redraw, selection
from ipo.ui.line import draw_line
from ipo.ui.notes import render_notes
from ipo.ui.page_paths import PREFERENCES
from ipo.ui.plain import plain
from ipo.ui.pulse import pulse
from ipo.ui.shelf import ImageShelf
from ipo.ui.workspace import workspace
from pages.training.model.again import busy, drawing, due
from pages.training.model.fits import draw_calibration, draw_fits, draw_history
from pages.training.model.ridge import draw_learning, draw_path
from pages.training.model.scores import draw_cross_validation, draw_scores
from pages.training.model.surprises import draw_surprises

PULSE_SECONDS = 0.3


def render() -> None:
    problem = selection.adopt_address()
    if selection.selected() is None and not selection.open_last_used():
        render_empty(problem)
        return
    if problem:
        st.warning(plain(selection.instead(problem)), icon=":material/link_off:")
    st.session_state[Keys.PAGE_FRAGMENT] = Keys.VALUE_MODEL_BEAT_FRAGMENT
    # A full run frees the addresses of the run before.
    st.session_state[Keys.VALUE_MODEL_SHELF] = ImageShelf("ipo-value-model", "image/jpeg")
    render_scores()
    left, right = st.columns(2, gap="medium")
    with left:
        render_learning()
    with right:
        render_path()
    render_fits()
    left, right = st.columns(2, gap="medium")
    with left:
        render_cross_validation()
    with right:
        render_last_fits()
    render_surprises()
    render_line()
    render_beat()


def render_empty(problem: str) -> None:
    if problem:
        st.warning(plain(problem), icon=":material/link_off:")
    st.info(
        "No image has been judged yet. What you judge on Preferences is looked into here.",
        icon=":material/insights:",
    )
    st.page_link(PREFERENCES, label="Go to Preferences", icon=":material/thumbs_up_down:")


@st.fragment(key=Keys.VALUE_MODEL_SCORES_FRAGMENT)
def render_scores() -> None:
    with drawing(Keys.VALUE_MODEL_SCORES_FRAGMENT) as judging:
        render_notes(judging)
        draw_scores(judging)


@st.fragment(key=Keys.VALUE_MODEL_LEARNING_FRAGMENT)
def render_learning() -> None:
    with drawing(Keys.VALUE_MODEL_LEARNING_FRAGMENT) as judging:
        draw_learning(judging)


@st.fragment(key=Keys.VALUE_MODEL_PATH_FRAGMENT)
def render_path() -> None:
    with drawing(Keys.VALUE_MODEL_PATH_FRAGMENT) as judging:
        draw_path(judging)


@st.fragment(key=Keys.VALUE_MODEL_FITS_FRAGMENT)
def render_fits() -> None:
    with drawing(Keys.VALUE_MODEL_FITS_FRAGMENT) as judging:
        left, right = st.columns(2, gap="medium")
        with left:
            draw_calibration(judging)
        with right:
            draw_history(judging)


@st.fragment(key=Keys.VALUE_MODEL_LAST_FITS_FRAGMENT)
def render_last_fits() -> None:
    with drawing(Keys.VALUE_MODEL_LAST_FITS_FRAGMENT) as judging:
        draw_fits(judging)


@st.fragment(key=Keys.VALUE_MODEL_CV_FRAGMENT)
def render_cross_validation() -> None:
    with drawing(Keys.VALUE_MODEL_CV_FRAGMENT) as judging:
        draw_cross_validation(judging)


@st.fragment(key=Keys.VALUE_MODEL_SURPRISES_FRAGMENT)
def render_surprises() -> None:
    with drawing(Keys.VALUE_MODEL_SURPRISES_FRAGMENT) as judging:
        draw_surprises(judging)


@st.fragment(key=Keys.VALUE_MODEL_LINE_FRAGMENT)
def render_line() -> None:
    with drawing(Keys.VALUE_MODEL_LINE_FRAGMENT) as judging:
        draw_line(
            workspace().line(judging),
            st.session_state[Keys.VALUE_MODEL_SHELF],
            on_decode=_decode_line,
            again=Keys.VALUE_MODEL_LINE_DECODE,
            steps=Keys.VALUE_MODEL_LINE_STEPS,
            title="The line",
        )


def _decode_line() -> None:
    judging = selection.selected()
    if judging is not None:
        workspace().line(judging).decode()
        redraw.only(Keys.VALUE_MODEL_LINE_FRAGMENT)


@st.fragment(key=Keys.VALUE_MODEL_BEAT_FRAGMENT)
def render_beat() -> None:
    """Draws again what has changed; silent while nothing on the page is in flight."""
    judging = selection.selected()
    if judging is not None:
        beats = busy(judging) or bool(due(judging))
        pulse(PULSE_SECONDS if beats else None, key=Keys.VALUE_MODEL_PULSE, on_tick=_beat)


def _beat() -> None:
    judging = selection.selected()
    if judging is not None:
        redraw.only(*due(judging))


render()
