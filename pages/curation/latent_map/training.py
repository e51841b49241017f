"""The thin row above the map: how many labels, what the model does, and how to train it."""

import streamlit as st

from ipo.digits.service import Digits
from ipo.keys import Keys
from ipo.ui.digits import versions as digits_versions
from ipo.ui.digits.chosen import chosen_service
from ipo.ui.digits.hyperparameters import render_knobs
from ipo.ui.digits.progress import draw_messages, draw_progress
from ipo.ui.digits.training_buttons import draw_epochs, draw_start_and_stop
from ipo.ui.panels import heading
from ipo.ui.runtime.live_page import live_panel
from pages.curation.latent_map import versions

LIVE_SECONDS = 0.5  # between two drawings of what a training changes all the time


@live_panel(Keys.MAP_STATE_PANEL, digits_versions.progress, LIVE_SECONDS)
def render_state() -> None:
    """How many images have a label, and what the model does or did last."""
    service = chosen_service()
    with st.container(gap=None):
        if service.opened:
            st.markdown(_labelled(service.digits))
        draw_progress(service)


@live_panel(Keys.MAP_CONTROLS_PANEL, digits_versions.controls)
def render_controls() -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        draw_epochs(width=115, label=False)
        # A class may be named by the letters that Streamlit would take for shortcuts.
        draw_start_and_stop(chosen_service(), width="content", shortcuts=False)
        with st.popover("Knobs", icon=":material/tune:", key=Keys.MAP_KNOBS, width="content"):
            render_knobs()


@live_panel(Keys.MAP_MESSAGES_PANEL, versions.messages, LIVE_SECONDS)
def render_messages() -> None:
    heading("Messages", "What the training said last.")
    draw_messages(chosen_service())


def _labelled(digits: Digits) -> str:
    labelled, images = digits.labels.snapshot().count, len(digits.data.images)
    return f"**{labelled:,}** of {images:,} labelled ({_percent(labelled, images)})"


def _percent(part: int, whole: int) -> str:
    """A share of images: a label of 60,000 is not 0 %, and one that is missing is not 100 %."""
    share = 100 * part / whole
    return f"{share:.0f}\u00a0%" if part in (0, whole) else f"{min(max(share, 0.01), 99.99):.2g}\u00a0%"
