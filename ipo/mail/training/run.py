"""One training and what came of it: an immutable record."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ipo.mail.clues import CLUE_NAMES
from ipo.mail.evaluation.guard_effect import GuardEffect
from ipo.mail.evaluation.metrics import Metric, Resamples, resample
from ipo.mail.explaining.meaning_map import MeaningMap
from ipo.mail.mails import SAFE, SPAM
from ipo.mail.model.center import CenterChoice
from ipo.mail.model.spam_model import Scores, SpamModel
from ipo.mail.training.params import TrainParams

TRAIN, TUNE, TEST = 0, 1, 2
PART_NAMES = ("train", "tune", "test")

Metrics = Mapping[str, Metric]


@dataclass(frozen=True, eq=False)
class LabelledMails:
    """The mails that a run was made with."""

    ids: tuple[str, ...]  # (m,)
    labels: NDArray[np.int8]  # (m,) SAFE or SPAM
    groups: NDArray[np.int32]  # (m,)
    parts: NDArray[np.int8]  # (m,) TRAIN, TUNE or TEST

    @property
    def spam(self) -> NDArray[np.bool_]:
        return np.asarray(self.labels == SPAM)

    def places(self, part: int) -> NDArray[np.int64]:
        """Where the mails of a part stand."""
        return np.flatnonzero(self.parts == part)


@dataclass(frozen=True, eq=False)
class RunMetrics:
    """On the test part, looked at once."""

    text: Metrics
    guarded: Metrics
    baselines: Mapping[str, Metrics]  # majority, naive_bayes: accuracy, precision, recall, f1
    effect: GuardEffect


@dataclass(frozen=True, eq=False)
class TrainRun:
    """What was trained on what, how, and how good it is."""

    id: str
    created: float  # seconds since the epoch
    set_name: str
    data_sha: str
    labels_sha: str
    embedder: str
    params: TrainParams  # as asked for; `model.guard` has the centre that was chosen
    mails: LabelledMails
    model: SpamModel
    scores: Scores  # (m,)
    metrics: RunMetrics
    center: CenterChoice
    meaning_map: MeaningMap
    seconds: Mapping[str, float]  # by stage

    def resamples(self) -> Resamples:
        """The bootstrap samples of the test part that its metrics have."""
        return resample(self.mails.groups[self.mails.places(TEST)], self.params.seed)


def labels_sha(ids: Sequence[str], labels: NDArray[np.int8]) -> str:
    """Hash of the labels that teach: another one once a mail is labelled, changed or cleared."""
    pairs = sorted(f"{id_} {label}" for id_, label in zip(ids, labels, strict=True) if label in (SAFE, SPAM))
    return hashlib.sha256("\n".join(pairs).encode()).hexdigest()


def stale_reasons(
    run: TrainRun, data_sha: str, labels: str, params: TrainParams, embedder: str
) -> tuple[str, ...]:
    """Why a run is not what a training now would give, in words; empty if it is."""
    reasons = []
    if run.data_sha != data_sha:
        reasons.append("the mails are others")
    if run.labels_sha != labels:
        reasons.append("labels have changed")
    if run.embedder != embedder:
        reasons.append(f"it read the text with {run.embedder}, now it is {embedder}")
    reasons += [
        f"{name} was {before}, now it is {now}" for name, before, now in params_difference(run.params, params)
    ]
    return tuple(reasons)


def params_difference(before: TrainParams, now: TrainParams) -> list[tuple[str, object, object]]:
    """Name, old and new value of each setting that is another."""
    old, new = _flat(before), _flat(now)
    return [(name, value, new[name]) for name, value in old.items() if name in new and value != new[name]]


def _flat(params: TrainParams) -> dict[str, object]:
    plain = {name: value for name, value in vars(params).items() if name not in ("guard", "embedder")}
    guard = dict(vars(params.guard))
    given = guard.pop("shifts")
    if not params.calibrate:
        plain.pop("calibration")  # nobody is asked
    shifts = {f"shift of {name}": given.get(name, 0.0) for name in CLUE_NAMES}
    if guard["assist_center_mode"] == "auto":
        guard["assist_center"] = "auto"  # what stands there is not asked
    return plain | guard | shifts
