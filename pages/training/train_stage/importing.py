"""Mails of one's own: an uploaded file is added to a set, and what could not be read is listed."""

from pathlib import PurePath

import pandas as pd
import streamlit as st

from ipo.keys import Keys
from ipo.services.mail.imports import ImportSummary, last_import, start_import
from ipo.ui.job_panels import draw_job_problem, draw_job_progress
from ipo.ui.runtime.live_page import live_panel
from ipo.ui.runtime.process import workspace
from ipo.ui.runtime.widgets import choose_next
from pages.training.train_stage import versions

LIVE_SECONDS = 0.5  # between two drawings of how far an import is
LARGEST = 50  # MB
KINDS = ("csv", "tsv", "txt", "mbox", "eml", "emlx", "zip", "mbx")
_ROWS = 200  # of a report


def render_import_menu() -> None:
    with st.popover("Import mails", icon=":material/upload:"):
        render_import()


@live_panel(Keys.TRAIN_STAGE_IMPORT_PANEL, versions.imports, LIVE_SECONDS)
def render_import() -> None:
    job = last_import(workspace().session_jobs)
    if job is not None and job.running:
        draw_job_progress(job, "Importing", Keys.TRAIN_STAGE_IMPORT_CANCEL)
        return
    if job is not None and job.last is not None:
        _follow(job.last)
        _draw_report(job.last)
    draw_job_problem(job)
    st.caption(
        "A CSV or TSV with columns title, body and label (spam or safe); an mbox; a mail as .eml; or a zip "
        "of "
        "these, also of a Maildir. In a zip, folders named spam, junk, ham or safe label what is in them."
    )
    st.text_input(
        "Name of the set",
        key=Keys.TRAIN_STAGE_IMPORT_TITLE,
        placeholder="as the file",
        help="Mails are added to the set of that name. Those already in it stay as they are.",
    )
    st.file_uploader(
        "Your mails",
        KINDS,
        key=Keys.TRAIN_STAGE_UPLOAD,
        max_upload_size=LARGEST,
        on_change=_import,
    )


def _follow(summary: ImportSummary) -> None:
    """Show the set that this tab has brought, once."""
    if st.session_state.pop(Keys.TRAIN_STAGE_IMPORTING, False):
        choose_next({Keys.MAIL_SET: summary.name})
        st.rerun()


def _draw_report(summary: ImportSummary) -> None:
    st.caption(
        f"Mails added: {summary.new:,}, known already: {summary.known:,}, "
        f"problems: {len(summary.problems):,}. The set has {summary.mails:,} mails now."
    )
    if summary.problems:
        shown = summary.problems[:_ROWS]
        st.dataframe(
            pd.DataFrame({"where": [one.place for one in shown], "why": [one.reason for one in shown]}),
            hide_index=True,
            height=180,
        )
        if len(shown) < len(summary.problems):
            st.caption(f"… and {len(summary.problems) - len(shown):,} more.")


def _import() -> None:
    file = st.session_state[Keys.TRAIN_STAGE_UPLOAD]
    # Called again if the run that drew the uploader was cut short by another.
    if file is None or file.file_id == st.session_state.get(Keys.TRAIN_STAGE_UPLOADED):
        return
    st.session_state[Keys.TRAIN_STAGE_UPLOADED] = file.file_id
    st.session_state[Keys.TRAIN_STAGE_IMPORTING] = True
    title = st.session_state.get(Keys.TRAIN_STAGE_IMPORT_TITLE) or PurePath(file.name).stem
    space = workspace()
    start_import(space.session_jobs, space.mail_services, space.home, title, file.name, file.getvalue())
