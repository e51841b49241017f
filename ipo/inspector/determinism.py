"""The same numbers from the same steps, whichever thread takes them and whatever else the process does.

What torch, numpy and Python keep for a whole process or thread (random numbers, default dtype and device,
deterministic mode, …) belongs to one training while it steps, and to everybody else in between.
"""

import contextlib
import random
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ipo.inspector.random_sequences import NumpySequence, PythonSequence
from ipo.inspector.torch_settings import SETTINGS, keeping_settings, read_settings, write_settings

_alone = threading.Lock()  # what is swapped belongs to the process
_MOST_SEED = 2**32 - 1  # of numpy


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


class Randomness:
    """The random numbers and settings of one training: steps beside it, or anything else, have other ones."""

    def __init__(self, seed: int, settings: Mapping[str, Any] | None = None) -> None:
        self._torch: Tensor = torch.Generator().manual_seed(seed).get_state()
        self._python = PythonSequence(random.Random(seed).getstate())
        self._numpy = NumpySequence(tuple(np.random.RandomState(seed % (_MOST_SEED + 1)).get_state()))
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
            python = PythonSequence((version, tuple(words.tolist()), gauss))
        if "numpy" in state:
            keys, *rest = state["numpy"]
            numpy = NumpySequence(("MT19937", keys.numpy().astype(np.uint32), *rest))
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
