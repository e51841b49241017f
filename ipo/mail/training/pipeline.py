"""From labelled mails to a run: split, fit, calibrate, choose the centre, evaluate, draw the map. Pure."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ipo.jobs import SILENT, Progress
from ipo.mail.clues import present
from ipo.mail.embedding.cache import EmbeddingCache
from ipo.mail.evaluation.baselines import majority, naive_bayes
from ipo.mail.evaluation.guard_effect import measure_guard_effect
from ipo.mail.evaluation.metrics import Metric, Resamples, evaluate, f1_metric, proportion, resample
from ipo.mail.explaining.meaning_map import MeaningMap, build_meaning_map, sample_places
from ipo.mail.features import MailFeatures
from ipo.mail.mails import SAFE, SPAM, MailSet
from ipo.mail.model.calibration import (
    LEAST_ISOTONIC,
    Calibration,
    SigmoidCalibration,
    fit_calibration,
)
from ipo.mail.model.center import auto_select_assist_center
from ipo.mail.model.numeric_head import fit_numeric_head
from ipo.mail.model.spam_model import Scores, SpamModel
from ipo.mail.model.text_head import TextHead, fit_joint_space, fit_text_head
from ipo.mail.splits import Split, split_by_date, three_way_split
from ipo.mail.training.params import TrainParams
from ipo.mail.training.readiness import NotReady, balance
from ipo.mail.training.run import TEST, TRAIN, TUNE, LabelledMails, RunMetrics, TrainRun, labels_sha

Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class TrainingData:
    """A set of mails, what is read of them, and the labels that teach."""

    set_name: str
    mails: MailSet
    features: MailFeatures
    labels: NDArray[np.int8]  # (n,)


@dataclass
class _Stages:
    """Says which stage is under way, and how long each took."""

    progress: Progress
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str, fraction: float, message: str) -> Iterator[None]:
        self.progress.check()
        self.progress.report(fraction, message)
        began = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - began


def execute_training_pipeline(
    data: TrainingData, params: TrainParams, cache: EmbeddingCache, progress: Progress = SILENT
) -> TrainRun:
    """Train once. Raises `NotReady` with too few labels, and `Cancelled`; nothing is changed then."""
    missing = balance(data.labels).missing
    if missing:
        raise NotReady(" ".join(missing))
    stages = _Stages(progress)
    created = time.time()
    with stages.stage("encode", 0.05, "Read the mails"):
        everything = cache.encode(data.set_name, data.features.texts, progress)
    with stages.stage("split", 0.3, "Split"):
        mails, rows = _labelled(data, params)
    encoded, clues = everything.rows(rows), data.features.clues[rows]
    train, tune = mails.places(TRAIN), mails.places(TUNE)
    with stages.stage("space", 0.35, "Weigh the words"):
        space = fit_joint_space(encoded.rows(train), params.words)
        positions = space.positions(encoded)
    with stages.stage("heads", 0.55, "Fit both heads"):
        text_head = fit_text_head(space, positions[train], mails.spam[train], params.C, params.max_iter)
        numeric_head = fit_numeric_head(clues[train], mails.spam[train], params.C, params.max_iter)
    with stages.stage("tune", 0.7, "Calibrate and choose the centre"):
        logits = text_head.logit(encoded)
        calibration = _calibrate(logits[tune], mails.spam[tune], params)
        center = auto_select_assist_center(
            calibration.probability(logits[tune]),
            numeric_head.logit(clues[tune]),
            present(clues[tune]),
            mails.spam[tune],
            params.guard,
            params.threshold,
        )
        guard = params.guard
        if guard.assist_center_mode == "auto":
            guard = replace(guard, assist_center=center.center)
        model = SpamModel(text_head, calibration, numeric_head, guard, params.threshold)
        scores = model.score(encoded, clues)
    with stages.stage("test", 0.75, "Test"):
        metrics = _evaluate(data, mails, rows, scores, params)
    with stages.stage("map", 0.9, "Draw the map"):
        meaning_map = _map(mails, positions, text_head, scores.consulted, params)
    return TrainRun(
        id=time.strftime("%Y%m%d-%H%M%S", time.gmtime(created)) + f"-{int(created * 1e6) % 1_000_000:06d}",
        created=created,
        set_name=data.set_name,
        data_sha=data.mails.sha,
        labels_sha=labels_sha(data.mails.ids, data.labels),
        embedder=cache.embedder.name,
        params=params,
        mails=mails,
        model=model,
        scores=scores,
        metrics=metrics,
        center=center,
        meaning_map=meaning_map,
        seconds=stages.seconds,
    )


def _labelled(data: TrainingData, params: TrainParams) -> tuple[LabelledMails, NDArray[np.int64]]:
    """The mails that teach, tune and test, and their rows in the set."""
    split = _split(data, params)
    rows = np.concatenate([split.train, split.tune, split.test])
    parts = np.repeat(
        np.array([TRAIN, TUNE, TEST], np.int8), [len(split.train), len(split.tune), len(split.test)]
    )
    order = np.argsort(rows, kind="stable")
    rows, parts = rows[order], parts[order]
    mails = LabelledMails(
        tuple(data.mails.ids[row] for row in rows), data.labels[rows], data.features.groups[rows], parts
    )
    taught = mails.labels[mails.places(TRAIN)]
    for code, name in ((SPAM, "spam"), (SAFE, "safe")):
        if code not in taught:
            raise NotReady(
                f"All {name} mails are near-duplicates that fell into the part that is held out. Label "
                f"{name} mails that differ, or hold out less."
            )
    return mails, rows


def _split(data: TrainingData, params: TrainParams) -> Split:
    groups = data.features.groups
    if params.by_date:
        return split_by_date(data.labels, groups, data.mails.dates, params.hold_out)
    return three_way_split(data.labels, groups, params.hold_out, params.seed)


def _calibrate(logits: NDArray[np.float64], spam: Flags, params: TrainParams) -> Calibration:
    if not params.calibrate:
        return SigmoidCalibration()
    if params.calibration == "isotonic" and len(spam) < LEAST_ISOTONIC:
        raise NotReady(
            f"Isotonic calibration needs {LEAST_ISOTONIC:,} mails in the tune part; there are {len(spam):,}. "
            "Choose sigmoid or beta, hold out more, or label more mails."
        )
    return fit_calibration(logits, spam, params.calibration)


def _evaluate(
    data: TrainingData, mails: LabelledMails, rows: NDArray[np.int64], scores: Scores, params: TrainParams
) -> RunMetrics:
    train, test = mails.places(TRAIN), mails.places(TEST)
    spam, tested = mails.spam[test], scores.rows(test)
    by_text = tested.p_text >= params.threshold
    resamples = resample(mails.groups[test], params.seed)
    texts = data.features.texts
    taught = mails.spam[train]
    simple = {
        "majority": majority(taught, len(test)),
        "naive_bayes": naive_bayes(
            [texts[row] for row in rows[train]], taught, [texts[row] for row in rows[test]]
        ),
    }
    return RunMetrics(
        text=evaluate(spam, tested.p_text, by_text, resamples),
        guarded=evaluate(spam, tested.probability, tested.spam, resamples),
        baselines={name: decision_metrics(spam, decision, resamples) for name, decision in simple.items()},
        effect=measure_guard_effect(spam, by_text, tested.spam, tested.consulted, resamples),
    )


def decision_metrics(spam: Flags, decision: Flags, resamples: Resamples) -> Mapping[str, Metric]:
    """The metrics that need no probability."""
    hits = int((spam & decision).sum())
    return {
        "accuracy": proportion(int((spam == decision).sum()), len(spam)),
        "precision": proportion(hits, int(decision.sum())),
        "recall": proportion(hits, int(spam.sum())),
        "f1": f1_metric(spam, decision, resamples),
    }


def _map(
    mails: LabelledMails, positions: sp.csr_array, head: TextHead, consulted: Flags, params: TrainParams
) -> MeaningMap:
    places = sample_places(mails.spam, mails.parts, consulted, params.seed)
    return build_meaning_map(places, positions[places], mails.spam[places], head.weights, head.intercept)
