"""Networks leave a core to the page."""

import pytest
import torch

from ipo.cores import numeric_threads
from ipo.embedding.torch_threads import sharing_cores


@pytest.mark.parametrize("threads", [1, numeric_threads() + 1])
def test_no_more_threads_than_may_be_and_as_many_as_before_afterwards(threads: int) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with pytest.raises(KeyError), sharing_cores():
            assert torch.get_num_threads() == min(threads, numeric_threads())
            raise KeyError
        assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
