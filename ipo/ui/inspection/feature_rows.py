"""The table of features as the browser draws it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ipo.inspector.capture.metrics import DEAD
from ipo.inspector.capture.tensors import StepTensorKey
from ipo.inspector.feature_table import FeatureTable
from ipo.ui.text import in_words

WINNER = 0.5  # a feature that wins more than half of the images
MEAN = "⌀ "


def names(table: FeatureTable) -> list[str]:
    """Of the columns, in words; means over the batch are marked."""
    columns = zip(table.columns, table.is_mean, strict=True)
    return [f"{MEAN if mean else ''}{in_words(name)}" for name, mean in columns]


def feature_rows(table: FeatureTable, hidden: Sequence[str] = ()) -> dict[str, Any]:
    """Columns without those that are hidden, rows, and a look for each row."""
    columns = [(place, name) for place, name in enumerate(names(table)) if name not in hidden]
    values = table.values[:, [place for place, _ in columns]]
    won = StepTensorKey.WIN_RATE
    wins = table.values[:, table.columns.index(won)] if won in table.columns else None
    return {
        "columns": [name for _, name in columns],
        "rows": [[float(f"{value:.5g}") for value in row] for row in values],
        "looks": [""] * len(values)
        if wins is None
        else np.select([wins < DEAD, wins > WINNER], ["dead", "winner"], ""),
    }
