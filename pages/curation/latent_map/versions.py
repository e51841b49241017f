"""The version of what each panel of this page shows; each binds the images of this tab, for any thread."""

from functools import partial
from typing import Any

from ipo.services.dataset_fetch import DatasetFetch
from ipo.services.digits.label_transfers import IMAGES, IMPORT
from ipo.services.digits.service import DigitsService
from ipo.services.session_jobs import SessionJobs
from ipo.ui.digits.chosen import chosen_service
from ipo.ui.job_panels import job_version
from ipo.ui.runtime.live_page import Version
from ipo.ui.runtime.process import workspace


def problem() -> Version:
    return partial(_problem, chosen_service(), workspace().fetches.mnist)


def map_() -> Version:
    return partial(_source, chosen_service())


def below() -> Version:
    return partial(_opened, chosen_service())


def statistics() -> Version:
    return partial(_statistics, chosen_service())


def review() -> Version:
    return partial(_review, chosen_service())


def transfers() -> Version:
    return partial(_transfers, chosen_service(), workspace().session_jobs)


def messages() -> Version:
    return partial(_messages, chosen_service())


def _problem(service: DigitsService, fetch: DatasetFetch) -> Any:
    labelled = service.opened and service.digits.labels.snapshot().count > 0
    return service.problem, service.work.busy, service.digits.labels_elsewhere, labelled, fetch.version


def _source(service: DigitsService) -> Any:
    return service.source  # everything else the map asks for itself


def _opened(service: DigitsService) -> Any:
    return service.opened


def _labels(service: DigitsService) -> Any:
    return service.digits.labels.snapshot().version if service.opened else None


def _statistics(service: DigitsService) -> Any:
    return _labels(service), service.digits.latent_version, len(service.digits.runs)


def _review(service: DigitsService) -> Any:
    return _labels(service), service.digits.latent_version, service.label_review.version


def _transfers(service: DigitsService, jobs: SessionJobs) -> Any:
    return _labels(service), [job_version(jobs.last(kind, service.source)) for kind in (IMPORT, IMAGES)]


def _messages(service: DigitsService) -> Any:
    return service.digits.messages
