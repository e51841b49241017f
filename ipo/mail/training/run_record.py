"""What a run is on disk: a record of numbers and names in JSON, and arrays by name."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue, TypeAdapter, with_config

from ipo import records
from ipo.mail.clues import CLUE_NAMES
from ipo.mail.evaluation.guard_effect import GuardEffect
from ipo.mail.evaluation.metrics import Metric
from ipo.mail.explaining.meaning_map import MeaningMap, Projection, ProjectionName
from ipo.mail.model.calibration import (
    BetaCalibration,
    Calibration,
    IsotonicCalibration,
    SigmoidCalibration,
)
from ipo.mail.model.center import CenterChoice
from ipo.mail.model.numeric_head import NumericHead
from ipo.mail.model.spam_model import Scores, SpamModel
from ipo.mail.model.text_head import JointSpace, TextHead
from ipo.mail.training.params import TrainParams, params_to_json, parse_train_params
from ipo.mail.training.run import LabelledMails, Metrics, RunMetrics, TrainRun

FORMAT = 1
_BETA, _ISOTONIC = "calibration_beta", "calibration_isotonic"  # names of arrays
_PROJECTIONS: tuple[ProjectionName, ...] = get_args(ProjectionName)

Triple = tuple[float | None, float | None, float | None]
Table = dict[str, Triple]
Arrays = Mapping[str, NDArray[Any]]


@with_config(records.STRICT)
@dataclass(frozen=True)
class RunRecord:
    """`run.json`: what is no array."""

    format: int
    id: str
    created: float
    set_name: str
    data_sha: str
    labels_sha: str
    embedder: str
    params: dict[str, JsonValue]
    counts: dict[str, int]
    text_intercept: float
    calibration_slope: float  # of a sigmoid; others stand among the arrays
    calibration_offset: float
    numeric_intercept: float
    assist_center: float
    chosen_center: float
    clues: list[str]
    map_offsets: dict[str, float]
    nearest_pair: tuple[int, int] | None
    text: Table
    guarded: Table
    baselines: dict[str, Table]
    effect_delta: Triple
    effect_counts: tuple[int, int, int, int]  # mails, consulted, corrected, spoilt
    seconds: dict[str, float]


SCHEMA = TypeAdapter(RunRecord)


@dataclass(frozen=True)
class RunSummary:
    """What a list of runs shows."""

    id: str
    created: float
    embedder: str
    params: TrainParams
    counts: Mapping[str, int]  # train, tune, test, spam
    text: Metrics
    guarded: Metrics


def run_to_record(run: TrainRun) -> RunRecord:
    metrics, model, effect = run.metrics, run.model, run.metrics.effect
    calibration = model.calibration
    sigmoid = calibration if isinstance(calibration, SigmoidCalibration) else SigmoidCalibration()
    return RunRecord(
        format=FORMAT,
        id=run.id,
        created=run.created,
        set_name=run.set_name,
        data_sha=run.data_sha,
        labels_sha=run.labels_sha,
        embedder=run.embedder,
        params=params_to_json(run.params),
        counts=part_counts(run.mails),
        text_intercept=model.text_head.intercept,
        calibration_slope=sigmoid.slope,
        calibration_offset=sigmoid.offset,
        numeric_intercept=model.numeric_head.intercept,
        assist_center=model.guard.assist_center,
        chosen_center=run.center.center,
        clues=list(CLUE_NAMES),
        map_offsets={name: shown.offset for name, shown in run.meaning_map.projections.items()},
        nearest_pair=run.meaning_map.nearest_pair,
        text=_table(metrics.text),
        guarded=_table(metrics.guarded),
        baselines={name: _table(table) for name, table in metrics.baselines.items()},
        effect_delta=_triple(effect.delta),
        effect_counts=(effect.mails, effect.consulted, effect.corrected, effect.spoilt),
        seconds=dict(run.seconds),
    )


def run_to_arrays(run: TrainRun) -> dict[str, NDArray[Any]]:
    head, numeric, scores, center = run.model.text_head, run.model.numeric_head, run.scores, run.center
    arrays: dict[str, NDArray[Any]] = {
        "ids": np.array(run.mails.ids, np.str_),
        "labels": run.mails.labels,
        "groups": run.mails.groups,
        "parts": run.mails.parts,
        "columns": head.space.columns,
        "idf": head.space.idf,
        "term_weights": head.term_weights,
        "vector_weights": head.vector_weights,
        "clue_mean": numeric.mean,
        "clue_scale": numeric.scale,
        "clue_coefficients": numeric.coefficients,
        "text_logit": scores.text_logit,
        "p_text": scores.p_text,
        "numeric_logit": scores.numeric_logit,
        "p_numeric": scores.p_numeric,
        "probability": scores.probability,
        "threshold": scores.threshold,
        "consulted": scores.consulted,
        "centers": center.centers,
        "center_corrected": center.corrected,
        "center_gain": center.gain,
        "center_gain_error": center.gain_error,
        "center_consulted": center.consulted,
        "map_places": run.meaning_map.places,
    }
    for name, projection in run.meaning_map.projections.items():
        arrays[f"map_{name}"], arrays[f"map_{name}_normal"] = projection.positions, projection.normal
    return arrays | _calibration_arrays(run.model.calibration)


def run_from_record(record: RunRecord, arrays: Arrays) -> TrainRun:
    params = parse_train_params(record.params)
    return TrainRun(
        id=record.id,
        created=record.created,
        set_name=record.set_name,
        data_sha=record.data_sha,
        labels_sha=record.labels_sha,
        embedder=record.embedder,
        params=params,
        mails=LabelledMails(
            tuple(str(id_) for id_ in arrays["ids"]), arrays["labels"], arrays["groups"], arrays["parts"]
        ),
        model=SpamModel(
            TextHead(
                JointSpace(arrays["columns"], arrays["idf"]),
                arrays["vector_weights"],
                arrays["term_weights"],
                record.text_intercept,
            ),
            _calibration(record, arrays),
            NumericHead(
                arrays["clue_mean"],
                arrays["clue_scale"],
                arrays["clue_coefficients"],
                record.numeric_intercept,
            ),
            replace(params.guard, assist_center=record.assist_center),
            params.threshold,
        ),
        scores=Scores(
            arrays["text_logit"],
            arrays["p_text"],
            arrays["numeric_logit"],
            arrays["p_numeric"],
            arrays["probability"],
            arrays["threshold"],
            arrays["consulted"],
        ),
        metrics=RunMetrics(
            _metrics(record.text),
            _metrics(record.guarded),
            {name: _metrics(table) for name, table in record.baselines.items()},
            GuardEffect(_metric(record.effect_delta), *record.effect_counts),
        ),
        center=CenterChoice(
            record.chosen_center,
            arrays["centers"],
            arrays["center_corrected"],
            arrays["center_gain"],
            arrays["center_gain_error"],
            arrays["center_consulted"],
        ),
        meaning_map=MeaningMap(
            arrays["map_places"],
            {
                name: Projection(
                    arrays[f"map_{name}"], arrays[f"map_{name}_normal"], record.map_offsets[name]
                )
                for name in _PROJECTIONS
            },
            record.nearest_pair,
        ),
        seconds=record.seconds,
    )


def _calibration_arrays(calibration: Calibration) -> dict[str, NDArray[Any]]:
    if isinstance(calibration, BetaCalibration):
        return {_BETA: np.array([calibration.a, calibration.b, calibration.c])}
    if isinstance(calibration, IsotonicCalibration):
        return {_ISOTONIC: np.stack([calibration.logits, calibration.probabilities])}
    return {}


def _calibration(record: RunRecord, arrays: Arrays) -> Calibration:
    if _BETA in arrays:
        return BetaCalibration(*(float(value) for value in arrays[_BETA]))
    if _ISOTONIC in arrays:
        return IsotonicCalibration(*arrays[_ISOTONIC])
    return SigmoidCalibration(record.calibration_slope, record.calibration_offset)


def summary_from_record(record: RunRecord) -> RunSummary:
    return RunSummary(
        record.id,
        record.created,
        record.embedder,
        parse_train_params(record.params),
        record.counts,
        _metrics(record.text),
        _metrics(record.guarded),
    )


def part_counts(mails: LabelledMails) -> dict[str, int]:
    """Mails of each part, and how many of all are spam."""
    train, tune, test = np.bincount(mails.parts, minlength=3)
    return {"train": int(train), "tune": int(tune), "test": int(test), "spam": int(mails.spam.sum())}


def _table(metrics: Metrics) -> Table:
    return {name: _triple(metric) for name, metric in metrics.items()}


def _triple(metric: Metric) -> Triple:
    """Numbers that could not be had are null."""
    value, low, high = (None if math.isnan(number) else number for number in asdict(metric).values())
    return value, low, high


def _metrics(table: Table) -> Metrics:
    return {name: _metric(triple) for name, triple in table.items()}


def _metric(triple: Triple) -> Metric:
    return Metric(*(math.nan if number is None else number for number in triple))
