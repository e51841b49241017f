"""Measures of steps as a rule sees them, made by hand."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ipo.inspector.findings.finding import Finding
from ipo.inspector.findings.measures import BatchMeasures, ExampleMeasures, ParameterMeasures, StepMeasures
from ipo.inspector.findings.record import TrainingRecord
from ipo.inspector.findings.rules.table import Rule

STEPS = 120


def parameter(key: str = "0/weight", **changed: Any) -> ParameterMeasures:
    """A healthy weight."""
    usual: dict[str, Any] = {
        "axes": 2, "trainable": True, "optimized": True, "weight": 0.1, "gradient": 0.01, "update": 1e-4,
        "descent": 0.5, "turn": 0.1,
    }  # fmt: skip
    return ParameterMeasures(key, **usual | changed)


def step(index: int, **changed: Any) -> StepMeasures:
    """A step of a healthy training of two weights."""
    usual: dict[str, Any] = {
        "loss": 2.0 * 0.97**index,
        "epoch": index // 20,
        "parameters": (parameter("0/weight"), parameter("2/weight")),
        "rates": (0.1 * 0.99**index,),
    }
    return StepMeasures(index, **usual | changed)


def record(steps: Iterable[StepMeasures]) -> TrainingRecord:
    made = TrainingRecord()
    for one in steps:
        made.add(one)
    return made


def found(
    rule: Rule, change: Callable[[int], dict[str, Any]] = lambda index: {}, steps: int = STEPS
) -> list[Finding]:
    """What a rule says after so many steps, each changed by what `change` gives for its number."""
    return list(rule(record(step(index, **change(index)) for index in range(steps))))


def batch(digests: Iterable[int], labels: Iterable[int] | None = None) -> BatchMeasures:
    rows = np.array(list(digests), np.uint64)
    kinds = None if labels is None else np.array(list(labels), np.int64)
    return BatchMeasures(len(rows), rows, kinds)


def examples(losses: Iterable[float], **more: Any) -> ExampleMeasures:
    return ExampleMeasures(np.array(list(losses)), "cross entropy", **more)
