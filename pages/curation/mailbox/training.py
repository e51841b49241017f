"""The thin row above the mailbox: how many labels, how good the filter is, and how to train it again."""

import streamlit as st

from ipo.keys import Keys
from ipo.mail.mails import SAFE, SPAM
from ipo.mail.training.params import TrainParams
from ipo.mail.training.readiness import balance
from ipo.services.mail.mailbox import Mailbox
from ipo.ui.mail.chosen import chosen_mailbox
from ipo.ui.runtime.live_page import live_panel
from ipo.ui.text import clock, plain, time_left
from pages.curation.mailbox import versions

LIVE_SECONDS = 0.3  # between two drawings of how far a training is


@live_panel(Keys.MAILBOX_STATE_PANEL, versions.state, LIVE_SECONDS)
def render_state() -> None:
    mailbox = chosen_mailbox()
    training = mailbox.service.training
    with st.container(gap=None):
        st.markdown(_labels_text(mailbox))
        job = training.job
        if training.ahead:
            st.progress(0.0, f"Waiting for: {plain(training.ahead)}")
        elif job is not None and job.in_flight:
            st.progress(job.fraction, f"{plain(job.message or 'Begins')}{time_left(job)}")
        elif training.problem:
            st.caption(f":red[{plain(training.problem)}]")
        else:
            st.caption(_run_text(mailbox))


@live_panel(Keys.MAILBOX_CONTROLS_PANEL, versions.controls)
def render_controls() -> None:
    mailbox = chosen_mailbox()
    waits = _why_not(mailbox)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.button(
            "Train" if mailbox.service.runs.newest is None else "Train again",
            key=Keys.MAILBOX_TRAIN,
            type="primary",
            icon=":material/play_arrow:",
            on_click=_train,
            disabled=bool(waits),
            help=plain(waits) if waits else "On the labels as they are, with the settings of the last run.",
        )
        if mailbox.service.training.busy:
            st.button(
                "Cancel",
                key=Keys.MAILBOX_CANCEL,
                icon=":material/close:",
                on_click=mailbox.service.training.cancel,
                help="The run before stays.",
            )


def _train() -> None:
    mailbox = chosen_mailbox()
    run = mailbox.newest_run
    mailbox.service.train(TrainParams() if run is None else run.params)


def _why_not(mailbox: Mailbox) -> str:
    """Why no training can begin; empty if one can."""
    if mailbox.mails is None:
        return mailbox.problem or "The mails are being read."
    if mailbox.service.training.busy:
        return "A training is under way."
    return " ".join(balance(mailbox.codes(mailbox.mails)).missing)


def _labels_text(mailbox: Mailbox) -> str:
    mails = mailbox.mails
    if mails is None:
        return plain(mailbox.problem or "Reading the mails …")
    codes = mailbox.codes(mails)
    spam, safe = int((codes == SPAM).sum()), int((codes == SAFE).sum())
    return f"**{spam + safe:,}** of {len(mails):,} labelled: {spam:,} spam, {safe:,} safe"


def _run_text(mailbox: Mailbox) -> str:
    """How good the newest run is, and whether it is of these labels."""
    run = mailbox.newest_run
    if mailbox.problem:
        return f":red[{plain(mailbox.problem)}]"
    if run is None and mailbox.service.runs.newest is None:
        return plain(f"No filter is trained yet. {_why_not(mailbox)}")
    if run is None:
        return "Reading the last run …"
    f1 = run.metrics.guarded["f1"]
    reasons = ", ".join(mailbox.service.stale(run, run.params))
    stale = f" · stale: {plain(reasons)}" if reasons else " · up to date with these labels"
    interval = f"[{f1.low:.3f}, {f1.high:.3f}]"
    return f"Filter of {plain(clock(run.created))}: F1 {f1.value:.3f} {interval} on test{stale}"
