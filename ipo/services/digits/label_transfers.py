"""Importing labels, and writing labelled images to a zip, on a lane."""

import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from background import Lane
from ipo.digits.data import Data
from ipo.digits.labels.csv_file import Values
from ipo.digits.labels.image_export import export_images
from ipo.digits.labels.store import LabelStore
from ipo.digits.labels.transfer import ImportReport, import_labels
from ipo.jobs import Progress
from ipo.preference.transfer.archive import exports_folder
from ipo.services.background_cache import PortableJob
from ipo.services.digits.service import DigitsService
from ipo.services.session_jobs import SessionJob, SessionJobs
from ipo.slugs import slug

IMPORT = "import labels"
IMAGES = "export labelled images"


@dataclass(frozen=True)
class ImageExport:
    """A zip that is ready to be downloaded."""

    path: Path
    images: int
    size: int  # bytes
    made_at: float  # seconds since the epoch


def start_exporting_images(jobs: SessionJobs, service: DigitsService) -> SessionJob:
    """Write the labelled images to a zip with a folder per class."""
    codes = service.digits.labels.snapshot().codes
    job = PortableJob(IMAGES, partial(write_images, service.home, service.source, service.digits.data, codes))
    return jobs.begin(IMAGES, service.source, Lane.CV, job, lambda export: None)


def start_importing_labels(
    jobs: SessionJobs, service: DigitsService, content: bytes, *, theirs: bool
) -> SessionJob:
    """Take labels from a table; where an image has another label here, that one stays, unless `theirs`."""
    store, data = service.digits.labels, service.digits.data
    job = PortableJob(IMPORT, partial(take_labels, store, data, content, theirs))
    return jobs.begin(IMPORT, service.source, Lane.CV, job, lambda report: None)


def write_images(home: Path, source: str, data: Data, codes: Values, progress: Progress) -> ImageExport:
    """Raises `OSError`, `Cancelled`, and `ValueError` where nothing has a label."""
    path = exports_folder(home) / f"{slug(Path(source).stem)}-labelled.zip"
    images = export_images(path, data, codes, progress=progress)
    return ImageExport(path, images, path.stat().st_size, time.time())


def take_labels(store: LabelStore, data: Data, content: bytes, theirs: bool) -> ImportReport:
    """Raises `BadTable`, `BadLabels` and `OSError`."""
    return import_labels(store, data, content, theirs=theirs)
