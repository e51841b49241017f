"""What stands in for the page while there is nothing to step on: MNIST is to be fetched first."""

import streamlit as st

from ipo.keys import Keys
from ipo.ui.moments import time_left
from pages.inspection import state


def draw_without_data() -> None:
    """The offer, its progress, and why it came to nothing."""
    inspecting = state.inspecting()
    st.info(
        "The inspector steps a model through MNIST, one batch at a time. The digits are not in your data "
        "folder yet: 55 MB, fetched once.",
        icon=":material/download:",
    )
    job = inspecting.job
    if job is not None and job.in_flight:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.progress(job.fraction, f"{job.label}: {job.message or 'under way'}{time_left(job)}")
            st.button("Cancel", key=Keys.INSPECT_CANCEL, on_click=job.cancel)
        return
    st.button(
        "Fetch MNIST",
        key=Keys.INSPECT_FETCH,
        type="primary",
        icon=":material/download:",
        on_click=inspecting.fetch,
        help="Or on the command line: ipo fetch mnist",
    )
    if inspecting.problem:
        st.error(inspecting.problem, icon=":material/error:")
