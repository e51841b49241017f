"""The same numbers from the same steps, whichever thread takes them and whatever else the process does."""

import contextlib
import threading
from collections.abc import Iterator

import torch
from torch import Tensor

_alone = threading.Lock()  # the random numbers of torch belong to the process


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Within, what this thread computes with torch runs on it alone.

    Torch splits long sums among its threads, so that their number shows in the last bits: with two, the loss
    of `autoencoder_bcl` differed in 44 of 100 steps from that with one. The number is each thread's own and
    depends on the machine, so it is fixed. Two are a third faster (2.1 → 1.5 ms a step) while the machine is
    idle, but wait for each other 150 ms a step while it is not, and the page needs the other core.
    """
    threads = torch.get_num_threads()  # also lets torch initialise this thread before it is told otherwise
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


class Randomness:
    """The random numbers of one training: steps beside it, or anything else, draw from other ones."""

    def __init__(self, seed: int) -> None:
        self.state: Tensor = torch.Generator().manual_seed(seed).get_state()

    @contextlib.contextmanager
    def __call__(self) -> Iterator[None]:
        """Within, `torch.rand` and the like continue this training's sequence, on one thread."""
        with _alone, one_thread():
            others = torch.get_rng_state()
            torch.set_rng_state(self.state)
            try:
                yield
            finally:
                self.state = torch.get_rng_state()
                torch.set_rng_state(others)
