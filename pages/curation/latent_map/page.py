"""Curate › Latent map: all images as points, to be labelled by pointing while the model learns from them."""

import streamlit as st

from ipo.keys import Keys
from ipo.ui.components.latent_map.component import latent_map
from ipo.ui.digits.chosen import chosen_service, draw_choice
from ipo.ui.digits.curves import render_curves
from ipo.ui.digits.labels_elsewhere import draw_labels_elsewhere
from ipo.ui.digits.problem import draw_problem
from ipo.ui.digits.without_data import render_without_data
from ipo.ui.html import draw_style
from ipo.ui.runtime.live_page import live_panel
from pages.curation.latent_map import versions
from pages.curation.latent_map.review import render_review
from pages.curation.latent_map.selection import requested_selection
from pages.curation.latent_map.statistics import render_statistics
from pages.curation.latent_map.training import render_controls, render_messages, render_state
from pages.curation.latent_map.transfers import render_transfers

BELOW = ("Statistics", "Training", "Label review", "Export and import")


# The map is the page: it takes the width that others leave free at their sides.
_STYLE = '[data-testid="stMainBlockContainer"] { padding-left: 1.5rem; padding-right: 1.5rem; }'


def render() -> None:
    draw_style(_STYLE)
    row = st.container(horizontal=True, vertical_alignment="center", gap="small")
    with row:
        draw_choice(label=False)
    digits_service = chosen_service()
    if not digits_service.has_data:
        render_without_data("See all digits on a map, and label them by pointing.")
        return
    digits_service.look()
    digits_service.show_map()
    with row:
        with st.container():
            render_state()
        with st.container(width="content"):
            render_controls()
    render_problem()
    render_map()
    render_below()


@live_panel(Keys.MAP_PROBLEM_PANEL, versions.problem)
def render_problem() -> None:
    draw_problem(chosen_service())
    draw_labels_elsewhere(chosen_service())


@live_panel(Keys.MAP_PANEL, versions.map_)
def render_map() -> None:
    latent_map(chosen_service(), select=requested_selection(), key=Keys.MAP)


@live_panel(Keys.MAP_BELOW_PANEL, versions.below)
def render_below() -> None:
    """What is not looked at is not drawn."""
    if not chosen_service().opened:
        return
    statistics, training, review, transfers = st.tabs(BELOW, key=Keys.MAP_BELOW, on_change="rerun")
    if statistics.open:
        with statistics:
            render_statistics()
    if training.open:
        with training:
            left, right = st.columns([5, 2], gap="medium")
            with left:
                render_curves()
            with right:
                render_messages()
    if review.open:
        with review:
            render_review()
    if transfers.open:
        with transfers:
            render_transfers()


render()
