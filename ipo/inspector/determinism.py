"""The same numbers from the same steps, whichever thread takes them and whatever else the process does."""

import contextlib
import threading
from collections.abc import Iterator

import torch
from torch import Tensor

# Sums are split among the threads, so that their number shows in the last bits; torch keeps it per thread,
# and MKL per process. One is as fast as two for layers of this size, and leaves a core to the page.
_THREADS = 1

_alone = threading.Lock()  # the random numbers of torch belong to the process


class Randomness:
    """The random numbers of one training: steps beside it, or anything else, draw from other ones."""

    def __init__(self, seed: int) -> None:
        self.state: Tensor = torch.Generator().manual_seed(seed).get_state()

    @contextlib.contextmanager
    def __call__(self) -> Iterator[None]:
        """Within, `torch.rand` and the like continue this training's sequence, on one thread."""
        with _alone:
            others, threads = torch.get_rng_state(), torch.get_num_threads()
            torch.set_num_threads(_THREADS)
            torch.set_rng_state(self.state)
            try:
                yield
            finally:
                self.state = torch.get_rng_state()
                torch.set_rng_state(others)
                torch.set_num_threads(threads)
