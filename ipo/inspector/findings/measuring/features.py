"""How alike the units of a layer are: by their weights, and by what they say of a batch."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ipo.inspector.capture.metrics import cosine_matrix, effective_rank
from ipo.inspector.determinism import one_thread
from ipo.inspector.findings.measures import FeatureMeasures
from ipo.inspector.findings.measuring.units import channels_last
from ipo.inspector.findings.observed import ObservedStep, ObservedTraining, ParameterFacts
from ipo.inspector.findings.thresholds import Limits

EVERY = 10  # steps: features change slowly
LEAST_UNITS, LEAST_INPUTS = 4, 8  # of a layer: with fewer, units are alike by chance
LEAST_RANK = 8  # rows and units, for a rank that says something
MOST_UNITS = 256  # that are compared, spread evenly
MOST_WORK = 2**26  # multiplications for one layer

_COMPARED = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)


def measure_features(
    step: ObservedStep, training: ObservedTraining, facts: Iterable[ParameterFacts]
) -> tuple[FeatureMeasures, ...]:
    """Weights of linear and convolutional layers, and outputs; nothing but at every tenth step."""
    if step.index % EVERY:
        return ()
    with one_thread():
        return (*_weights(step, training, facts), *_outputs(step, training))


def twins(rows: Tensor) -> tuple[int, tuple[int, int]]:
    """How many of the rows `(D, F)` have a twin, and the first two; rows of zeros have none."""
    cosines = cosine_matrix(rows).fill_diagonal_(0).nan_to_num_(0, 0, 0)
    alike = cosines > float(Limits.twin_cosine)
    having = alike.any(1).nonzero().flatten().tolist()
    if not having:
        return 0, (0, 0)
    first = int(having[0])
    return len(having), (first, int(alike[first].nonzero()[0, 0]))


def _weights(
    step: ObservedStep, training: ObservedTraining, facts: Iterable[ParameterFacts]
) -> Iterator[FeatureMeasures]:
    for one in facts:
        layer = training.layers.get(one.layer)
        if layer is None or not isinstance(layer.owner, _COMPARED) or one.weight in step.summaries:
            continue
        values = step.tensors[one.weight]
        if values.ndim < 2 or values.dtype.kind != "f" or not values.size:
            continue
        rows = values.reshape(len(values), -1)
        units, inputs = rows.shape
        if units < LEAST_UNITS or inputs < LEAST_INPUTS:
            continue
        most = max(2, min(MOST_UNITS, int((MOST_WORK / inputs) ** 0.5)))
        stride = -(-units // most)
        count, (first, second) = twins(torch.from_numpy(rows[::stride].astype(np.float32)))
        compared = -(-units // stride)
        pair = (first * stride, second * stride)
        yield FeatureMeasures(str(one.weight), units, round(count * units / compared), pair)


def _outputs(step: ObservedStep, training: ObservedTraining) -> Iterator[FeatureMeasures]:
    names = [name for name in step.first_outputs() if name in training.layers]
    for name in names[:-1]:
        key = f"{name}/output"
        if key in step.summaries:
            continue
        outputs = channels_last(step.tensors[key], training.layers[name].owner)
        if outputs is None or min(outputs.shape) < LEAST_RANK:
            continue
        rank, most = _rank(outputs)
        yield FeatureMeasures(key, outputs.shape[1], rank=rank, most_rank=most)


def _rank(outputs: NDArray[Any]) -> tuple[float | None, int]:
    """The effective rank of some rows `(n, D)`, centred, and the largest that it could be."""
    rows, units = outputs.shape
    some = outputs[:: -(-rows // MOST_UNITS), :: -(-units // MOST_UNITS)].astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        centred = some - some.mean(0)
    if not np.isfinite(centred).all() or not centred.any():
        return None, 0
    wide = centred if len(centred) <= centred.shape[1] else centred.T
    return float(effective_rank(torch.from_numpy(np.ascontiguousarray(wide)))), min(some.shape)
