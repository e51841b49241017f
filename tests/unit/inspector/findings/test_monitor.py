"""A training that is stepped says what is wrong with it, and is not touched."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as some
from hypothesis.extra import numpy as arrays
from torch import Tensor, nn

from ipo.inspector.findings.finding import Severity
from ipo.inspector.findings.monitor import FindingsMonitor
from ipo.inspector.findings.observed import ObservedStep, ObservedTraining
from ipo.inspector.recipes import registry
from ipo.inspector.recipes.recipe import Recipe
from ipo.inspector.service import InspectorService
from ipo.inspector.session import InspectSession
from ipo.inspector.training.loader import ImageLoader
from ipo.inspector.training.setup import Setup

NAME = "findings_of_a_test"


def detached(condition: str, seed: int) -> Setup:
    """A first layer that no gradient reaches."""

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Linear(9, 6), nn.Linear(6, 3)

        def forward(self, images: Tensor) -> Tensor:
            scores: Tensor = self.second(torch.relu(self.first(images)).detach())
            return scores

    model = Model()
    loader = ImageLoader(torch.randint(0, 255, (40, 9)).byte(), (torch.arange(40) % 3).byte(), 8, seed)
    return Setup(model, loader, _loss, torch.optim.SGD(model.parameters(), lr=0.1))


def _loss(output: Tensor, batch: tuple[Tensor, Tensor]) -> Tensor:
    return nn.functional.cross_entropy(output, batch[1].long())


@pytest.fixture
def session() -> Iterator[InspectSession]:
    made = InspectSession(Recipe(NAME, detached))
    yield made
    made.teardown()


def _rules(session: InspectSession) -> dict[str, tuple[int, int, int]]:
    return {one.finding.rule: (one.first, one.last, one.count) for one in session.findings.held}


def test_a_finding_is_said_once_with_the_steps_for_which_it_held(session: InspectSession) -> None:
    session.step(9)
    assert _rules(session) == {}
    session.step(11)
    assert _rules(session)["unreached_parameters"] == (9, 19, 11)
    worst = session.findings.held[0].finding
    assert worst.rule == "unreached_parameters"
    assert worst.says == "No gradient reaches first/weight, first/bias."
    assert worst.tensor in session.specs


def test_going_back_takes_back_what_was_found_since(session: InspectSession) -> None:
    session.step(20)
    session.rewind(14)
    assert _rules(session)["unreached_parameters"] == (9, 14, 6)
    session.rewind(5)
    assert _rules(session) == {}
    session.step(14)
    assert _rules(session)["unreached_parameters"][1] == 19


def test_a_fork_knows_what_was_found(session: InspectSession) -> None:
    session.step(15)
    twin = session.fork()
    try:
        assert _rules(twin) == _rules(session)
        twin.step(1)
        assert _rules(session)["unreached_parameters"][1] == 14
    finally:
        twin.teardown()


def test_a_saved_session_says_when_it_is_reopened_what_was_found(
    session: InspectSession, tmp_path: Path
) -> None:
    session.step(15)
    session.save(tmp_path / "run.npz")
    found = _rules(session)
    session.teardown()
    assert session.findings.held == ()
    registry.register(Recipe(NAME, detached))
    desk = InspectorService("a test")
    try:
        assert _rules(desk.reopen(tmp_path / "run.npz")) == found
    finally:
        desk.teardown()


def test_what_is_dismissed_stays_found(session: InspectSession) -> None:
    session.step(15)
    id_ = session.findings.held[0].id
    session.findings.dismiss(id_)
    assert session.findings.dismissed == {id_}
    assert _rules(session)
    session.findings.restore()
    assert not session.findings.dismissed


def test_evaluated_rows_that_are_trained_on_are_found() -> None:
    rows = torch.rand(16, 9)

    def leaking(condition: str, seed: int) -> Setup:
        model = nn.Linear(9, 3)
        batches = [(rows[:8], torch.arange(8) % 3), (torch.rand(8, 9), torch.arange(8) % 3)]
        return Setup(
            model, batches, _loss, torch.optim.SGD(model.parameters(), lr=0.1),
            evaluate=lambda: float(model(rows).sum()),
        )  # fmt: skip

    session = InspectSession(Recipe(NAME, leaking))
    session.step(2)
    session.evaluate()
    session.step(1)
    [one] = [one.finding for one in session.findings.held if one.finding.rule == "leaked_rows"]
    assert one.severity == Severity.CRITICAL
    assert one.evidence.startswith("8 of 16")
    session.teardown()


def test_looking_changes_no_bit_of_a_training(monkeypatch: pytest.MonkeyPatch) -> None:
    def weights() -> list[Tensor]:
        session = InspectSession(Recipe(NAME, detached), seed=3)
        session.step(25)
        found = session.get_step(24)
        session.teardown()
        return [torch.from_numpy(found[key].copy()) for key in found]

    looked = weights()
    monkeypatch.setattr(FindingsMonitor, "look", lambda self, step: None)
    assert all(torch.equal(one, other) for one, other in zip(looked, weights(), strict=True))


def test_what_cannot_be_looked_at_is_said_and_the_training_goes_on(session: InspectSession) -> None:
    class Wicked:
        @property
        def last_epoch(self) -> int:
            raise ZeroDivisionError("no epoch")

    session.findings.training = ObservedTraining(nn.Linear(2, 2), (), {}, {"bad": Wicked()})
    session.step(3)
    assert session.state().steps == 3
    assert session.findings.failed == "Step 2 could not be looked at: no epoch"


_ODD = arrays.arrays(
    np.float32,
    arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
    elements=some.sampled_from([0.0, 1.0, -1.0, 1e38, float("nan"), float("inf"), -float("inf")]),
)


@settings(max_examples=30, deadline=None)
@given(some.lists(_ODD, min_size=7, max_size=7), some.sampled_from([float("nan"), float("inf"), 0.0, -3.0]))
def test_no_tensor_makes_a_rule_raise(values: list[Any], loss: float) -> None:
    """NaN, infinities, nothing at all, one row, and shapes that do not belong together."""
    model = nn.Sequential(nn.Linear(8, 4), nn.Sigmoid(), nn.Linear(4, 2))
    monitor = FindingsMonitor(ObservedTraining.of(model, [torch.optim.SGD(model.parameters(), lr=0.1)]))
    keys = ("0/weight", "0/weight_gradient", "0/weight_update", "0/output", "0/output_gradient", "2/output")
    tensors = dict(zip(keys, values, strict=False))
    batch = (torch.from_numpy(values[6]), torch.from_numpy(values[0]))
    for index in range(25):
        monitor.look(ObservedStep(index, loss, tensors, batch=batch))
        assert monitor.failed == ""
