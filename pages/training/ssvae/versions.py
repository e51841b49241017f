"""The version of what the panels show that this page alone has; see `ipo.ui.digits.versions`."""

from functools import partial
from typing import Any

from ipo.services.digits.service import DigitsService
from ipo.ui.digits.chosen import chosen_service
from ipo.ui.runtime.live_page import Version


def labels() -> Version:
    return partial(_labels, chosen_service())


def runs() -> Version:
    return partial(_runs, chosen_service())


def _labels(digits_service: DigitsService) -> Any:
    opened, elsewhere = digits_service.opened, digits_service.digits.labels_elsewhere
    labels = digits_service.digits.labels.snapshot().version if opened else None
    return opened, labels, elsewhere, digits_service.work.busy


def _runs(digits_service: DigitsService) -> Any:
    return len(digits_service.digits.runs), digits_service.digits.run_names
