"""Which labels of a set of images are in doubt, computed on a lane; and what somebody said of them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ipo.digits.labels.confirmed_labels import ConfirmedLabels
from ipo.digits.labels.review import Doubt, Review, review_labels
from ipo.digits.labels.store import BadLabels, Values
from ipo.digits.service import Digits
from ipo.error_text import error_text
from ipo.jobs import Submit
from ipo.services.background_cache import BackgroundCache, PortableJob

_WHO = "label review"


@dataclass(frozen=True)
class _Request:
    latent_version: int
    labels_version: int
    answers: int


class LabelReview:
    """Of one set of images. Every public method is quick, and safe to call from any thread."""

    def __init__(self, digits: Digits, submit: Submit) -> None:
        self.problem = ""  # why the last answer is not on disk; empty if it is
        self._digits = digits
        self._reviews: BackgroundCache[_Request, Review] = BackgroundCache(submit, self._prepare)
        self._confirmed: dict[int, int] = {}  # row → label, since the review under way began
        self._answers = 0

    @property
    def version(self) -> tuple[int, int]:
        """Another one whenever what `doubts` says, an error or what is under way may be another."""
        return self._reviews.version, self._answers

    @property
    def running(self) -> bool:
        return self._reviews.running

    @property
    def error(self) -> str:
        """Why the last review came to nothing; empty if it did not."""
        error = self._reviews.error
        return "" if error is None else error_text(error)

    def review(self) -> Review | None:
        """Of the labels as they are; of those before, or `None`, while it is computed."""
        if self._digits.predictions is None:
            return None
        return self._reviews.get(self._request())

    def doubts(self) -> list[Doubt]:
        """Those of the last review that nobody has answered since, the least likely label first."""
        last = self._reviews.last
        if last is None:
            return []
        values = self._digits.labels.snapshot().values
        return [
            doubt
            for doubt in last.doubts
            if values[doubt.row] == doubt.label and self._confirmed.get(doubt.row) != doubt.label
        ]

    def retry(self) -> None:
        self._reviews.refresh(self._request())

    def keep(self, doubt: Doubt) -> None:
        """The label is right: do not ask again."""
        if self._save(lambda: self._confirmed_labels().confirm([doubt.row], [doubt.label])):
            self._confirmed[doubt.row] = doubt.label

    def change(self, doubt: Doubt, to: int) -> None:
        """Another label is right."""
        self._save(lambda: self._digits.labels.label(doubt.row, to, who=_WHO))

    def mark_unsure(self, doubt: Doubt) -> None:
        """Nobody can say: neither taught nor asked about from now on."""
        self._save(lambda: self._digits.labels.mark_unsure(doubt.row, who=_WHO))

    def ask_again(self) -> None:
        """Forget which labels were kept."""
        if self._save(lambda: self._confirmed_labels().forget()):
            self._confirmed.clear()

    def _save(self, answer: Callable[[], object]) -> bool:
        """Whether that is on disk."""
        self._answers += 1
        try:
            answer()
        except (OSError, BadLabels) as error:
            self.problem = error_text(error)
            return False
        self.problem = ""
        return True

    def _request(self) -> _Request:
        digits = self._digits
        return _Request(digits.latent_version, digits.labels.snapshot().version, self._answers)

    def _prepare(self, _: _Request) -> PortableJob[Review]:
        predictions, values = self._digits.predictions, self._digits.labels.snapshot().values
        assert predictions is not None
        classes = self._digits.config.classes
        work = partial(_review, predictions.features, values, self._confirmed_labels(), classes)
        return PortableJob(f"review {np.count_nonzero(values >= 0):,} labels", work)

    def _confirmed_labels(self) -> ConfirmedLabels:
        labels = self._digits.labels
        return ConfirmedLabels(labels.path.parent, labels.count, labels.classes)


def _review(
    features: NDArray[np.float16], values: Values, confirmed: ConfirmedLabels, classes: int
) -> Review:
    return review_labels(features, values, confirmed.read(), classes)
