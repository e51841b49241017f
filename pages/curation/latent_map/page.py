"""Curate › Latent map: all images as points, to be labelled by pointing while the model learns from them."""

import streamlit as st

from ipo.keys import Keys
from ipo.ui.components.latent_map.component import latent_map
from ipo.ui.digits.chosen import chosen_service, draw_choice
from ipo.ui.digits.problem import draw_problem
from ipo.ui.digits.without_data import render_without_data
from ipo.ui.runtime.live_page import live_panel
from pages.curation.latent_map import versions
from pages.curation.latent_map.training import render_controls, render_state


def render() -> None:
    if not chosen_service().has_data:
        draw_choice()
        render_without_data("Here you see all digits on a map, and label them by pointing.")
        return
    chosen_service().look()
    render_row()
    render_problem()
    latent_map(chosen_service(), key=Keys.MAP)


def render_row() -> None:
    """Images, labels and training, in one line."""
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        draw_choice(label=False)
        with st.container():
            render_state()
        with st.container(width="content"):
            render_controls()


@live_panel(Keys.MAP_PROBLEM_PANEL, versions.problem)
def render_problem() -> None:
    draw_problem(chosen_service())


render()
