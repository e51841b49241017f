"""What stands in for a page while MNIST is not there: the offer to fetch it, its progress, why it failed."""

from collections.abc import Callable

import streamlit as st

from background import Job
from ipo.datasets import mnist
from ipo.keys import Keys
from ipo.services.dataset_fetch import DatasetFetch
from ipo.ui.text import plain, with_commands


def draw_without_mnist(says: str, fetch: DatasetFetch, on_done: Callable[[], object]) -> None:
    """`says` what the page would do with the digits."""
    st.info(
        f"{says} The digits are not in your data folder yet: 55 MB, fetched once.",
        icon=":material/download:",
    )
    draw_fetch(fetch, on_done)
    if fetch.problem:
        draw_lines(fetch.problem)


def draw_fetch(fetch: DatasetFetch, on_done: Callable[[], object]) -> None:
    """The button that fetches MNIST and then calls `on_done`; how far that is, and how to cancel it."""
    job = fetch.job
    if job is not None and job.in_flight:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.progress(job.fraction, _progress(job))
            st.button("Cancel", key=Keys.FETCH_CANCEL, icon=":material/close:", on_click=job.cancel)
        return
    st.button(
        "Fetch MNIST",
        key=Keys.FETCH_MNIST,
        type="primary",
        icon=":material/download:",
        on_click=fetch.start,
        args=(on_done,),
        help="Or on the command line: ipo fetch mnist",
    )


def advises_fetch(problem: str) -> bool:
    """Whether a message tells its reader to press the button that `draw_fetch` draws."""
    return mnist.REMEDY in problem


def draw_lines(problem: str) -> None:
    """An error of several lines: what happened, what each source said, what to do."""
    st.error(with_commands(problem), icon=":material/error:")


def _progress(job: Job) -> str:
    # Seconds that went by, not those that are left: no source says how much of its package has come.
    return f"{plain(job.message or 'Waiting')} · {job.elapsed:.0f} s"
