"""The loss of each row of a batch, from what was captured: the training is not asked again.

A loss is one number. Which of the usual ones it is shows by itself: the one whose mean over the rows of the
model's output gives that number. Where none does, as with a penalty added, that is said.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ipo.inspector.determinism import one_thread
from ipo.inspector.findings.measures import ExampleMeasures
from ipo.inspector.findings.measuring.batch import labels_of
from ipo.inspector.findings.observed import ObservedStep, first_tensor

TOLERANCE = 1e-3  # of the loss
MOST_VALUES = 2**22  # of an output

UNKNOWN = "the loss is no mean of cross entropies, squares or absolute differences of output and batch"


def measure_examples(step: ObservedStep) -> tuple[ExampleMeasures, dict[str, str]]:
    """Losses, predictions and gradients of the rows, and what of that could not be had."""
    missing = {}
    gradients = _gradients(step)
    if gradients is None:
        missing["gradient of each row"] = "no gradient of the model's output was captured"
    output = _output(step)
    if output is None:
        missing["loss of each row"] = "the model's output is not one tensor with a row for each of the batch"
        return ExampleMeasures(gradients=gradients), missing
    with one_thread(), torch.no_grad():
        for kind, losses in _candidates(output, step.batch):
            sign = _sign(losses, step.loss)
            if sign:
                predicted = confidence = None
                if kind == "cross entropy":
                    most = functional.softmax(output, 1).max(1)
                    predicted, confidence = most.indices.numpy(), most.values.numpy()
                return ExampleMeasures(losses.numpy(), kind, sign, predicted, confidence, gradients), missing
    missing["loss of each row"] = UNKNOWN
    return ExampleMeasures(gradients=gradients), missing


def _output(step: ObservedStep) -> Tensor | None:
    """The model's output `(B, …)`, or that of the layer that was called last."""
    found = first_tensor(step.output)
    if found is None:
        names = step.first_outputs()
        values = step.tensors.get(f"{names[-1]}/output") if names else None
        found = None if values is None or not values.ndim else torch.from_numpy(np.array(values))
    if found is None or not found.is_floating_point() or not 0 < found.numel() <= MOST_VALUES:
        return None
    return found.detach().float().cpu()


def _candidates(output: Tensor, batch: Any) -> Iterator[tuple[str, Tensor]]:
    """The usual losses of each row `(B,)`, by name."""
    rows = len(output)
    labels, inputs = labels_of(batch), first_tensor(batch)
    if labels is not None and output.dim() == 2 and labels.shape == (rows,):
        kinds = labels.detach().cpu()
        if not kinds.is_floating_point() and kinds.numel() and int(kinds.min()) >= 0:
            kinds = kinds.to(torch.int64)
            if int(kinds.max()) < output.shape[1]:
                yield "cross entropy", functional.cross_entropy(output, kinds, reduction="none")
    for target in (labels, inputs):
        if target is None or target.is_complex() or target.numel() != output.numel():
            continue
        right, flat = target.detach().cpu().float().reshape(rows, -1), output.reshape(rows, -1)
        yield "squared difference", ((flat - right) ** 2).mean(1)
        yield "absolute difference", (flat - right).abs().mean(1)
        if bool(((right >= 0) & (right <= 1)).all()):
            binary = functional.binary_cross_entropy_with_logits(flat, right, reduction="none")
            yield "binary cross entropy", binary.mean(1)
            if bool(((flat >= 0) & (flat <= 1)).all()):
                yield (
                    "binary cross entropy",
                    functional.binary_cross_entropy(flat, right, reduction="none").mean(1),
                )


def _sign(losses: Tensor, loss: float) -> int:
    """1 where the loss is their mean, −1 where it is the negative of it, else 0."""
    mean = float(losses.mean())
    for sign in (1, -1):
        if np.isfinite(mean) and abs(sign * mean - loss) <= TOLERANCE * max(abs(loss), 1e-12):
            return sign
    return 0


def _gradients(step: ObservedStep) -> NDArray[np.floating[Any]] | None:
    """Lengths of the gradient at the output of the layer that was called last, for each row."""
    names = step.first_outputs()
    found = step.tensors.get(f"{names[-1]}/output_gradient") if names else None
    if found is None or not found.ndim or not found.size or found.dtype.kind != "f":
        return None
    lengths: NDArray[np.floating[Any]] = np.linalg.norm(found.reshape(len(found), -1), axis=1)
    return lengths
