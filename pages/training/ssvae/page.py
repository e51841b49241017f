"""Train › SSVAE: the knobs of the semi-supervised model, its training in the background, and its runs."""

import streamlit as st

from ipo.keys import Keys
from ipo.ui.fetch_mnist import draw_without_mnist
from ipo.ui.runtime import fragments
from ipo.ui.runtime.heartbeat import pulse
from ipo.ui.runtime.process import workspace
from pages.training.ssvae.controls import draw_controls
from pages.training.ssvae.curves import draw_curves
from pages.training.ssvae.runs import draw_runs
from pages.training.ssvae.state import teaching
from pages.training.ssvae.versions import draw_due, drawing, due

PULSE_SECONDS = 0.5
WATCH_SECONDS = 2.0  # between two looks whether somebody else brought the digits


def render() -> None:
    render_choice()
    of = teaching()
    if not of.has_data:
        render_without_data()
        return
    st.session_state[Keys.PAGE_FRAGMENT] = Keys.SSVAE_BEAT_FRAGMENT
    of.look()
    left, right = st.columns([3, 5], gap="medium")
    with left:
        render_controls()
    with right:
        render_curves()
    render_runs()
    render_beat()


def render_choice() -> None:
    """Which images, where there is a choice."""
    teachings = workspace().teachings
    teachings.list()
    if len(teachings.sets) > 1:
        st.selectbox(
            "Images",
            teachings.sets,
            key=Keys.SSVAE_DATA,
            width=260,
            on_change=fragments.whole_page,
            bind="query-params",
        )


@st.fragment(key=Keys.SSVAE_FETCH_FRAGMENT)
def render_without_data() -> None:
    of, fetch = teaching(), workspace().mnist_fetch
    busy = fetch.busy  # before anything is read: what ends meanwhile is drawn at the next beat
    if of.has_data:
        st.rerun()
    draw_without_mnist("Here a model learns digits from the few that you label.", fetch, of.retry)
    pulse(PULSE_SECONDS if busy else WATCH_SECONDS, key=Keys.SSVAE_PULSE, on_tick=lambda: None)


@st.fragment(key=Keys.SSVAE_CONTROLS_FRAGMENT)
def render_controls() -> None:
    with drawing(Keys.SSVAE_CONTROLS_FRAGMENT):
        draw_controls(teaching())


@st.fragment(key=Keys.SSVAE_CURVES_FRAGMENT)
def render_curves() -> None:
    with drawing(Keys.SSVAE_CURVES_FRAGMENT):
        draw_curves(teaching())


@st.fragment(key=Keys.SSVAE_RUNS_FRAGMENT)
def render_runs() -> None:
    with drawing(Keys.SSVAE_RUNS_FRAGMENT):
        draw_runs(teaching())


@st.fragment(key=Keys.SSVAE_BEAT_FRAGMENT)
def render_beat() -> None:
    """Draws again what has changed; silent while nothing is under way."""
    beats = teaching().in_flight or workspace().mnist_fetch.busy or bool(due())
    pulse(PULSE_SECONDS if beats else None, key=Keys.SSVAE_PULSE, on_tick=draw_due)


render()
