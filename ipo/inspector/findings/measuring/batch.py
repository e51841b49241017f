"""What came from the data: which rows, which labels."""

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ipo.inspector.findings.measures import BatchMeasures, Digests
from ipo.inspector.findings.observed import first_tensor

MOST_VALUES = 1024  # of a row that its digest is made from, spread evenly

_LABELS = ("labels", "label", "targets", "target", "y")


def measure_batch(batch: Any) -> BatchMeasures | None:
    """Of the first tensor of a batch; `None` where it has none."""
    inputs = first_tensor(batch)
    if inputs is None:
        return None
    labels = labels_of(batch)
    kinds = None
    if labels is not None and labels.dim() == 1 and len(labels) == len(inputs) and _is_whole(labels):
        kinds = labels.detach().cpu().to(torch.int64).numpy()
    return BatchMeasures(len(inputs), row_digests(inputs), kinds)


def labels_of(batch: Any) -> Tensor | None:
    """The second part of a batch, or what is called its labels."""
    found: Any = None
    if isinstance(batch, Mapping):
        found = next((batch[name] for name in _LABELS if name in batch), None)
    elif isinstance(batch, tuple | list) and len(batch) > 1:
        found = batch[1]
    return found if isinstance(found, Tensor) else None


def row_digests(inputs: Tensor) -> Digests:
    """Eight bytes for each row `(B, …)`: equal for equal rows."""
    rows = inputs.detach().reshape(len(inputs), -1) if inputs.numel() else inputs.detach().new_zeros(0, 1)
    some = rows[:, :: max(1, -(-rows.shape[1] // MOST_VALUES))].cpu()
    if some.dtype == torch.bfloat16:
        some = some.float()
    values = np.ascontiguousarray(some.resolve_conj().numpy())
    made = [int.from_bytes(hashlib.blake2b(row.tobytes(), digest_size=8).digest()) for row in values]
    return np.array(made, np.uint64)


def _is_whole(labels: Tensor) -> bool:
    return not (labels.is_floating_point() or labels.is_complex() or labels.dtype == torch.bool)
