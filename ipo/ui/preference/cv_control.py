"""*Compute CV now*, or how far it is, wherever a page offers it."""

from collections.abc import Callable

import streamlit as st

from background import Job, JobStatus
from ipo.error_text import error_text
from ipo.keys import Keys
from ipo.preference.session import PreferenceSession
from ipo.ui.text import plain, time_left

FEWEST = 2  # rows of either label that a cross-validation needs


def cv_control(
    session: PreferenceSession, job: Job | None, *, compute: Keys, cancel: Keys, on_click: Callable[[], None]
) -> None:
    """The button, or progress with *Cancel* while `job` is in flight, under the keys given."""
    if job is not None and job.in_flight:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.progress(job.fraction, f"CV: {plain(job.message or 'waiting')}{time_left(job)}")
            st.button("Cancel", key=cancel, on_click=job.cancel)
        return
    enough = min(session.state.counts()) >= FEWEST
    st.button(
        "Compute CV now",
        key=compute,
        width="stretch",
        icon=":material/query_stats:",
        on_click=on_click,
        disabled=not enough,
        help="Five-fold cross-validation of both models on the rows as they are now."
        if enough
        else "Cross-validation needs at least two Good and two Bad rows.",
    )
    if job is not None and job.error is not None:
        st.caption(f":red[{plain(error_text(job.error))}]")
    elif job is not None and job.status == JobStatus.CANCELLED:
        st.caption("Cancelled.")
