"""The meaning map with its switches, and the mail whose point was clicked."""

import streamlit as st

from ipo.keys import Keys
from ipo.mail.explaining.meaning_map import CurvedProjection
from ipo.mail.explaining.umap_map import MISSING, umap_installed
from ipo.mail.training.run import TrainRun
from ipo.services.mail.service import MailService
from ipo.ui.mail.chosen import require_service
from ipo.ui.panels import panel, placeholder
from ipo.ui.runtime.live_page import live_panel
from ipo.ui.text import plain
from pages.training.train_stage import callbacks, versions
from pages.training.train_stage.explanation import draw_explanation
from pages.training.train_stage.helpers.guardrail import borderline_rows
from pages.training.train_stage.helpers.meaning_map import AnyProjection
from pages.training.train_stage.state import PROJECTIONS, UMAP
from pages.training.train_stage.visualizations import MAP, draw_meaning_map

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
    "line than the filter decides. Decision axis: left to right is the text head itself, so each mail lies "
    "on the side that the text is decided for. UMAP: mails that mean alike stay together on a bent plane; "
    "curves show where the mean probability of the mails around is that of the threshold and of the band."
)


@live_panel(Keys.TRAIN_STAGE_MAP_PANEL, versions.meaning_map)
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
    projection = _projection(service, run)
    if projection is None:
        return
    draw_meaning_map(run, service.mails, projection)
    places, mails = run.meaning_map.places, len(run.mails.ids)
    says = "All labelled mails"
    if len(places) < mails:
        says = f"{len(places):,} of {mails:,} labelled mails, drawn evenly from both classes and all parts"
    st.caption(f"{says}; {len(borderline_rows(run, places)):,} of them in the band.")


def _projection(service: MailService, run: TrainRun) -> AnyProjection | None:
    """The one that is chosen; while there is none, what it waits for is said in its place."""
    name = st.session_state[Keys.MEANING_MAP_PROJECTION]
    if name != UMAP:
        return run.meaning_map.projections[name]
    mails, features = service.mails, service.features(mask=run.params.mask)
    if not umap_installed():
        placeholder(MISSING, MAP)
    elif mails is None or features is None:
        placeholder("The mails are being read.", MAP)
    elif (positions := service.umap.get(run, mails, features)) is not None:
        return CurvedProjection(positions)
    elif problem := service.umap.problem(run, mails, features):
        placeholder(problem, MAP)
        st.button(
            "Retry",
            key=Keys.MEANING_MAP_RETRY,
            icon=":material/refresh:",
            on_click=service.umap.refresh,
            args=(run, mails, features),
        )
    else:
        placeholder("UMAP is computed once for each run. That takes about half a minute.", MAP)
    return None


@panel("The mail")
def _draw_selected(service: MailService, run: TrainRun) -> None:
    selected = st.session_state[Keys.MEANING_MAP_SELECTED]
    if selected is None:
        st.caption("Click a point to see its mail, what both heads say of it, and what tipped the scale.")
    else:
        draw_explanation(service, run, selected)
