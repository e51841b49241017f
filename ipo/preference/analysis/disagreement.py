"""Labels against held-out values: how far these can be trusted, and which rows contradict them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ipo.preference.analysis.gallery import disagreement
from ipo.preference.training_set import TrainingSnapshot
from ipo.value.curves import Calibration, calibration


@dataclass(frozen=True, eq=False)
class Disagreement:
    """A row whose label contradicts its held-out value."""

    id: str
    label: int
    held_out: float


def calibrated(rows: TrainingSnapshot, held_out: Mapping[str, float]) -> Calibration | None:
    """Held-out values against the share of Good; `None` while no row has one."""
    _, y, values = _with_held_out(rows, held_out)
    return calibration(values, y) if len(values) else None


def disagreements(rows: TrainingSnapshot, held_out: Mapping[str, float], most: int = 8) -> list[Disagreement]:
    """The rows whose label contradicts their held-out value, the most surprising first."""
    ids, y, values = _with_held_out(rows, held_out)
    order = disagreement(y.astype(np.int8), values)[:most]
    found = [Disagreement(ids[place], int(y[place]), float(values[place])) for place in order]
    return [row for row in found if row.held_out * row.label < 0]


def _with_held_out(
    rows: TrainingSnapshot, held_out: Mapping[str, float]
) -> tuple[list[str], NDArray[np.float32], NDArray[np.float64]]:
    """The rows that have a held-out value: ids, labels `(m,)` and these values `(m,)`."""
    ids = [id_ for id_ in rows.ids if id_ in held_out]
    there = np.array([id_ in held_out for id_ in rows.ids], bool)
    return ids, rows.y[there], np.array([held_out[id_] for id_ in ids], np.float64)
