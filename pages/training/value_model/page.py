"""Train › Value model: what the models of this tab's session have learnt, and how far to trust them."""

import streamlit as st

from ipo.keys import Keys
from ipo.ui.page_paths import PREFERENCES
from ipo.ui.preference import selection
from ipo.ui.preference.notices import render_notes
from ipo.ui.preference.traversal import draw_line
from ipo.ui.runtime import fragments
from ipo.ui.runtime.heartbeat import pulse
from ipo.ui.runtime.media import ImageShelf
from ipo.ui.runtime.process import workspace
from ipo.ui.text import plain
from pages.training.value_model.disagreements import draw_surprises
from pages.training.value_model.fits import draw_calibration, draw_fits, draw_history
from pages.training.value_model.ridge import draw_learning, draw_path
from pages.training.value_model.scores import draw_cross_validation, draw_scores
from pages.training.value_model.versions import busy, drawing, due

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
    with drawing(Keys.VALUE_MODEL_SCORES_FRAGMENT) as session:
        render_notes(session)
        draw_scores(session)


@st.fragment(key=Keys.VALUE_MODEL_LEARNING_FRAGMENT)
def render_learning() -> None:
    with drawing(Keys.VALUE_MODEL_LEARNING_FRAGMENT) as session:
        draw_learning(session)


@st.fragment(key=Keys.VALUE_MODEL_PATH_FRAGMENT)
def render_path() -> None:
    with drawing(Keys.VALUE_MODEL_PATH_FRAGMENT) as session:
        draw_path(session)


@st.fragment(key=Keys.VALUE_MODEL_FITS_FRAGMENT)
def render_fits() -> None:
    with drawing(Keys.VALUE_MODEL_FITS_FRAGMENT) as session:
        left, right = st.columns(2, gap="medium")
        with left:
            draw_calibration(session)
        with right:
            draw_history(session)


@st.fragment(key=Keys.VALUE_MODEL_LAST_FITS_FRAGMENT)
def render_last_fits() -> None:
    with drawing(Keys.VALUE_MODEL_LAST_FITS_FRAGMENT) as session:
        draw_fits(session)


@st.fragment(key=Keys.VALUE_MODEL_CV_FRAGMENT)
def render_cross_validation() -> None:
    with drawing(Keys.VALUE_MODEL_CV_FRAGMENT) as session:
        draw_cross_validation(session)


@st.fragment(key=Keys.VALUE_MODEL_SURPRISES_FRAGMENT)
def render_surprises() -> None:
    with drawing(Keys.VALUE_MODEL_SURPRISES_FRAGMENT) as session:
        draw_surprises(session)


@st.fragment(key=Keys.VALUE_MODEL_LINE_FRAGMENT)
def render_line() -> None:
    with drawing(Keys.VALUE_MODEL_LINE_FRAGMENT) as session:
        draw_line(
            workspace().line(session),
            st.session_state[Keys.VALUE_MODEL_SHELF],
            on_decode=_decode_line,
            again=Keys.VALUE_MODEL_LINE_DECODE,
            steps=Keys.VALUE_MODEL_LINE_STEPS,
            title="The line",
        )


def _decode_line() -> None:
    session = selection.selected()
    if session is not None:
        workspace().line(session).decode()
        fragments.only(Keys.VALUE_MODEL_LINE_FRAGMENT)


@st.fragment(key=Keys.VALUE_MODEL_BEAT_FRAGMENT)
def render_beat() -> None:
    """Draws again what has changed; silent while nothing on the page is in flight."""
    session = selection.selected()
    if session is not None:
        beats = busy(session) or bool(due(session))
        pulse(PULSE_SECONDS if beats else None, key=Keys.VALUE_MODEL_PULSE, on_tick=_beat)


def _beat() -> None:
    session = selection.selected()
    if session is not None:
        fragments.only(*due(session))


render()
