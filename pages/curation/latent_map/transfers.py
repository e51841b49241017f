"""Below the map: labels and labelled images out to other programs, and labels in from them."""

from datetime import datetime
from functools import partial

import streamlit as st

from ipo.digits.labels.label_table import Kind
from ipo.digits.labels.transfer import ImportReport, export_labels
from ipo.keys import Keys
from ipo.services.digits.label_transfers import (
    IMAGES,
    IMPORT,
    ImageExport,
    start_exporting_images,
    start_importing_labels,
)
from ipo.services.digits.service import DigitsService
from ipo.slugs import slug
from ipo.ui.digits.chosen import chosen_service
from ipo.ui.job_panels import draw_job_problem, draw_job_progress, size_text
from ipo.ui.panels import heading, panel
from ipo.ui.runtime.live_page import live_panel
from ipo.ui.runtime.process import workspace
from ipo.ui.text import plain
from pages.curation.latent_map import versions

LIVE_SECONDS = 0.5  # between two drawings of how far a job is
LARGEST_IMPORT = 200  # MB
KEEP, TAKE = "keep mine", "take theirs"
KINDS: dict[Kind, str] = {"csv": "CSV", "parquet": "Parquet"}


@live_panel(Keys.MAP_TRANSFERS_PANEL, versions.transfers, LIVE_SECONDS)
def render_transfers() -> None:
    service = chosen_service()
    export, import_ = st.columns(2, gap="medium")
    with export:
        _draw_exports(service)
    with import_:
        _draw_import(service)


@panel("Export")
def _draw_exports(service: DigitsService) -> None:
    heading("Labels", "One line for each label: id of the image, its class, who gave it and when.")
    labels = service.digits.labels
    nothing = not (labels.snapshot().codes != -1).any()
    with st.container(horizontal=True, gap="small"):
        for kind, name in KINDS.items():
            st.download_button(
                plain(name),
                partial(export_labels, labels, service.digits.data, kind),
                file_name=f"{slug(service.source)}-labels.{kind}",
                key=f"{Keys.MAP_EXPORT}_{kind}",
                icon=":material/download:",
                on_click="ignore",
                disabled=nothing,
                help="There are no labels yet." if nothing else None,
            )
    heading(
        "Images", "The labelled images as PNG, a folder for each class: torchvision and FiftyOne read it."
    )
    job = workspace().session_jobs.last(IMAGES, service.source)
    if job is not None and job.running:
        draw_job_progress(job, "Images", Keys.MAP_EXPORT_CANCEL)
        return
    with st.container(horizontal=True, gap="small"):
        st.button(
            "Write a zip",
            key=Keys.MAP_EXPORT_IMAGES,
            icon=":material/folder_zip:",
            on_click=_export_images,
            disabled=nothing,
            help="There are no labels yet." if nothing else None,
        )
        if job is not None and job.last is not None:
            _draw_download(job.last)
    draw_job_problem(job)


def _draw_download(export: ImageExport) -> None:
    at = datetime.fromtimestamp(export.made_at).strftime("%H:%M:%S")
    st.download_button(
        f"Save {plain(size_text(export.size))}",
        export.path.read_bytes,
        file_name=export.path.name,
        key=Keys.MAP_DOWNLOAD_IMAGES,
        icon=":material/download:",
        type="primary",
        on_click="ignore",
        help=f"{export.images:,} images as they were labelled at {plain(at)}. The file: {plain(export.path)}",
    )


@panel("Import")
def _draw_import(service: DigitsService) -> None:
    heading(
        "Import labels",
        "A CSV or Parquet file as the export writes it, or a plain labels.csv. Images are known by their "
        "pixels, in whichever order they come. One undo on the map takes an import back.",
    )
    job = workspace().session_jobs.last(IMPORT, service.source)
    if job is not None and job.running:
        draw_job_progress(job, "Importing", Keys.MAP_EXPORT_CANCEL)
        return
    st.segmented_control(
        "Where an image has another label here",
        (KEEP, TAKE),
        default=KEEP,
        required=True,
        key=Keys.MAP_IMPORT_THEIRS,
        persist_state="session",
    )
    st.file_uploader(
        "CSV or Parquet",
        ("csv", "tsv", "txt", "parquet"),
        key=Keys.MAP_IMPORT,
        max_upload_size=LARGEST_IMPORT,
        on_change=_import,
    )
    if job is not None and job.last is not None:
        _draw_report(job.last)
    draw_job_problem(job)


def _draw_report(report: ImportReport) -> None:
    st.caption("  \n".join(plain(sentence) for sentence in report.sentences))


def _export_images() -> None:
    start_exporting_images(workspace().session_jobs, chosen_service())


def _import() -> None:
    table = st.session_state[Keys.MAP_IMPORT]
    # Called again if the run that drew the uploader was cut short by another.
    if table is not None and table.file_id != st.session_state.get(Keys.MAP_IMPORTED):
        st.session_state[Keys.MAP_IMPORTED] = table.file_id
        theirs = st.session_state.get(Keys.MAP_IMPORT_THEIRS) == TAKE
        start_importing_labels(workspace().session_jobs, chosen_service(), table.getvalue(), theirs=theirs)
