"""What a page shows of a job that somebody asked for: how far it is, why it came to nothing, its size."""

from typing import Any

import streamlit as st

from ipo.services.session_jobs import SessionJob
from ipo.ui.text import plain


def job_version(job: SessionJob | None) -> Any:
    """Another one whenever the panel of a job shows otherwise."""
    if job is None:
        return None
    work = job.work
    return id(job), job.version, work and (round(work.fraction, 2), work.message)


def draw_job_progress(job: SessionJob, what: str, key: str) -> None:
    """How far it is, and the way to end it."""
    work = job.work
    if work is None:
        return  # it has just ended
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(work.fraction, f"{plain(what)}: {plain(work.message or 'waiting')}")
        st.button("Cancel", key=key, on_click=work.cancel)


def draw_job_problem(job: SessionJob | None) -> None:
    """Why it came to nothing, if it did."""
    if job is not None and job.problem:
        st.caption(f":red[{plain(job.problem)}]")


def size_text(count: int) -> str:
    """A size for people: 340 kB, 18.2 MB, 12.6 GB."""
    if count >= 1e9:
        return f"{count / 1e9:.1f} GB"
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{max(1, round(count / 1e3)):d} kB"
