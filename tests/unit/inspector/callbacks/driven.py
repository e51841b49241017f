"""A training in a thread that the test steps, holds and lets go, as the Inspect page does."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from ipo.inspector.attach import announcements
from ipo.inspector.attach.remote_session import RemoteSession

SECONDS = 120.0  # that anything may take


@dataclass(frozen=True)
class Driven:
    """What was seen of a training."""

    name: str
    keys: set[str]  # of the tensors of its third step
    losses: list[float]
    steps: int


def drive(run: Callable[[], object], layer: str) -> Driven:
    """Take three steps of the training that `run` runs, hold it, and let it go on to its end."""
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    ends = time.monotonic() + SECONDS
    while not announcements.offers():
        assert thread.is_alive()
        assert time.monotonic() < ends
        time.sleep(0.02)
    offer = announcements.offers()[0]
    session = RemoteSession(offer.url, offer.token)
    assert session.step(2).steps == 2
    time.sleep(0.1)
    assert session.state().steps == 2  # it is held
    assert session.step().steps == 3
    step = session.get_step(2)
    assert step[f"{layer}/output"].size
    assert step[f"{layer}/weight_update"].any()
    session.release()
    thread.join(SECONDS)
    assert not thread.is_alive()
    while session.there:
        assert time.monotonic() < ends
        time.sleep(0.02)
    session.teardown()
    losses = session.history().columns["loss"].tolist()
    return Driven(offer.name, set(step), losses, session.state().steps)
