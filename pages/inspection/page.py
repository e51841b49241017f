"""Inspect: one batch at a time through the real trainer, with every tensor of that batch on the page."""

from functools import partial

import streamlit as st

from ipo.keys import Keys
from ipo.ui.runtime import fragments
from ipo.ui.runtime.heartbeat import pulse
from ipo.ui.runtime.process import workspace
from pages.inspection import state
from pages.inspection.batch import draw_batch
from pages.inspection.compare import draw_compare
from pages.inspection.cosines import draw_cosines
from pages.inspection.features import draw_features
from pages.inspection.timeline import draw_timeline
from pages.inspection.toolbar import draw_toolbar
from pages.inspection.trace import SECTIONS, Section, draw_heading, draw_others, draw_section, open_all
from pages.inspection.versions import SECTION_FRAGMENTS, draw_due, drawing, due

PULSE_SECONDS = 0.1
FETCH_SECONDS = 0.5  # between two looks how far a fetch is
WATCH_SECONDS = 2.0  # between two looks whether somebody else brought the digits


def render() -> None:
    inspecting = state.inspecting()
    st.session_state[Keys.PAGE_FRAGMENT] = Keys.INSPECT_BEAT_FRAGMENT
    inspecting.begin()
    render_toolbar()
    render_timeline()
    left, right = st.columns(2, gap="medium")
    with left:
        render_batch()
    with right:
        render_features()
    render_trace_heading()
    for number, section in enumerate(SECTIONS, 1):
        st.fragment(key=SECTION_FRAGMENTS[section.key])(render_section)(number, section)
    render_others()
    render_cosines()
    render_compare()
    render_beat()


@st.fragment(key=Keys.INSPECT_TOOLBAR_FRAGMENT)
def render_toolbar() -> None:
    with drawing(Keys.INSPECT_TOOLBAR_FRAGMENT):
        draw_toolbar()


@st.fragment(key=Keys.INSPECT_TIMELINE_FRAGMENT)
def render_timeline() -> None:
    with drawing(Keys.INSPECT_TIMELINE_FRAGMENT):
        draw_timeline()


@st.fragment(key=Keys.INSPECT_BATCH_FRAGMENT)
def render_batch() -> None:
    with drawing(Keys.INSPECT_BATCH_FRAGMENT):
        draw_batch()


@st.fragment(key=Keys.INSPECT_FEATURES_FRAGMENT)
def render_features() -> None:
    with drawing(Keys.INSPECT_FEATURES_FRAGMENT):
        draw_features()


@st.fragment(key=Keys.INSPECT_TRACE_FRAGMENT)
def render_trace_heading() -> None:
    with drawing(Keys.INSPECT_TRACE_FRAGMENT):
        draw_heading(_open_all)


def _open_all(opened: bool) -> None:
    open_all(opened)
    fragments.only(Keys.INSPECT_TRACE_FRAGMENT, *SECTION_FRAGMENTS.values(), Keys.INSPECT_OTHERS_FRAGMENT)


def render_section(number: int, section: Section) -> None:
    with drawing(SECTION_FRAGMENTS[section.key]):
        draw_section(number, section, partial(_fold, SECTION_FRAGMENTS[section.key]))


def _fold(fragment: str) -> None:
    """Somebody opened or closed a section, which the button for all of them is to know."""
    fragments.only(Keys.INSPECT_TRACE_FRAGMENT, fragment)


@st.fragment(key=Keys.INSPECT_OTHERS_FRAGMENT)
def render_others() -> None:
    with drawing(Keys.INSPECT_OTHERS_FRAGMENT):
        draw_others(partial(_fold, Keys.INSPECT_OTHERS_FRAGMENT))


@st.fragment(key=Keys.INSPECT_COSINES_FRAGMENT)
def render_cosines() -> None:
    with drawing(Keys.INSPECT_COSINES_FRAGMENT):
        draw_cosines()


@st.fragment(key=Keys.INSPECT_COMPARE_FRAGMENT)
def render_compare() -> None:
    with drawing(Keys.INSPECT_COMPARE_FRAGMENT):
        draw_compare()


@st.fragment(key=Keys.INSPECT_BEAT_FRAGMENT)
def render_beat() -> None:
    """Draws again what has changed; silent while nothing is under way or waited for."""
    inspecting = state.inspecting()
    if inspecting.work.busy or due():
        seconds: float | None = PULSE_SECONDS
    elif workspace().mnist_fetch.busy:
        seconds = FETCH_SECONDS
    else:
        seconds = WATCH_SECONDS if inspecting.needs_mnist else None
    pulse(seconds, key=Keys.INSPECT_PULSE, on_tick=_beat)


def _beat() -> None:
    inspecting = state.inspecting()
    if inspecting.needs_mnist and inspecting.has_data:
        inspecting.set_up_again()
    draw_due()


render()
