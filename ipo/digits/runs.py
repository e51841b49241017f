"""Runs: what each training was given and what came of it. The record of a run that ended never changes."""

import hashlib
import json
import logging
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from ipo.digits.config import KnobTurn
from ipo.digits.epoch_metrics import EpochMetrics, TrainingPoint, epoch_of
from ipo.digits.labels.store import Values
from ipo.durable import replace_file, sync_folder
from ipo.regular_files import read_regular

logger = logging.getLogger(__name__)

LONGEST_NAME = 60  # letters

_MOST_BYTES = 1 << 28
_NAMES = "names.json"
_UNDER_WAY = ".json.part"  # instead of .json


class Outcome(StrEnum):
    COMPLETE = "complete"
    STOPPED = "stopped"
    ERROR = "error"
    INTERRUPTED = "interrupted"  # its process was killed, or the machine went down


@dataclass(frozen=True)
class RunRecord:
    """One training, from *Start* or *Continue* to its end."""

    number: int
    started_at: str  # ISO 8601, UTC
    seconds: float
    outcome: Outcome
    error: str  # why it ended, for `Outcome.ERROR`
    config: Mapping[str, Any]
    knobs: Mapping[str, float]  # at the start; `history` has those of each epoch
    data_sha256: str
    labels_sha256: str  # at the start
    labels: int  # at the start, held-out ones included
    from_step: int
    to_step: int
    history: tuple[EpochMetrics, ...]  # of this run alone
    turns: tuple[KnobTurn, ...] = ()  # records of older versions have none, nor points
    points: tuple[TrainingPoint, ...] = ()

    @property
    def final(self) -> dict[str, float]:
        """The last epoch's metrics: `train loss`, `val accuracy`, …"""
        if not self.history:
            return {}
        last = self.history[-1]
        return {f"train {name}": value for name, value in last.train.items()} | {
            f"val {name}": value for name, value in last.val.items()
        }


@dataclass(frozen=True)
class Difference:
    """One thing that two runs have; `None` where one has none."""

    name: str
    one: Any
    other: Any


@dataclass(frozen=True)
class Comparison:
    """Two runs side by side."""

    settings: tuple[Difference, ...]  # those that differ
    final: tuple[Difference, ...]  # all metrics


class Runs:
    """The records in a folder. Whoever writes holds the lock of the training."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: dict[str, RunRecord] = {}  # records never change, so each is read once

    def begin(self) -> int:
        """The number of a run that begins; those that never ended stand from now on as they were kept last.

        Raises `OSError`, as `keep` and `end` do.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        for left in self.path.glob(f"*{_UNDER_WAY}"):
            os.replace(left, left.with_suffix(""))
        return 1 + max((int(name.stem) for name in self._files()), default=0)

    def keep(self, run: RunRecord) -> None:
        """Keep what is known of a run that is under way."""
        replace_file(self._under_way(run), json.dumps(asdict(run), indent=1).encode())

    def end(self, run: RunRecord) -> RunRecord:
        """Keep a run for good."""
        self.keep(run)
        os.replace(self._under_way(run), self._under_way(run).with_suffix(""))
        sync_folder(self.path)
        return run

    def names(self) -> dict[int, str]:
        """What people call runs, by number; those that have a name."""
        try:
            found = json.loads(read_regular(self.path / _NAMES, _MOST_BYTES))
            return {int(number): str(name) for number, name in found.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, AttributeError, RecursionError) as error:
            logger.warning("names of runs are not used: %s", error)
            return {}

    def rename(self, number: int, name: str) -> None:
        """Call a run by a name, or by none where it is empty. Raises `OSError`."""
        names = {**self.names(), number: name.strip()[:LONGEST_NAME]}
        content = json.dumps({str(number): name for number, name in names.items() if name}, indent=1)
        self.path.mkdir(parents=True, exist_ok=True)
        replace_file(self.path / _NAMES, content.encode())

    def all(self) -> list[RunRecord]:
        """Every run that can be read, newest first."""
        for file in self._files():
            if file.name not in self._known:
                try:
                    self._known[file.name] = run_of(json.loads(read_regular(file, _MOST_BYTES)))
                except (OSError, ValueError, TypeError, KeyError, RecursionError):
                    continue  # cut by hand; the others are as good as before
        return sorted(self._known.values(), key=lambda run: -run.number)

    def _under_way(self, run: RunRecord) -> Path:
        return self.path / f"{run.number:06d}{_UNDER_WAY}"

    def _files(self) -> list[Path]:
        return [file for file in self.path.glob("*.json") if file.stem.isdigit()]


def runs_of_model(runs: Sequence[RunRecord], step: int) -> list[RunRecord]:
    """Those of `runs`, newest first, that a model of so many steps went through, the oldest of them first."""
    lineage: list[RunRecord] = []
    for run in runs:
        if step > 0 and run.to_step == step:
            lineage.insert(0, run)
            step = run.from_step
    return lineage


def compare(one: RunRecord, other: RunRecord) -> Comparison:
    """What differs in the settings of two runs, and all that came of them."""
    settings = [_settings(run) for run in (one, other)]
    return Comparison(
        tuple(row for row in _side_by_side(*settings) if row.one != row.other),
        tuple(_side_by_side(one.final, other.final)),
    )


def weights_of(run: RunRecord) -> set[tuple[float, ...]]:
    """The weights of the terms that its epochs ended with: as many as there were others."""
    names = [name for name in run.knobs if name.endswith("_weight")]
    return {tuple(epoch.knobs.get(name, math.nan) for name in names) for epoch in run.history}


def totals_comparable(one: RunRecord, other: RunRecord) -> bool:
    """Whether both runs had the same weights all the time: else their losses are sums of other things."""
    return len(weights_of(one) | weights_of(other)) <= 1


def labels_sha256(labels: Values) -> str:
    return hashlib.sha256(np.ascontiguousarray(labels).data).hexdigest()


def _settings(run: RunRecord) -> dict[str, Any]:
    return {
        **run.config,
        **run.knobs,
        "labels": run.labels,
        "labels_sha256": run.labels_sha256,
        "data_sha256": run.data_sha256,
        "epochs": len(run.history),
        "from_step": run.from_step,
    }


def _side_by_side(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[Difference]:
    return [Difference(name, one.get(name), other.get(name)) for name in {**one, **other}]


def run_of(record: Mapping[str, Any]) -> RunRecord:
    """A run from its record. Raises `KeyError`, `TypeError` or `ValueError` for anything else."""
    fields = dict(record)
    fields["outcome"] = Outcome(fields["outcome"])
    fields["history"] = tuple(epoch_of(epoch) for epoch in fields["history"])
    fields["points"] = tuple(TrainingPoint(**point) for point in fields.get("points", ()))
    fields["turns"] = tuple(KnobTurn(**turn) for turn in fields.get("turns", ()))
    run = RunRecord(**fields)
    if not math.isfinite(run.seconds):
        raise ValueError("seconds is not finite")
    return run
