"""How many threads of torch a network may take, so that the page keeps its core."""

import contextlib
from collections.abc import Iterator

import torch

from ipo.cores import numeric_threads


@contextlib.contextmanager
def sharing_cores() -> Iterator[None]:
    """Within, what this thread computes with torch runs on `numeric_threads` at most.

    With a thread for every core, they wait for each other while another program has one: on two busy cores an
    image took EfficientNet-lite0 1,010 ms with two threads and 37 ms with one.
    """
    threads = torch.get_num_threads()  # of the calling thread alone
    if threads > numeric_threads():
        torch.set_num_threads(numeric_threads())
    try:
        yield
    finally:
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)
