"""Features of one step side by side, and those that lead for one image."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ipo.inspector.capture.snapshots import Snapshot
from ipo.inspector.capture.tensors import TensorSpec


@dataclass(frozen=True, eq=False)
class FeatureTable:
    """One row per feature; a column for each `("D",)` tensor and the batch mean of each `("B", "D")` one."""

    columns: tuple[str, ...]
    values: NDArray[np.float32]  # (D, c)
    is_mean: tuple[bool, ...]


def feature_table(snapshot: Snapshot, specs: Mapping[str, TensorSpec]) -> FeatureTable:
    """The table of one step, its columns found by the named axes."""
    found: dict[str, NDArray[Any]] = {}
    for key in snapshot:
        dims = specs[key].dims if key in specs else ()
        if dims == ("D",):
            found[key] = snapshot[key]
        elif dims == ("B", "D"):
            found[key] = snapshot[key].mean(0)
    values = np.stack(list(found.values()), axis=1) if found else np.empty((0, 0))
    means = tuple(specs[key].dims == ("B", "D") for key in found)
    return FeatureTable(tuple(found), values.astype(np.float32), means)


def leading_features(scores: NDArray[np.float32], count: int) -> list[int]:
    """The features with the highest scores `(D,)` for an image, best first."""
    return [int(feature) for feature in np.argsort(-scores, kind="stable")[:count]]
