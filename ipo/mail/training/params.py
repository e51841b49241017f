"""The settings of a training, their ranges, and what is wrong with others."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, TypeVar, get_args

from ipo.mail.clues import check_names
from ipo.mail.embedding.embedders import NAMES
from ipo.mail.model.calibration import CalibrationMethod
from ipo.mail.model.guardrail import CenterMode, GuardParams, Strategy


@dataclass(frozen=True)
class Range:
    """Both ends are allowed; `step` is what a control moves by."""

    low: float
    high: float
    step: float
    whole: bool = False


@dataclass(frozen=True)
class TrainParams:
    """How a run is trained. The defaults are what `bench.train_stage` measures."""

    hold_out: float = 0.30  # share that is not learnt from: half tunes, half tests
    seed: int = 42
    max_iter: int = 1000
    C: float = 1.0
    threshold: float = 0.60
    calibrate: bool = True
    calibration: CalibrationMethod = "sigmoid"
    words: bool = True  # join the text vector with tf-idf of tokens and words
    mask: bool = False  # hide personal data before anything is learnt
    by_date: bool = False  # learn from the older mails, test on the newest
    embedder: str = "wordllama"
    guard: GuardParams = field(default_factory=GuardParams)


PARAM_RANGES: Mapping[str, Range] = {
    "hold_out": Range(0.10, 0.50, 0.05),
    "seed": Range(0, 2**32 - 1, 1, whole=True),
    "max_iter": Range(200, 10_000, 100, whole=True),
    "C": Range(0.01, 100.0, 0.25),
    "threshold": Range(0.10, 0.90, 0.01),
    "assist_center": Range(0.30, 0.90, 0.01),
    "uncertainty_band": Range(0.0, 0.20, 0.01),
    "numeric_scale": Range(0.0, 1.0, 0.05),
    "numeric_logit_cap": Range(0.2, 3.0, 0.1),
}
CHOICES: Mapping[str, tuple[str, ...]] = {
    "calibration": get_args(CalibrationMethod),
    "assist_center_mode": get_args(CenterMode),
    "combine_strategy": get_args(Strategy),
    "embedder": NAMES,
}
_SHIFT = Range(-0.5, 0.5, 0.01)
_ROUNDING = 1e-9

Settings = TypeVar("Settings", TrainParams, GuardParams)


def parse_train_params(values: Mapping[str, Any]) -> TrainParams:
    """The settings of a mapping, the rest as the defaults have it; `guard` is a mapping of its own.

    Raises `ValueError` with a sentence for what is unknown, of another kind, or out of range.
    """
    guard = dict(values.get("guard", {}))
    shifts = dict(guard.pop("shifts", {}))
    check_names(shifts)
    params = _replaced(TrainParams(), {key: value for key, value in values.items() if key != "guard"})
    default = GuardParams()
    parsed = {name: _number(f"Shift of {name}", value, _SHIFT) for name, value in shifts.items()}
    return replace(params, guard=replace(_replaced(default, guard), shifts=dict(default.shifts) | parsed))


def params_to_json(params: TrainParams) -> dict[str, Any]:
    """What `parse_train_params` reads back to the same settings."""
    return asdict(params)


def _replaced(default: Settings, values: Mapping[str, Any]) -> Settings:
    known = {entry.name: getattr(default, entry.name) for entry in fields(default)}
    parsed = {}
    for name, value in values.items():
        if name not in known or name in ("guard", "shifts"):
            raise ValueError(
                f"{name!r} is not a setting of a training; one of {', '.join(known)} would be right"
            )
        parsed[name] = _parsed(name, value, known[name])
    return replace(default, **parsed)


def _parsed(name: str, value: Any, default: Any) -> Any:
    if name in CHOICES:
        if value not in CHOICES[name]:
            raise ValueError(f"{name} is {value!r}; {' or '.join(CHOICES[name])} would be right")
        return value
    if isinstance(default, bool):
        if not isinstance(value, bool):
            raise ValueError(f"{name} is {value!r}; true or false would be right")
        return value
    return _number(name, value, PARAM_RANGES[name])


def _number(name: str, value: Any, bounds: Range) -> float | int:
    wrong = isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value)
    if wrong or (bounds.whole and value != int(value)):
        kind = "a whole number" if bounds.whole else "a number"
        raise ValueError(f"{name} is {value!r}; {kind} would be right")
    if not bounds.low - _ROUNDING <= value <= bounds.high + _ROUNDING:
        raise ValueError(f"{name} is {value}; {bounds.low:g} to {bounds.high:g} would be right")
    return int(value) if bounds.whole else min(max(float(value), bounds.low), bounds.high)
