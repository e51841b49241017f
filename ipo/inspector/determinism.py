"""The same numbers from the same steps, whichever thread takes them and whatever else the process does.

What torch, numpy and Python keep for a whole process or thread (random numbers, default dtype and device,
deterministic mode, …) belongs to one training while it steps, and to everybody else in between.
"""

import contextlib
import ctypes
import random
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

_alone = threading.Lock()  # what is swapped belongs to the process

_TINY = 5e-324  # a denormal: 0 where this thread flushes them
_MOST_SEED = 2**32 - 1  # of numpy
_MT19937_BYTES = 4 * 624 + 4  # its words, and the place among them
_DTYPE_NAMES = {
    dtype: str(dtype).removeprefix("torch.")
    for dtype in vars(torch).values()
    if isinstance(dtype, torch.dtype)
}


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Within, what this thread computes with torch runs on it alone.

    Torch splits long sums among its threads, so that their number shows in the last bits: with two, the loss
    of `autoencoder_bcl` differed in 44 of 100 steps from that with one. The number is each thread's own and
    depends on the machine, so it is fixed. Two are a third faster (2.1 → 1.5 ms a step) while the machine is
    idle, but wait for each other 150 ms a step while it is not, and the page needs the other core.
    """
    threads = torch.get_num_threads()  # also lets torch initialise this thread before it is told otherwise
    if threads != 1:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)


def _outside_of_inference() -> contextlib.AbstractContextManager[object]:
    return torch.inference_mode(False) if torch.is_inference_mode_enabled() else contextlib.nullcontext()


@contextlib.contextmanager
def keeping_modes(*modules: nn.Module) -> Iterator[None]:
    """Afterwards every submodule is in training or evaluation mode as it was before."""
    modes = [(part, part.training) for module in modules for part in module.modules()]
    try:
        yield
    finally:
        for part, training in modes:
            part.training = training


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


class _Python:
    """The sequence of `random.random` and the like."""

    def __init__(self, state: tuple[Any, ...]) -> None:
        self.state = state

    def enter(self) -> None:
        self._others = random.getstate()
        random.setstate(self.state)

    def mark(self) -> None:
        self.state = random.getstate()

    def leave(self) -> None:
        random.setstate(self._others)


class _Numpy:
    """The sequence of `np.random.rand` and the like, as a generator that is exchanged for the process's own.

    Reading and writing states takes 25 µs each; most trainings draw nothing from it, which its bytes tell.
    The exchange loses the second half of a pair that `randn` made, if one was there.
    """

    def __init__(self, state: tuple[Any, ...]) -> None:
        self.state = state
        self._generator = np.random.MT19937()
        self._generator.state = _mt19937(state)
        self._marked = _words(self._generator)
        self._others_state: Any = None  # where it holds half of a pair
        self._without_half: bytes | None = None  # words of the others when last seen without one

    def enter(self) -> None:
        self._others = np.random.get_bit_generator()  # type: ignore[attr-defined]
        words = _words(self._others)
        if words is None or words != self._without_half:  # a half comes only with new words
            state: Any = np.random.get_state(legacy=False)  # noqa: NPY002 - holds the half too
            self._others_state = state if state["has_gauss"] else None
            self._without_half = None if state["has_gauss"] else words
        np.random.set_bit_generator(self._generator)  # type: ignore[attr-defined]
        if self.state[3]:
            np.random.set_state(self.state)  # noqa: NPY002 - as above

    def mark(self) -> None:
        if self.state[3] or self._marked != _words(self._generator):
            self.state = tuple(np.random.get_state())  # noqa: NPY002 - as above
            self._marked = _words(self._generator)

    def leave(self) -> None:
        if self._marked != _words(self._generator):
            self._generator.state = _mt19937(self.state)
        np.random.set_bit_generator(self._others)  # type: ignore[attr-defined]
        if self._others_state is not None:
            np.random.set_state(self._others_state)  # noqa: NPY002 - as above


def _words(generator: Any) -> bytes | None:
    """What a Mersenne Twister holds; `None` for another kind of generator."""
    if not isinstance(generator, np.random.MT19937):
        return None
    return ctypes.string_at(generator.ctypes.state_address, _MT19937_BYTES)


def _mt19937(state: tuple[Any, ...]) -> Any:
    return {"bit_generator": "MT19937", "state": {"key": state[1], "pos": state[2]}}


class Randomness:
    """The random numbers and settings of one training: steps beside it, or anything else, have other ones."""

    def __init__(self, seed: int, settings: Mapping[str, Any] | None = None) -> None:
        self._torch: Tensor = torch.Generator().manual_seed(seed).get_state()
        self._python = _Python(random.Random(seed).getstate())
        self._numpy = _Numpy(tuple(np.random.RandomState(seed % (_MOST_SEED + 1)).get_state()))
        self.settings = (
            {name: setting.start for name, setting in SETTINGS.items()} if settings is None else settings
        )

    @contextlib.contextmanager
    def __call__(self) -> Iterator[None]:
        """Within, `torch.rand` and the like continue this training's sequences, on one thread.

        Where the block raises, the sequences are again where they were before, or at `mark`, and the settings
        as before.
        """
        with _alone, _outside_of_inference(), one_thread():
            others, settings = torch.get_rng_state(), read_settings()
            after = None
            torch.set_rng_state(self._torch)
            self._python.enter()
            self._numpy.enter()
            try:
                write_settings(self.settings, settings)
                yield
                self.mark()
                self.settings = after = read_settings()
            finally:
                write_settings(settings, read_settings() if after is None else after)
                self._numpy.leave()
                self._python.leave()
                torch.set_rng_state(others)

    def mark(self) -> None:
        """Within the block: keep what was drawn so far, whatever is raised later."""
        self._torch = torch.get_rng_state()
        self._python.mark()
        self._numpy.mark()

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """Within, as `__call__`; what is drawn or set there does not count."""
        before = self.state
        try:
            with self():
                yield
        finally:
            self.state = before

    @property
    def state(self) -> dict[str, Any]:
        """Tensors, numbers and text only, for a checkpoint."""
        version, python, gauss = self._python.state
        _, keys, place, has_gauss, cached = self._numpy.state
        return {
            "torch": self._torch,
            "python": [version, torch.tensor(python, dtype=torch.int64, device="cpu"), gauss],
            "numpy": [torch.from_numpy(keys.astype(np.int64)), int(place), int(has_gauss), float(cached)],
            "settings": dict(self.settings),
        }

    @state.setter
    def state(self, state: Mapping[str, Any]) -> None:
        """What is not in it stays. Raises `KeyError`, `TypeError` or `ValueError` for what is none."""
        drawn, python, numpy, settings = self._torch, self._python, self._numpy, self.settings
        if "torch" in state:
            drawn = state["torch"]
        if "python" in state:
            version, words, gauss = state["python"]
            python = _Python((version, tuple(words.tolist()), gauss))
        if "numpy" in state:
            keys, *rest = state["numpy"]
            numpy = _Numpy(("MT19937", keys.numpy().astype(np.uint32), *rest))
        if "settings" in state:
            settings = {name: _hashable(value) for name, value in state["settings"].items()}
        try:
            with _alone, keeping_settings(settings):
                pass
        except (AttributeError, RuntimeError) as error:
            raise ValueError(f"its settings cannot be had here: {error}") from error
        self._torch, self._python, self._numpy, self.settings = drawn, python, numpy, settings


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
