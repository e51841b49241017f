"""Exports of a session, in its menu: ask for a file, see how far it is, save it."""

from collections.abc import Mapping
from datetime import datetime

import streamlit as st

from ipo.keys import Keys
from ipo.preference.transfer.judgements import Exported
from ipo.services.session_jobs import SessionJob
from ipo.services.transfers import Export, Task, start_exporting
from ipo.ui.job_panels import draw_job_problem, draw_job_progress, size_text
from ipo.ui.preference import selection
from ipo.ui.preference.transfer_report import draw_damaged, pairs_text, rows_text
from ipo.ui.runtime.process import workspace
from ipo.ui.text import plain

EXPORTS = {
    Task.ZIP: (
        "zip",
        ":material/folder_zip:",
        "Everything: images, latents, labels and the random sequence. *Import* takes it back.",
    ),
    Task.TABLE: (
        "Parquet",
        ":material/table:",
        "A table for pandas, DuckDB or R: the label of each row and how its image came about. No images.",
    ),
    Task.IMAGEFOLDER: (
        "imagefolder",
        ":material/photo_library:",
        "For training: the images of rows and pairs with what is known of them, as Hugging Face `datasets` "
        "loads them. A zip.",
    ),
    Task.PICKAPIC: (
        "Pick-a-Pic",
        ":material/compare:",
        "For training: pairs with their images in the columns of Pick-a-Pic, as code for DPO and reward "
        "models reads them. Parquet.",
    ),
}
BESIDE = ((Task.ZIP, Task.TABLE), (Task.IMAGEFOLDER, Task.PICKAPIC))  # the second line is for training


def render_exports(session_jobs: Mapping[Task, SessionJob | None]) -> None:
    for tasks in BESIDE:
        for column, task in zip(st.columns(len(tasks)), tasks, strict=True):
            with column:
                render_button(task, session_jobs[task])
        for task in tasks:
            render_job(task, session_jobs[task])


def render_button(task: Task, job: SessionJob | None) -> None:
    name, icon, says = EXPORTS[task]
    st.button(
        f"Export {plain(name)}",
        key=f"{Keys.SESSION_MENU_EXPORT}_{task}",
        icon=icon,
        width="stretch",
        on_click=_export,
        args=(task,),
        disabled=job is not None and job.running,
        help=says,
    )
    if job is not None and job.last is not None:
        render_download(task, job.last)


def render_download(task: Task, export: Export) -> None:
    made_at = datetime.fromtimestamp(export.made_at).strftime("%H:%M:%S")
    content = _content(export.content)
    st.download_button(
        f"Save {plain(size_text(export.size))}",
        export.path.read_bytes,
        file_name=export.path.name,
        key=f"{Keys.SESSION_MENU_DOWNLOAD}_{task}",
        icon=":material/download:",
        type="primary",
        width="stretch",
        on_click="ignore",
        help=f"{plain(content)} as they were at {plain(made_at)}. The file: {plain(export.path)}",
    )


def render_job(task: Task, job: SessionJob | None) -> None:
    """How far it is, why it came to nothing, or what it had to leave out."""
    if job is None:
        return
    name = EXPORTS[task][0]
    if job.running:
        draw_job_progress(job, f"Export {name}", f"{Keys.SESSION_MENU_CANCEL_EXPORT}_{task}")
    draw_job_problem(job)
    if job.last is not None and job.last.content.damaged:
        damaged = job.last.content.damaged
        draw_damaged(f"{len(damaged):,} left out of {name}", damaged)


def _export(task: Task) -> None:
    session = selection.selected()
    if session is not None:
        start_exporting(workspace(), session.key, task)


def _content(exported: Exported) -> str:
    rows = [rows_text(exported.rows)] if exported.rows else []
    pairs = [pairs_text(exported.pairs)] if exported.pairs else []
    return " and ".join(rows + pairs) or rows_text(0)
