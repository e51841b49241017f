"""What stands in for a page while MNIST is not there: the offer to fetch it, its progress, why it failed."""

from functools import partial
from pathlib import Path

import streamlit as st

from ipo.datasets import mnist
from ipo.keys import Keys
from ipo.ui.moments import time_left
from ipo.ui.one_job import OneJob


def draw_without_mnist(says: str, home: Path, work: OneJob) -> None:
    """`says` what the page would do with the digits."""
    st.info(
        f"{says} The digits are not in your data folder yet: 55 MB, fetched once.", icon=":material/download:"
    )
    job = work.job
    if job is not None and job.in_flight:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.progress(job.fraction, f"{job.label}: {job.message or 'under way'}{time_left(job)}")
            st.button("Cancel", key=Keys.FETCH_CANCEL, on_click=job.cancel)
        return
    st.button(
        "Fetch MNIST",
        key=Keys.FETCH_MNIST,
        type="primary",
        icon=":material/download:",
        on_click=work.start,
        args=(partial(mnist.fetch, home), "Fetch MNIST"),
        help="Or on the command line: ipo fetch mnist",
    )
    if work.problem:
        st.error(work.problem, icon=":material/error:")
