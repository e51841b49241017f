"""Train, how far that is, and why it came to nothing."""

import streamlit as st

from background import JobStatus
from ipo.keys import Keys
from ipo.services.mail.service import MailService
from ipo.ui.mail.chosen import require_service
from ipo.ui.runtime.live_page import live_panel
from ipo.ui.text import plain, time_left
from pages.training.train_stage import callbacks, versions

LIVE_SECONDS = 0.3  # between two drawings of how far a training is


@live_panel(Keys.TRAIN_STAGE_TRAINING_PANEL, versions.training, LIVE_SECONDS)
def render_training() -> None:
    service = require_service()
    waits = _why_not(service)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            "Train",
            key=Keys.TRAIN_STAGE_TRAIN,
            type="primary",
            icon=":material/play_arrow:",
            shortcut="T",
            on_click=callbacks.request_training,
            disabled=bool(waits),
            help=plain(waits)
            if waits
            else "Learns from the labels in the background, which takes a few seconds.",
        )
        st.button(
            "Cancel",
            key=Keys.TRAIN_STAGE_CANCEL,
            icon=":material/close:",
            on_click=callbacks.cancel_training,
            disabled=not service.training.busy,
            help="The run that is shown stays.",
        )
        _draw_progress(service, waits)
    if service.training.problem and not service.training.busy:
        st.error(plain(service.training.problem), icon=":material/error:")


def _why_not(service: MailService) -> str:
    """Why no training can begin; empty if one can."""
    if service.training.busy:
        return "A training is under way."
    balance = service.balance()
    if balance is None:
        return service.problem or "The mails are being read."
    return " ".join(balance.missing)


def _draw_progress(service: MailService, waits: str) -> None:
    """Always a bar, so that nothing moves when a training begins or ends."""
    job = service.training.job
    if service.training.ahead:
        st.progress(0.0, f"Waiting for: {plain(service.training.ahead)}")
    elif job is not None and job.in_flight:
        st.progress(job.fraction, f"{plain(job.message or 'Begins')}{time_left(job)}")
    elif job is not None and not service.training.problem:
        whole = float(job.status == JobStatus.OK)
        st.progress(whole, f"{plain(_ended(job.status.value))} after {job.elapsed:.1f} s")
    else:
        st.progress(0.0, plain(waits) if waits else "Ready")


def _ended(status: str) -> str:
    return "Cancelled" if status == "cancelled" else "Trained"
