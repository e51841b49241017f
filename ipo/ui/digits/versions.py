"""The version of what each panel shows; each binds the images of this tab, for any thread to read."""

from functools import partial
from typing import Any

from ipo.services.dataset_fetch import DatasetFetch
from ipo.services.digits.service import DigitsService
from ipo.ui.digits.chosen import chosen_service
from ipo.ui.digits.first_labels import lacks_labels
from ipo.ui.runtime.live_page import Version
from ipo.ui.runtime.process import workspace


def knobs() -> Version:
    return partial(_knobs, chosen_service())


def controls() -> Version:
    return partial(_controls, chosen_service())


def progress() -> Version:
    return partial(_progress, chosen_service(), workspace().fetches.mnist)


def curves() -> Version:
    return partial(_curves, chosen_service())


def without_data() -> Version:
    return partial(_without_data, chosen_service(), workspace().fetches.mnist)


def _knobs(digits_service: DigitsService) -> Any:
    return digits_service.opened, digits_service.digits.knobs


def _controls(digits_service: DigitsService) -> Any:
    learnt = digits_service.digits.trained, lacks_labels(digits_service)
    return digits_service.opened, digits_service.work.busy, digits_service.stoppable, learnt


def _progress(digits_service: DigitsService, fetch: DatasetFetch) -> Any:
    return digits_service.version, fetch.version


def _curves(digits_service: DigitsService) -> Any:
    digits = digits_service.digits
    history = digits.history and (len(digits.history), digits.history[-1])
    drawn = history, digits.newest_point, len(digits.turns), len(digits.runs)
    empty = not history and lacks_labels(digits_service)
    return digits_service.opened, digits.status.busy, drawn, empty


def _without_data(digits_service: DigitsService, fetch: DatasetFetch) -> Any:
    brought = not fetch.busy and digits_service.has_data  # by somebody else
    return fetch.version, brought
