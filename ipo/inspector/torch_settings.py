"""What torch keeps for the whole process or thread: default dtype, device, deterministic mode, …."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch

_TINY = 5e-324  # a denormal: 0 where this thread flushes them
_DTYPE_NAMES = {
    dtype: str(dtype).removeprefix("torch.")
    for dtype in vars(torch).values()
    if isinstance(dtype, torch.dtype)
}


@dataclass(frozen=True)
class Setting:
    """One thing that torch keeps for the whole process or thread."""

    read: Callable[[], Any]
    write: Callable[[Any], None]
    start: Any  # of a fresh process


def _device() -> str | None:
    if not torch._C._len_torch_function_stack():
        return None  # a default device is a mode on that stack
    device = torch.get_default_device()
    return None if device.type == "cpu" else str(device)


def _set_device(device: str | None) -> None:
    torch.set_default_device(device)


def _dtype() -> str:
    return _DTYPE_NAMES[torch.get_default_dtype()]


def _set_dtype(name: str) -> None:
    torch.set_default_dtype(getattr(torch, name))


def _deterministic() -> tuple[bool, bool]:
    return torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()


def _set_deterministic(mode: tuple[bool, bool]) -> None:
    torch.use_deterministic_algorithms(mode[0], warn_only=mode[1])


def _anomaly() -> tuple[bool, bool]:
    return torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()


def _set_anomaly(mode: tuple[bool, bool]) -> None:
    torch.autograd.set_detect_anomaly(mode[0], mode[1])


def _autocast(kind: str) -> Setting:
    def read() -> tuple[bool, str]:
        return torch.is_autocast_enabled(kind), _DTYPE_NAMES[torch.get_autocast_dtype(kind)]

    def write(mode: tuple[bool, str]) -> None:
        torch.set_autocast_enabled(kind, mode[0])
        torch.set_autocast_dtype(kind, getattr(torch, mode[1]))

    return Setting(read, write, (False, {"cpu": "bfloat16", "cuda": "float16"}[kind]))


def _set_grad(mode: bool) -> None:
    torch.set_grad_enabled(mode)


def _flushes_denormals() -> bool:
    return _TINY * 1.0 == 0


def _flush_denormals(mode: bool) -> None:
    torch.set_flush_denormal(mode)


def _cudnn() -> tuple[bool, bool, bool]:
    flags = torch._C  # behind torch.backends.cudnn, whose properties cost ten times as much
    return flags._get_cudnn_enabled(), flags._get_cudnn_benchmark(), flags._get_cudnn_deterministic()


def _set_cudnn(mode: tuple[bool, bool, bool]) -> None:
    torch.backends.cudnn.enabled, torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic = mode


SETTINGS: Mapping[str, Setting] = {
    "default_dtype": Setting(_dtype, _set_dtype, "float32"),
    "default_device": Setting(_device, _set_device, None),
    "deterministic": Setting(_deterministic, _set_deterministic, (False, False)),
    "anomaly": Setting(_anomaly, _set_anomaly, (False, True)),
    "grad": Setting(torch.is_grad_enabled, _set_grad, True),
    "matmul_precision": Setting(
        torch.get_float32_matmul_precision, torch.set_float32_matmul_precision, "highest"
    ),
    "flush_denormal": Setting(_flushes_denormals, _flush_denormals, False),
    "autocast_cpu": _autocast("cpu"),
    "autocast_cuda": _autocast("cuda"),
    "autocast_cache": Setting(torch.is_autocast_cache_enabled, torch.set_autocast_cache_enabled, True),
    "cudnn": Setting(_cudnn, _set_cudnn, (True, False, False)),
}


def read_settings() -> dict[str, Any]:
    """What is set now, by the names of `SETTINGS`."""
    return {name: setting.read() for name, setting in SETTINGS.items()}


def write_settings(wanted: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Set what is to be another than `now`, as `read_settings` gave it."""
    for name, value in wanted.items():
        if name in SETTINGS and now[name] != value:
            SETTINGS[name].write(value)


@contextlib.contextmanager
def keeping_settings(wanted: Mapping[str, Any]) -> Iterator[None]:
    """Within, the settings are `wanted`; afterwards as they were before."""
    others = read_settings()
    try:
        write_settings(wanted, others)
        yield
    finally:
        write_settings(others, read_settings())
