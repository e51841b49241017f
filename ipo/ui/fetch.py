"""The button that fetches a data set, how far that is, and why it failed."""

from collections.abc import Callable

import streamlit as st

from background import Job
from ipo.keys import Keys
from ipo.services.dataset_fetch import DatasetFetch
from ipo.ui.text import plain, with_commands


def draw_fetch(
    title: str, fetch: DatasetFetch, on_done: Callable[[], object], *, key: Keys, command: str
) -> None:
    """The button that fetches and then calls `on_done`; how far that is, and how to cancel it."""
    job = fetch.job
    if job is not None and job.in_flight:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.progress(job.fraction, _progress(job))
            st.button("Cancel", key=Keys.FETCH_CANCEL, icon=":material/close:", on_click=job.cancel)
        return
    st.button(
        f"Fetch {plain(title)}",
        key=key,
        type="primary",
        icon=":material/download:",
        on_click=fetch.start,
        args=(on_done,),
        help=f"Or on the command line: {plain(command)}",
    )


def draw_lines(problem: str) -> None:
    """An error of several lines: what happened, what each source said, what to do."""
    st.error(with_commands(problem), icon=":material/error:")


def _progress(job: Job) -> str:
    # Seconds that went by, not those that are left: no source says how much of its package has come.
    return f"{plain(job.message or 'Waiting')} · {job.elapsed:.0f} s"
