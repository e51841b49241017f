"""The version of what each panel shows; each binds the set of mails and the settings of this tab."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from ipo.keys import Keys
from ipo.services.dataset_fetch import DatasetFetch
from ipo.services.mail.imports import last_import
from ipo.services.mail.service import MailService
from ipo.services.mail.services import MailServices
from ipo.services.session_jobs import SessionJobs
from ipo.ui.job_panels import job_version
from ipo.ui.mail.chosen import require_service
from ipo.ui.runtime.live_page import Version
from ipo.ui.runtime.process import workspace
from pages.training.train_stage.state import ShownRun


def empty() -> Version:
    return partial(_empty, workspace().mail_services, workspace().fetches.mail)


def imports() -> Version:
    return partial(_imports, workspace().session_jobs)


def launchpad() -> Version:
    return partial(_launchpad, require_service(), *_settings())


def training() -> Version:
    return partial(_training, require_service())


def results() -> Version:
    return partial(_run, require_service(), st.session_state[Keys.TRAIN_STAGE_SHOWN])


def sentence() -> Version:
    return partial(_sentence, require_service(), st.session_state[Keys.TRAIN_STAGE_SHOWN], *_settings())


def opinions() -> Version:
    """Of panels that show what is said of single mails, which is computed when somebody looks."""
    return partial(_opinions, require_service(), st.session_state[Keys.TRAIN_STAGE_SHOWN])


def meaning_map() -> Version:
    """Of the map, whose projection may be computed once it is chosen."""
    return partial(_meaning_map, require_service(), st.session_state[Keys.TRAIN_STAGE_SHOWN])


def nerd() -> Version:
    return partial(_nerd, require_service(), st.session_state[Keys.TRAIN_STAGE_SHOWN], *_settings())


def _settings() -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    return st.session_state[Keys.TRAIN_PARAMS], st.session_state[Keys.GUARD_PARAMS]


def _empty(services: MailServices, fetch: DatasetFetch) -> Any:
    return fetch.version, services.sets


def _imports(jobs: SessionJobs) -> Any:
    return job_version(last_import(jobs))


def _launchpad(service: MailService, params: Mapping[str, Any], guard: Mapping[str, Any]) -> Any:
    return service.version, str(params), str(guard)


def _training(service: MailService) -> Any:
    return service.training.version, service.mails is not None, service.problem, service.labels.version


def _run(service: MailService, shown: ShownRun) -> Any:
    service.look()  # another process may have trained, labelled, or brought mails
    return service.runs.version, shown.pinned, service.mails and service.mails.sha


def _sentence(
    service: MailService, shown: ShownRun, params: Mapping[str, Any], guard: Mapping[str, Any]
) -> Any:
    return _run(service, shown), service.labels.version, str(params), str(guard)


def _opinions(service: MailService, shown: ShownRun) -> Any:
    return _run(service, shown), service.opinions.version


def _meaning_map(service: MailService, shown: ShownRun) -> Any:
    return _opinions(service, shown), service.features_version, service.umap.version


def _nerd(service: MailService, shown: ShownRun, params: Mapping[str, Any], guard: Mapping[str, Any]) -> Any:
    return _opinions(service, shown), str(params), str(guard)
