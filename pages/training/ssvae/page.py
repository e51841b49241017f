"""Train › SSVAE: the knobs of the semi-supervised model, its training in the background, and its runs."""

import streamlit as st

from ipo.keys import Keys
from ipo.ui.digits import versions as digits_versions
from ipo.ui.digits.chosen import chosen_service, draw_choice
from ipo.ui.digits.curves import render_curves
from ipo.ui.digits.hyperparameters import render_knobs
from ipo.ui.digits.problem import draw_problem
from ipo.ui.digits.progress import draw_messages, draw_progress
from ipo.ui.digits.without_data import render_without_data
from ipo.ui.runtime.live_page import live_panel
from pages.training.ssvae import versions
from pages.training.ssvae.controls import draw_controls
from pages.training.ssvae.labels import draw_labels
from pages.training.ssvae.runs import draw_runs

LIVE_SECONDS = 0.5  # between two drawings of what a training changes all the time


def render() -> None:
    draw_choice()
    digits_service = chosen_service()
    if not digits_service.has_data:
        render_without_data("A model learns digits here from the few that you label.")
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


@live_panel(Keys.SSVAE_LABELS_PANEL, versions.labels)
def render_labels() -> None:
    if chosen_service().opened:
        draw_labels(chosen_service())


@live_panel(Keys.SSVAE_CONTROLS_PANEL, digits_versions.controls)
def render_controls() -> None:
    draw_controls(chosen_service())


@live_panel(Keys.SSVAE_PROGRESS_PANEL, digits_versions.progress, LIVE_SECONDS)
def render_progress() -> None:
    draw_progress(chosen_service())
    draw_problem(chosen_service())
    draw_messages(chosen_service())


@live_panel(Keys.SSVAE_RUNS_PANEL, versions.runs)
def render_runs() -> None:
    draw_runs(chosen_service())


render()
