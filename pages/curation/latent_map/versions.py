"""The version of what each panel of this page shows; each binds the images of this tab, for any thread."""

from functools import partial
from typing import Any

from ipo.services.digits import DigitsService
from ipo.services.mnist_fetch import MnistFetch
from ipo.ui.digits.chosen import chosen_service
from ipo.ui.runtime.live_page import Version
from ipo.ui.runtime.process import workspace


def problem() -> Version:
    return partial(_problem, chosen_service(), workspace().mnist_fetch)


def _problem(service: DigitsService, fetch: MnistFetch) -> Any:
    return service.problem, service.work.busy, fetch.version
