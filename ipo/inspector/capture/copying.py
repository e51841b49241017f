"""Copies of tensors of any kind as they are kept: dense, on the CPU, float32 or complex64 or integers."""

import torch
from torch import Tensor

MOST_DENSE = 2**26  # entries that a sparse tensor may have when it is written out


class NotCaptured(ValueError):
    """The tensor has no values that could be copied; the message says why."""


def copied(tensor: Tensor, *, owned: bool = False) -> Tensor:
    """The values of a tensor, which nobody writes to; the tensor itself if it is `owned` and fits.

    Raises `NotCaptured`.
    """
    tensor = tensor.detach()
    if not owned and _is_plain(tensor):
        return tensor.clone(memory_format=torch.contiguous_format)
    if type(tensor) is not Tensor:
        tensor = tensor.as_subclass(Tensor)
    if torch._C._functorch.is_functorch_wrapped_tensor(tensor):
        raise NotCaptured("it is inside of a transform of torch.func")
    if tensor.is_meta:
        raise NotCaptured("it has a shape only (device meta)")
    if tensor.is_nested:
        raise NotCaptured("it is nested, with rows of their own lengths")
    if tensor.layout != torch.strided:
        if tensor.numel() > MOST_DENSE:
            raise NotCaptured(f"it is sparse and would have {tensor.numel()} entries; {MOST_DENSE} are kept")
        tensor, owned = tensor.to_dense(), True
    if tensor.is_quantized:
        tensor, owned = tensor.dequantize(), True
    dtype = torch.float32 if tensor.dtype == torch.float32 else _dtype_in_memory(tensor)
    fits = tensor.is_cpu and tensor.dtype == dtype and not tensor.is_conj()
    if owned and fits and tensor.is_contiguous() and tensor.untyped_storage().nbytes() == tensor.nbytes:
        return tensor
    return tensor.to("cpu", dtype, copy=True, memory_format=torch.contiguous_format).resolve_conj()


def _dtype_in_memory(tensor: Tensor) -> torch.dtype:
    if tensor.dtype == torch.float64 and tensor.numel():
        # what is finite stays so
        farthest = tensor.abs().nan_to_num(0, 0).max()
        return torch.float64 if bool(farthest > torch.finfo(torch.float32).max) else torch.float32
    if tensor.is_floating_point():
        return torch.float32
    return torch.complex64 if tensor.is_complex() else tensor.dtype


def _is_plain(tensor: Tensor) -> bool:
    """Whether a clone of it is kept as it is, as of nearly all tensors."""
    return (
        type(tensor) is Tensor
        and tensor.dtype == torch.float32
        and tensor.layout == torch.strided
        and tensor.is_cpu
        and not (tensor.is_nested or torch._C._functorch.is_functorch_wrapped_tensor(tensor))
    )
