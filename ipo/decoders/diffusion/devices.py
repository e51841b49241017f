"""Where a model computes, what there is to say of it, and what running out of its memory looks like."""

import torch

_NO_MEMORY = ("out of memory", "can't allocate memory", "not enough memory", "cannot allocate memory")


def find_device(wanted: str) -> torch.device:
    """The device of a setting. Raises `ValueError` for one that is not here."""
    here = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if wanted == "auto":
        return torch.device(next(name for name, is_here in here.items() if is_here))
    if not here[wanted]:
        right = " or ".join(["auto", *(name for name, is_here in here.items() if is_here)])
        raise ValueError(
            f"Device {wanted} is not usable with the torch {torch.__version__} of this machine; {right} "
            "would be right."
        )
    return torch.device(wanted)


def describe(device: torch.device) -> str:
    """What to call a device on the page."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return {"mps": "Apple GPU", "cpu": "CPU"}[device.type]


def is_out_of_memory(error: Exception) -> bool:
    """Whether torch, or the system below it, had no memory left."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error).lower() for words in _NO_MEMORY)


def free_memory() -> None:
    """Give the GPU back what nobody holds any more."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    elif torch.backends.mps.is_available():
        torch.mps.empty_cache()
