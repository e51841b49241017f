"""A training as a script has it, in a thread, which offers itself to be looked into."""

import threading
import time
from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional

from ipo.inspector.attach.attach import attach
from ipo.inspector.attach.attachment import Attachment

SECONDS = 120.0  # that anything here may take


def until(true: Callable[[], bool], what: str) -> None:
    ends = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < ends, what
        time.sleep(0.01)


class Training:
    """A loop in a thread, as a script has it."""

    def __init__(self, steps: int = 8, watched: bool = True, hidden: int = 5, **more: object) -> None:
        torch.manual_seed(0)
        self.model = nn.Sequential(nn.Linear(6, hidden), nn.ReLU(), nn.Linear(hidden, 3))
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=0.01)
        self.steps = steps
        self.losses: list[float] = []
        self.attachment: Attachment | None = None
        self._more, self._watched = more, watched
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self) -> None:
        drawn = torch.Generator().manual_seed(1)
        if self._watched:
            self.attachment = attach(self.model, self.optimizer, name="small", **self._more)
        for _ in range(self.steps):
            x, y = torch.randn(8, 6, generator=drawn), torch.randint(3, (8,), generator=drawn)
            self.optimizer.zero_grad()
            loss = functional.cross_entropy(self.model(x), y)
            loss.backward()
            self.optimizer.step()
            self.losses.append(loss.item())
        if self.attachment is not None:
            self.attachment.close()

    def join(self) -> None:
        self.thread.join(SECONDS)
        assert not self.thread.is_alive()

    def weights(self) -> list[torch.Tensor]:
        return [parameter.detach() for parameter in self.model.parameters()]
