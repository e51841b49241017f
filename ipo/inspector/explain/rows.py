"""What each row of a batch has of the loss and of each parameter's gradient.

Row i alone has loss lᵢ and gradient gᵢ; the batch has loss L and gradient G. Where no layer mixes rows,
L = c·Σ lᵢ and G = c·Σ gᵢ with c = 1/B (a mean) or 1 (a sum). Then row i has the share c·lᵢ/L of the loss
and c·⟨gᵢ, G⟩/‖G‖² of a gradient: shares sum to 1, and one below 0 pulls against the batch.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ipo.inspector.capture.snapshots import Snapshot
from ipo.inspector.capture.tensors import Phase, TensorSpec
from ipo.inspector.findings.observed import first_tensor
from ipo.jobs import SILENT, Progress

TOLERANCE = 1e-4  # of the whole, within which float32 sums of rows agree with it
_MIXES = "a layer or a hook mixes rows, as batch norm does, or draws random numbers, as dropout does"

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RowShares:
    """For each of B rows; parameters by name, without those that no gradient reached."""

    losses: Array  # (B,), of each row alone
    loss_shares: Array  # (B,)
    lengths: Mapping[str, Array]  # (B,), of each row's gradient
    shares: Mapping[str, Array]  # (B,)
    loss_unexplained: float  # |L − c·Σ lᵢ| / |L|
    unexplained: Mapping[str, float]  # ‖G − c·Σ gᵢ‖ / ‖G‖

    @property
    def is_exact(self) -> bool:
        """Whether the rows sum to the whole, within float tolerance."""
        return max([self.loss_unexplained, *self.unexplained.values()]) <= TOLERANCE

    @property
    def says(self) -> str:
        """Whether shares may be believed, in one sentence."""
        if self.is_exact:
            return f"The {len(self.losses)} rows sum to the batch: its loss and every gradient."
        worst = max(self.unexplained, key=lambda name: self.unexplained[name], default="")
        far = [
            *([f"{self.loss_unexplained:.2g} of the loss"] if self.loss_unexplained > TOLERANCE else []),
            *([f"{self.unexplained[worst]:.2g} of the gradient of {worst}"] if worst else []),
        ]
        return f"The rows do not sum to the batch: {' and '.join(far)} is unexplained, because {_MIXES}."


def row_shares(
    model: nn.Module,
    forward: Callable[[nn.Module, Any], Any],
    loss: Callable[[Any, Any], Tensor],
    batch: Any,
    progress: Progress = SILENT,
) -> RowShares:
    """Runs the batch, and each of its rows alone, through the model as it is; no parameter changes.

    Raises `ValueError` for a batch without rows or a loss that is 0 or not finite, and `Cancelled`.
    """
    first = first_tensor(batch)
    if first is None or not len(first):
        raise ValueError("The batch has no tensor with a row for each example.")
    rows = len(first)
    parameters = {name: one for name, one in model.named_parameters() if one.requires_grad}
    whole, gradients = _loss_and_gradients(model, forward, loss, batch, parameters)
    if not np.isfinite(whole) or whole == 0:
        raise ValueError(f"The loss is {whole:g}; shares are of a loss that is finite and not 0.")
    losses, lengths, products = np.zeros(rows), _zeros(gradients, rows), _zeros(gradients, rows)
    sums = {name: torch.zeros_like(one) for name, one in gradients.items()}
    for row in range(rows):
        progress.check()
        progress.report(row / rows, f"Row {row} of {rows}")
        one = _row(batch, row, rows)
        losses[row], alone = _loss_and_gradients(model, forward, loss, one, parameters)
        for name in gradients.keys() & alone.keys():
            lengths[name][row] = float(torch.linalg.vector_norm(alone[name]))
            products[name][row] = float((alone[name] * gradients[name]).sum())
            sums[name] += alone[name]
    factor = min((1 / rows, 1.0), key=lambda factor: abs(whole - factor * losses.sum()))
    return RowShares(
        losses,
        factor * losses / whole,
        lengths,
        {name: factor * products[name] / _square(gradients[name]) for name in gradients},
        abs(whole - factor * float(losses.sum())) / abs(whole),
        {name: _distance(gradients[name], factor * sums[name]) for name in gradients},
    )


@dataclass(frozen=True)
class Station:
    """A tensor on a row's way through the model, and how long the row's part of it is."""

    key: str
    phase: str
    length: float
    relative: float  # to the mean over the rows of the batch


def row_path(snapshot: Snapshot, specs: Mapping[str, TensorSpec], row: int, rows: int) -> list[Station]:
    """All tensors of a step with a part for each of `rows`, forward and back. Raises `IndexError`."""
    if not 0 <= row < rows:
        raise IndexError(f"The batch has no row {row}; it has {rows}.")
    found = []
    for key in snapshot:
        spec = specs.get(key)
        if spec is None or spec.phase not in (Phase.INPUT, Phase.FORWARD, Phase.LOSS, Phase.BACKWARD):
            continue
        values = snapshot[key]
        if values.ndim < 2 or len(values) != rows or spec.dims[:1] == ("D",) or values.dtype.kind not in "fc":
            continue
        if "/" in key and not key.partition("/")[2].startswith(("output", "output_gradient")):
            continue  # a parameter with as many rows
        lengths = np.linalg.norm(np.abs(values).astype(np.float64).reshape(rows, -1), axis=1)
        mean = float(lengths.mean())
        length = float(lengths[row])
        found.append(Station(key, spec.phase, length, length / mean if mean else 0.0))
    return found


def _loss_and_gradients(
    model: nn.Module,
    forward: Callable[[nn.Module, Any], Any],
    loss: Callable[[Any, Any], Tensor],
    batch: Any,
    parameters: Mapping[str, nn.Parameter],
) -> tuple[float, dict[str, Tensor]]:
    """In float64, as far as the model computed them."""
    with torch.enable_grad():
        found = loss(forward(model, batch), batch)
        gradients = torch.autograd.grad(found, list(parameters.values()), allow_unused=True)
    named = zip(parameters, gradients, strict=True)
    return float(found.detach()), {name: one.detach().double() for name, one in named if one is not None}


def _row(part: Any, row: int, rows: int) -> Any:
    """A batch of one row: tensors with a row for each example are cut, all else stays."""
    if isinstance(part, Tensor):
        return part[row : row + 1] if part.dim() and len(part) == rows else part
    if isinstance(part, Mapping):
        return {name: _row(one, row, rows) for name, one in part.items()}
    if isinstance(part, list | tuple):
        cut = [_row(one, row, rows) for one in part]
        return type(part)(*cut) if hasattr(part, "_fields") else type(part)(cut)
    return part


def _zeros(names: Mapping[str, Tensor], rows: int) -> dict[str, Array]:
    return {name: np.zeros(rows) for name in names}


def _square(gradient: Tensor) -> float:
    return float((gradient * gradient).sum()) or float("nan")


def _distance(whole: Tensor, summed: Tensor) -> float:
    """Relative to the whole; 0 where both are 0."""
    length = float(torch.linalg.vector_norm(whole))
    apart = float(torch.linalg.vector_norm(whole - summed))
    return apart / length if length else float(apart > 0)
