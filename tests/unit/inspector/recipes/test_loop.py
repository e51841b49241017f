"""Promises of recipes that are loops: an unchanged loop with yields is stepped, rewound and forked."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from ipo.inspector.recipes.recipe import Recipe
from ipo.inspector.session import Diverged, InspectSession

STEPS = 5


def loop(condition: str, seed: int, scale: float = 1.0, ended: list[str] | None = None) -> Iterator[Any]:
    """Two epochs with a scheduler, dropout, and batches from torch's own random numbers."""
    model = nn.Sequential(nn.Linear(6, 5), nn.Dropout(0.3), nn.Linear(5, 3))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.8)
    yield model, optimizer
    try:
        for _ in range(2):
            for _ in range(4):
                x, y = torch.randn(8, 6), torch.randint(3, (8,))
                optimizer.zero_grad()
                loss = functional.cross_entropy(model(x * scale), y)
                loss.backward()
                optimizer.step()
                yield loss
            schedule.step()
    finally:
        if ended is not None:
            ended.append("closed")


def opened(build: Any = loop) -> InspectSession:
    return InspectSession(Recipe("loop", build))


def values(session: InspectSession, step: int) -> dict[str, np.ndarray]:
    return {key: array.copy() for key, array in session.get_step(step).items()}


def test_it_goes_back_and_on_with_the_same_bits_and_forks() -> None:
    session = opened()
    session.step(STEPS)
    assert session.get_step(0)["0/weight_update"].any()
    assert session.history().columns["(optimizer)/learning_rate"][[0, 4]] == pytest.approx([0.05, 0.04])
    last = values(session, STEPS - 1)
    session.rewind(1)
    assert session.state().steps == 2
    session.step(STEPS - 2)
    again = values(session, STEPS - 1)
    assert all(np.array_equal(value, again[key]) for key, value in last.items())
    twin = session.fork()
    session.step()
    twin.step()
    assert all(
        np.array_equal(value, twin.get_step(STEPS)[key]) for key, value in values(session, STEPS).items()
    )


def test_it_says_when_it_has_come_to_its_end() -> None:
    ended: list[str] = []
    session = opened(partial(loop, ended=ended))
    state = session.step(100)
    assert state.steps == 8
    assert state.stop is not None
    assert state.stop.kind == "ended"
    assert "has come to its end" in state.stop.message
    assert session.step().steps == 8
    assert session.rewind(2).stop is None
    assert session.step(100).steps == 8
    session.teardown()
    assert ended == ["closed"] * 2


def test_letting_go_of_it_closes_it() -> None:
    ended: list[str] = []
    session = opened(partial(loop, ended=ended))
    session.step()
    assert ended == []
    session.teardown()
    assert ended == ["closed"]


def test_one_that_draws_from_what_its_seed_does_not_decide_is_said_to_differ() -> None:
    calls = iter(range(1000))

    def drawing(condition: str, seed: int) -> Iterator[Any]:
        yield from loop(condition, seed, scale=1.0 + next(calls))

    session = opened(drawing)
    session.step(3)
    with pytest.raises(Diverged, match="draws from something that its seed does not determine"):
        session.rewind(1)


def test_a_step_that_raises_is_taken_again() -> None:
    failing = iter([True])

    def unlucky(condition: str, seed: int) -> Iterator[Any]:
        steps = loop(condition, seed)
        yield next(steps)
        for number, loss in enumerate(steps):
            if number == 2 and next(failing, False):
                raise RuntimeError("no memory")
            yield loss

    session, right = opened(unlucky), opened()
    with pytest.raises(RuntimeError, match="no memory"):
        session.step(STEPS)
    assert session.state().steps == 2
    session.step(STEPS - 2)
    right.step(STEPS)
    assert np.array_equal(session.history().columns["loss"], right.history().columns["loss"])


@pytest.mark.parametrize(
    ("first", "says"), [((), "ended before it yielded anything"), ((3,), "yielded int first; the model and")]
)
def test_one_that_does_not_say_its_model_first_is_refused(first: tuple[Any, ...], says: str) -> None:
    def odd(condition: str, seed: int) -> Iterator[Any]:
        yield from first

    with pytest.raises(TypeError, match=says):
        opened(odd)
