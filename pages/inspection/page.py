"""Inspect: one batch at a time through the real trainer, with every tensor of that batch on the page."""

import streamlit as st

from ipo.keys import Keys
from ipo.ui.inspection.sections import SECTIONS
from ipo.ui.runtime.live_page import live_panel
from pages.inspection import state, versions
from pages.inspection.batch import draw_batch
from pages.inspection.compare import draw_compare
from pages.inspection.cosines import draw_cosines
from pages.inspection.explain import draw_explain
from pages.inspection.features import draw_features
from pages.inspection.findings.panel import draw_findings
from pages.inspection.plan import draw_plan
from pages.inspection.timeline import draw_timeline
from pages.inspection.toolbar import draw_toolbar
from pages.inspection.trace import draw_heading, draw_others, draw_section

REST_SECONDS = 0.3  # without another step, until what the page itself draws of a step is drawn


def render() -> None:
    state.inspecting().begin()
    render_toolbar()
    live_panel(Keys.INSPECT_FINDINGS_PANEL, versions.session)(draw_findings)()
    live_panel(Keys.INSPECT_TIMELINE_PANEL, versions.timeline)(draw_timeline)()
    with st.container(key=Keys.INSPECT_BATCH_AND_FEATURES):
        left, right = st.columns(2, gap="medium")
        with left:
            live_panel(Keys.INSPECT_BATCH_PANEL, versions.batch)(draw_batch)()
        with right:
            live_panel(Keys.INSPECT_FEATURES_PANEL, versions.features)(draw_features)()
    live_panel(Keys.INSPECT_TRACE_PANEL, versions.sections)(draw_heading)()
    for number, section in enumerate(SECTIONS, 1):
        panel = live_panel(f"{Keys.INSPECT_SECTION_PANEL}_{number}", versions.session)
        panel(draw_section)(number, section)
    live_panel(Keys.INSPECT_OTHERS_PANEL, versions.plan)(draw_others)()
    live_panel(Keys.INSPECT_PLAN_PANEL, versions.plan)(draw_plan)()
    live_panel(Keys.INSPECT_COSINES_PANEL, versions.session)(draw_cosines)()
    live_panel(Keys.INSPECT_EXPLAIN_PANEL, versions.explain, settle=REST_SECONDS)(draw_explain)()
    live_panel(Keys.INSPECT_COMPARE_PANEL, versions.compare, settle=REST_SECONDS)(draw_compare)()


@live_panel(Keys.INSPECT_TOOLBAR_PANEL, versions.toolbar)
def render_toolbar() -> None:
    inspecting = state.inspecting()
    if inspecting.needs_mnist and inspecting.has_data:
        inspecting.set_up_again()
    draw_toolbar()


render()
