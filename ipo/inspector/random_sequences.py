"""Random numbers of Python and numpy, which are the process's, exchanged for those of one training."""

import ctypes
import random
from typing import Any

import numpy as np

_MT19937_BYTES = 4 * 624 + 4  # its words, and the place among them


class PythonSequence:
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


class NumpySequence:
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
