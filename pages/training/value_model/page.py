"""Train › Value model: what the models of this tab's session have learnt, and how far to trust them."""

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from ipo.keys import Keys
from ipo.preference.session import PreferenceSession
from ipo.ui.judge_button import draw_judge_button
from ipo.ui.preference import selection
from ipo.ui.preference.notices import render_notes
from ipo.ui.preference.traversal import draw_line
from ipo.ui.preference.waiting import render_waiting
from ipo.ui.runtime.live_page import live_panel
from ipo.ui.runtime.process import workspace
from ipo.ui.text import plain
from pages.training.value_model import versions
from pages.training.value_model.disagreements import draw_surprises
from pages.training.value_model.fits import draw_calibration, draw_fits, draw_history
from pages.training.value_model.ridge import draw_learning, draw_path
from pages.training.value_model.scores import draw_cross_validation, draw_scores

LIVE_SECONDS = 0.3  # between two drawings of what changes all the time

Draw = Callable[[PreferenceSession], None]


def render() -> None:
    problem = selection.adopt_address()
    if selection.selected() is None and not selection.open_last_used():
        if selection.awaited() is not None:
            render_waiting()
        else:
            render_empty(problem)
        return
    if problem:
        st.warning(plain(selection.instead(problem)), icon=":material/link_off:")
    session = selection.selected()
    if session is not None:
        render_panels(session)


def render_panels(session: PreferenceSession) -> None:
    """Each is a fragment of its own, drawn again when what it shows is another."""

    def panel(key: Keys, version: Callable[[PreferenceSession], Any], draw: Draw) -> None:
        live_panel(key, lambda: partial(version, session), LIVE_SECONDS)(draw)(session)

    # A full run frees the addresses of the run before.
    panel(Keys.VALUE_MODEL_SCORES_PANEL, versions.scores, render_scores)
    left, right = st.columns(2, gap="medium")
    with left:
        panel(Keys.VALUE_MODEL_LEARNING_PANEL, versions.learning, draw_learning)
    with right:
        panel(Keys.VALUE_MODEL_PATH_PANEL, versions.path, draw_path)
    panel(Keys.VALUE_MODEL_FITS_PANEL, versions.fits, render_fits)
    left, right = st.columns(2, gap="medium")
    with left:
        panel(Keys.VALUE_MODEL_CV_PANEL, versions.cross_validation, draw_cross_validation)
    with right:
        panel(Keys.VALUE_MODEL_LAST_FITS_PANEL, versions.fits, draw_fits)
    panel(Keys.VALUE_MODEL_SURPRISES_PANEL, versions.surprises, draw_surprises)
    if session.pool is None:
        panel(Keys.VALUE_MODEL_LINE_PANEL, versions.line, render_line)
    else:
        st.caption(
            "There is no line between the pictures of a folder: nobody can draw what lies between them."
        )


def render_empty(problem: str) -> None:
    if problem:
        st.warning(plain(problem), icon=":material/link_off:")
    st.info(
        "No image has been judged yet. Judge some on Preferences, and this page shows what the models "
        "learn from them.",
        icon=":material/insights:",
    )
    draw_judge_button(Keys.VALUE_MODEL_JUDGE)


def render_scores(session: PreferenceSession) -> None:
    render_notes(session)
    draw_scores(session)


def render_fits(session: PreferenceSession) -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        draw_calibration(session)
    with right:
        draw_history(session)


def render_line(session: PreferenceSession) -> None:
    line = workspace().traversal(session)
    draw_line(
        line,
        on_decode=line.decode,
        again=Keys.VALUE_MODEL_LINE_DECODE,
        steps=Keys.VALUE_MODEL_LINE_STEPS,
        title="The line",
    )


render()
