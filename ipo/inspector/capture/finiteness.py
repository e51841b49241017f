"""NaN and infinities among the tensors of a step: which is the first, and whether the run is to end there."""

from collections.abc import Container, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ipo.inspector.capture.tensors import Phase, TensorSpec
from ipo.inspector.determinism import one_thread

_MOVING = (Phase.LOSS, Phase.BACKWARD, Phase.FORCE, Phase.PRE_STEP, Phase.POST_STEP)  # what moves the weights


@dataclass(frozen=True)
class NotFinite:
    """The first tensor of a step that has a NaN or an infinity, and why the run is to end there.

    A NaN anywhere ends it; an infinity only in a loss, a gradient or what moves the weights. Elsewhere, as in
    masked logits, it may be meant.
    """

    step: int
    key: str
    phase: Phase
    label: str
    has_nan: bool  # whether any tensor of the step has a NaN
    ends: bool

    def __str__(self) -> str:
        return f"{self.key} ({self.label}) has NaN or Inf at step {self.step}, phase {self.phase}."


class FinitenessCheck:
    """Looks at one step after the other: an infinity that did not end the run is no news in the next ones."""

    def __init__(self) -> None:
        self._infinite: set[str] = set()  # keys that had one before

    def first(
        self,
        step: int,
        captures: Mapping[str, Tensor],
        lengths: Mapping[str, float],
        specs: Mapping[str, TensorSpec],
        derived: Container[str],
    ) -> tuple[NotFinite | None, dict[str, str]]:
        """The first tensor that is not finite, and notes by key of those that are infinite.

        `lengths`: of those that are not there themselves.
        A sum is finite only if every entry is, and so is a norm; entries are looked at only when it is not.
        What has a length beside it is looked at by that.
        """
        floats = {
            key: torch.view_as_real(tensor) if tensor.is_complex() else tensor
            for key, tensor in captures.items()
            if tensor.is_floating_point() or tensor.is_complex()
        }
        measured = {key for key in floats if f"{key}_length" in floats}
        with one_thread():
            total = sum(float(tensor.sum()) for key, tensor in floats.items() if key not in measured)
            total += sum(lengths.values())
            if np.isfinite(total):
                return None, {}
            broken = {key for key, tensor in floats.items() if not bool(torch.isfinite(tensor).all())}
            nan = {key for key in broken if bool(torch.isnan(floats[key]).any())}
        notes = {key: _infinities(floats[key]) for key in broken - nan}
        for key, length in lengths.items():
            if not np.isfinite(length):
                broken.add(key)
                if np.isnan(length):
                    nan.add(key)
                else:
                    notes[key] = "its norm is infinite"
        order = list(Phase)
        found = sorted(
            (spec for spec in specs.values() if spec.key in broken), key=lambda spec: order.index(spec.phase)
        )
        unusual = [spec for spec in found if spec.key in nan or spec.key not in self._infinite]
        self._infinite |= broken - nan
        if not unusual:
            return None, notes
        first = unusual[0]
        taken = [spec for spec in unusual if spec.key not in derived]  # a length may overflow
        ends = bool(nan) or any(spec.phase in _MOVING for spec in taken)
        return NotFinite(step, first.key, first.phase, first.label, bool(nan), ends), notes


def _infinities(tensor: Tensor) -> str:
    return f"{int(torch.isinf(tensor).sum())} of its {tensor.numel()} values are infinite"
