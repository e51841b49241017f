"""The numbers of one step that rules compare: of its parameters, its units, its batch, its examples.

Everything is plain numbers and small arrays, so that a rule is a function of a few of them. What could not
be had is `None`, and `missing` says why.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Bits = NDArray[np.bool_]
Digests = NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class ParameterMeasures:
    """One parameter. Root mean squares; `None` where a tensor is missing or not finite."""

    key: str
    axes: int
    trainable: bool  # asks for a gradient
    optimized: bool  # an optimizer has it
    weight: float | None
    gradient: float | None
    update: float | None
    descent: float | None = None  # cosine of the update and the negative gradient
    turn: float | None = None  # cosine of the update and that of the step before

    @property
    def ratio(self) -> float | None:
        """Update over weight."""
        if self.update is None or not self.weight:
            return None
        return self.update / self.weight


@dataclass(frozen=True, eq=False)
class UnitMeasures:
    """The units of one layer over the batch."""

    layer: str
    key: str  # of the tensor
    silent: Bits | None = None  # (D,) units that pass nothing on for any row
    saturated: Bits | None = None  # (D,) units whose activation is flat for nearly all rows
    slope: float | None = None  # mean slope of that activation
    signal: float | None = None  # root mean square of the gradient at the output


@dataclass(frozen=True, eq=False)
class FeatureMeasures:
    """How alike the units of one layer are."""

    key: str
    units: int
    twins: int = 0  # units whose weights have those of another one
    pair: tuple[int, int] = (0, 0)  # the first two of them
    rank: float | None = None  # effective rank of the outputs over the batch, centred
    most_rank: int = 0


@dataclass(frozen=True, eq=False)
class BatchMeasures:
    """What came from the data."""

    rows: int
    digests: Digests | None = None  # (B,) of the inputs, equal for equal rows
    labels: NDArray[np.int64] | None = None  # (B,)

    @property
    def digest(self) -> int | None:
        """Of all rows in their order."""
        return None if self.digests is None else hash(self.digests.tobytes())


@dataclass(frozen=True, eq=False)
class ExampleMeasures:
    """Each row of the batch by itself."""

    losses: Floats | None = None  # (B,)
    kind: str = ""  # of loss, as "cross entropy"
    sign: int = 1  # −1 where the loss is the negative of that kind
    predicted: NDArray[np.int64] | None = None  # (B,)
    confidence: Floats | None = None  # (B,) of the predicted class
    gradients: Floats | None = None  # (B,) lengths of the gradient at the model's output


@dataclass(frozen=True, eq=False)
class NormalizationMeasures:
    """One layer that keeps statistics of batches."""

    layer: str
    momentum: float | None
    shift: float | None  # standard deviations by which its running means moved
    turn: float | None = None  # cosine of this move and the one before


@dataclass(frozen=True)
class SchedulerMeasures:
    name: str
    steps: int  # that it took


@dataclass(frozen=True, eq=False)
class StepMeasures:
    """All of one step."""

    step: int
    loss: float
    epoch: int | None = None
    parameters: tuple[ParameterMeasures, ...] = ()  # in order of depth
    units: tuple[UnitMeasures, ...] = ()  # in order of depth
    features: tuple[FeatureMeasures, ...] = ()  # at some steps only
    batch: BatchMeasures | None = None
    examples: ExampleMeasures = field(default_factory=ExampleMeasures)
    normalizations: tuple[NormalizationMeasures, ...] = ()
    rates: tuple[float, ...] = ()  # of each parameter group
    schedulers: tuple[SchedulerMeasures, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)  # what could not be had, and why
    broken: str = ""  # says so where a tensor is not finite
    broken_tensor: str = ""

    @cached_property
    def gradient(self) -> float | None:
        """Root mean square of all gradients, each parameter counted alike; `None` without any."""
        found = [one.gradient for one in self.parameters if one.gradient is not None]
        with np.errstate(over="ignore"):
            return float(np.sqrt(np.mean(np.square(found)))) if found else None

    @cached_property
    def parameter_by_key(self) -> Mapping[str, ParameterMeasures]:
        return {one.key: one for one in self.parameters}

    @cached_property
    def unit_by_key(self) -> Mapping[str, UnitMeasures]:
        return {one.key: one for one in self.units}

    @cached_property
    def weights(self) -> tuple[ParameterMeasures, ...]:
        """Matrices and kernels, which have a depth and begin with a size."""
        return tuple(one for one in self.parameters if one.axes > 1)
