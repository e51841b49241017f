"""The meaning map with its switches, and the mail whose point was clicked."""

import streamlit as st

from ipo.keys import Keys
from ipo.mail.training.run import TrainRun
from ipo.services.mail.service import MailService
from ipo.ui.mail.chosen import require_service
from ipo.ui.panels import panel
from ipo.ui.runtime.live_page import live_panel
from ipo.ui.text import plain
from pages.training.train_stage import callbacks, versions
from pages.training.train_stage.explanation import draw_explanation
from pages.training.train_stage.helpers.guardrail import borderline_rows
from pages.training.train_stage.state import PROJECTIONS
from pages.training.train_stage.visualizations import draw_meaning_map

SWITCHES = {
    Keys.MEANING_MAP_EXAMPLES: (
        "Examples",
        "Titles of mails that lie far apart, to show what each region is about.",
    ),
    Keys.MEANING_MAP_CENTRES: ("Centres", "The mean of each class."),
    Keys.MEANING_MAP_BORDERLINE: ("Borderline", "Mails inside the band, about which the clues are asked."),
    Keys.MEANING_MAP_NEAREST_PAIR: (
        "Nearest pair",
        "The spam and the safe mail whose meanings are most alike.",
    ),
}
WHY_PROJECTION = (
    "Most variance: the plane in which mails differ most. There a mail may lie on the other side of the "
    "line than "
    "the filter decides. Decision axis: left to right is the text head itself, so each mail lies on the "
    "side that "
    "the text is decided for."
)


@live_panel(Keys.TRAIN_STAGE_MAP_PANEL, versions.opinions)
def render_map() -> None:
    service = require_service()
    run = callbacks.shown_run(service)
    if run is None:
        st.caption("Train first.")
        return
    left, right = st.columns([5, 3], gap="medium")
    with left:
        _draw_switches()
        _draw_map(service, run)
    with right:
        _draw_selected(service, run)


def _draw_switches() -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for key, (name, says) in SWITCHES.items():
            st.toggle(plain(name), key=key, help=plain(says), persist_state="session")
        st.segmented_control(
            "Projection",
            list(PROJECTIONS),
            key=Keys.MEANING_MAP_PROJECTION,
            format_func=PROJECTIONS.__getitem__,
            required=True,
            label_visibility="collapsed",
            help=WHY_PROJECTION,
            persist_state="session",
        )


@panel("The map")
def _draw_map(service: MailService, run: TrainRun) -> None:
    draw_meaning_map(run, service.mails)
    places, mails = run.meaning_map.places, len(run.mails.ids)
    says = "All labelled mails"
    if len(places) < mails:
        says = f"{len(places):,} of {mails:,} labelled mails, drawn evenly from both classes and all parts"
    st.caption(f"{says}; {len(borderline_rows(run, places)):,} of them in the band.")


@panel("The mail")
def _draw_selected(service: MailService, run: TrainRun) -> None:
    selected = st.session_state[Keys.MEANING_MAP_SELECTED]
    if selected is None:
        st.caption("Click a point to see its mail, what both heads say of it, and what tipped the scale.")
    else:
        draw_explanation(service, run, selected)
