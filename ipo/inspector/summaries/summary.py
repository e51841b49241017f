"""What is kept of a tensor that is too large to be kept whole: its norm, and a sample of its values.

A sample is every s-th value in C order, with s coprime to the length of every axis: each place of each axis
is met about equally often. Every number but the norm is about the sample, and is to be said to be.
"""

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

SAMPLE = 2048  # values of a tensor, at most
BINS = 64  # of a histogram

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


@lru_cache(maxsize=65536)
def sample_stride(shape: tuple[int, ...]) -> int:
    """From one value of the sample to the next."""
    stride = max(1, -(-math.prod(shape) // SAMPLE))
    while any(math.gcd(stride, length) > 1 for length in shape):
        stride += 1
    return stride


def sampled_view(tensor: Tensor) -> Tensor:
    """The sample of a dense tensor as `(n,)`, n ≤ `SAMPLE`; of the same memory where that is contiguous."""
    flat = tensor.detach().reshape(-1)
    return flat[:: sample_stride(tuple(tensor.shape))] if flat.numel() > SAMPLE else flat


@dataclass(frozen=True, eq=False)
class TensorSummary:
    """One tensor of one step. `sample` `(n,)` has every `stride`-th value."""

    shape: tuple[int, ...]
    sample: Floats
    norm: float | None  # √Σx² of all values, not finite where one is not; `None` where it was not measured

    @property
    def size(self) -> int:
        """Values of the tensor."""
        return math.prod(self.shape)

    @property
    def stride(self) -> int:
        return sample_stride(self.shape)

    @property
    def length(self) -> float:
        """The norm, or what the sample lets expect of it: √(N/n) times its own."""
        if self.norm is not None:
            return self.norm
        return estimated_length(self.sample, self.size)

    @property
    def finite(self) -> Floats:
        """The finite values of the sample."""
        return self.sample[np.isfinite(self.sample)]

    @property
    def not_finite(self) -> int:
        """How many values of the sample are NaN or infinite."""
        return len(self.sample) - len(self.finite)

    @property
    def zeros(self) -> float:
        """The share of zeros in the sample."""
        return float(np.mean(self.sample == 0)) if len(self.sample) else math.nan

    @property
    def mean(self) -> float:
        """Of the finite values of the sample; NaN without any. So are `sd` and `absmax`."""
        return float(self.finite.mean(dtype=np.float64)) if len(self.finite) else math.nan

    @property
    def sd(self) -> float:
        return float(self.finite.std(dtype=np.float64)) if len(self.finite) else math.nan

    @property
    def absmax(self) -> float:
        return float(np.abs(self.finite).max()) if len(self.finite) else math.nan

    @cached_property
    def histogram(self) -> tuple[NDArray[np.int64], Doubles]:
        """Counts `(64,)` of the finite values of the sample, and the edges `(65,)` between them."""
        counts, edges = np.histogram(self.finite.astype(np.float64), BINS)
        return counts.astype(np.int64), edges

    def channel_means(self, axis: int) -> tuple[Doubles, NDArray[np.int64]]:
        """For each place of an axis the mean of the sample there, NaN without any, and of how many values."""
        length, inner = self.shape[axis], math.prod(self.shape[axis + 1 :])
        places = np.arange(len(self.sample)) * self.stride // inner % length
        counts = np.bincount(places, minlength=length)
        sums = np.bincount(places, weights=self.sample, minlength=length)
        with np.errstate(invalid="ignore", divide="ignore"):
            return sums / counts, counts


def can_be_summarized(tensor: Tensor) -> bool:
    """Whether a sample says something of it and saves something: dense floats, more than a sample has."""
    return (
        tensor.is_floating_point()
        and tensor.numel() > SAMPLE
        and tensor.layout == torch.strided
        and not (tensor.is_meta or tensor.is_nested or tensor.is_quantized)
        and not torch._C._functorch.is_functorch_wrapped_tensor(tensor)
    )


def norms(tensors: list[Tensor]) -> list[Tensor]:
    """√Σx² of each, on its device; in float32 at least."""
    wide = [one.float() if one.dtype in (torch.float16, torch.bfloat16) else one for one in tensors]
    return list(torch._foreach_norm(wide)) if wide else []


def estimated_length(sample: Floats, size: int) -> float:
    """√(N/n) times the norm of a sample of n of N values."""
    with np.errstate(over="ignore", invalid="ignore"):
        squares = float(np.dot(sample, sample))
        if math.isinf(squares):  # of what float32 has no square
            wide = sample.astype(np.float64)
            squares = float(np.dot(wide, wide))
    return math.sqrt(squares * size / max(len(sample), 1))
