"""Train › SSVAE: the knobs of the semi-supervised model, its training in the background, and its runs."""

import streamlit as st

from ipo.keys import Keys
from ipo.ui.fetch_mnist import draw_without_mnist
from ipo.ui.runtime.live_page import live_panel
from ipo.ui.runtime.process import workspace
from pages.training.ssvae import versions
from pages.training.ssvae.controls import draw_controls
from pages.training.ssvae.curves import draw_curves
from pages.training.ssvae.hyperparameters import draw_knobs
from pages.training.ssvae.labels import draw_labels
from pages.training.ssvae.progress import draw_messages, draw_problem, draw_progress
from pages.training.ssvae.runs import draw_runs
from pages.training.ssvae.state import chosen_service

LIVE_SECONDS = 0.5  # between two drawings of what a training changes all the time


def render() -> None:
    render_choice()
    digits_service = chosen_service()
    if not digits_service.has_data:
        render_without_data()
        return
    digits_service.look()
    left, right = st.columns([3, 5], gap="medium")
    with left:
        render_labels()
        render_knobs()
        render_controls()
        render_progress()
    with right:
        render_curves()
    render_runs()


def render_choice() -> None:
    """Which images, where there is a choice."""
    digits_services = workspace().digits_services
    digits_services.list()
    if len(digits_services.sets) > 1:
        st.selectbox(
            "Images",
            digits_services.sets,
            key=Keys.SSVAE_DATA,
            width=260,
            bind="query-params",
        )


@live_panel(Keys.SSVAE_FETCH_PANEL, versions.without_data)
def render_without_data() -> None:
    digits_service = chosen_service()
    if digits_service.has_data:
        st.rerun()
    draw_without_mnist(
        "Here a model learns digits from the few that you label.",
        workspace().mnist_fetch,
        digits_service.retry,
    )


@live_panel(Keys.SSVAE_LABELS_PANEL, versions.labels)
def render_labels() -> None:
    if chosen_service().opened:
        draw_labels(chosen_service())


@live_panel(Keys.SSVAE_KNOBS_PANEL, versions.knobs)
def render_knobs() -> None:
    if chosen_service().opened:
        draw_knobs(chosen_service().digits.knobs)


@live_panel(Keys.SSVAE_CONTROLS_PANEL, versions.controls)
def render_controls() -> None:
    draw_controls(chosen_service())


@live_panel(Keys.SSVAE_PROGRESS_PANEL, versions.progress, LIVE_SECONDS)
def render_progress() -> None:
    draw_progress(chosen_service())
    draw_problem(chosen_service())
    draw_messages(chosen_service())


@live_panel(Keys.SSVAE_CURVES_PANEL, versions.curves, LIVE_SECONDS)
def render_curves() -> None:
    draw_curves(chosen_service())


@live_panel(Keys.SSVAE_RUNS_PANEL, versions.runs)
def render_runs() -> None:
    draw_runs(chosen_service())


render()
