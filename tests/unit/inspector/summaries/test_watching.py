"""A training that is too large to be kept whole is watched by summaries, and not changed by it."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import ipo
from ipo.inspector.loops.trace import Trace
from ipo.inspector.service import InspectorService
from ipo.inspector.summaries.summary import sampled_view

WIDTH = 96  # of a weight that is larger than a sample


class Loop:
    def __init__(self) -> None:
        torch.manual_seed(0)
        self.model = nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.Tanh(), nn.Linear(WIDTH, 3))
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=1e-2)
        self.rows, self.labels = torch.randn(64, WIDTH), torch.randint(3, (64,))

    def step(self) -> None:
        self.optimizer.zero_grad()
        functional.cross_entropy(self.model(self.rows), self.labels).backward()
        self.optimizer.step()

    @property
    def weight(self) -> Tensor:
        return self.model[0].weight.detach().clone()


def watched(loop: Loop, steps: int = 3, **how: object) -> Trace:
    with ipo.inspect(loop.model, loop.optimizer, **how) as trace:  # type: ignore[arg-type]
        for _ in range(steps):
            loop.step()
    return trace


def test_summaries_are_of_the_tensors_that_were_there() -> None:
    loop, whole = Loop(), Loop()
    few, all_of_it = watched(loop, step_bytes=0), watched(whole, step_bytes=None)
    step, right = few.step(2).snapshot, all_of_it.step(2).snapshot
    assert {"0/weight", "0/weight_gradient", "0/weight_update", "0/output"} <= set(step.summaries)
    assert "0/weight_state.exp_avg" in step.summaries and "0/bias" in step
    assert not right.summaries
    for key, summary in step.summaries.items():
        tensor = right.tensor(key)
        assert key not in step and summary.shape == tuple(tensor.shape)
        assert np.array_equal(summary.sample, sampled_view(tensor).numpy()), key
        assert summary.length == pytest.approx(float(tensor.norm()), rel=1e-5 if summary.norm else 0.1), key


def test_watching_by_summaries_leaves_every_bit_as_it_is() -> None:
    loop, bare = Loop(), Loop()
    watched(loop, step_bytes=0)
    for _ in range(3):
        bare.step()
    for one, other in zip(loop.model.parameters(), bare.model.parameters(), strict=True):
        assert torch.equal(one, other)


def test_what_is_followed_is_whole_and_says_so_of_the_rest() -> None:
    trace = watched(Loop(), step_bytes=0, whole=["0/weight_update"])
    step = trace.step()
    assert "0/weight_update" in step.snapshot and "0/weight" in step.snapshot.summaries
    with pytest.raises(AttributeError, match="0/output: it was kept as a summary; follow it"):
        _ = step["0"].output
    assert step["0"].summaries["weight"].shape == (WIDTH, WIDTH)


def test_history_has_lengths_of_all_and_says_which_are_estimates() -> None:
    loop, whole = Loop(), Loop()
    few, right = (watched(one, step_bytes=bytes_) for one, bytes_ in ((loop, 0), (whole, None)))
    mine, theirs = few.history().columns, right.history().columns
    for key in ("0/weight_length", "0/weight_gradient_length"):
        assert np.allclose(mine[key], theirs[key], rtol=1e-5)
    assert np.allclose(mine["0/weight_update_length"], theirs["0/weight_update_length"], rtol=0.1)
    labels = {key: few._inspector.specs[key].label for key in mine}
    assert labels["0/weight_update_length"].endswith("estimated from a sample")
    assert "estimated" not in labels["0/weight_gradient_length"]


def test_a_nan_in_a_tensor_that_is_not_whole_is_found() -> None:
    loop = Loop()
    with torch.no_grad():
        loop.model[0].weight[WIDTH - 1, WIDTH - 1] = torch.nan
    trace = watched(loop, steps=1, step_bytes=0)
    assert trace.broken is not None and trace.broken.has_nan and trace.broken.key == "0/weight"


def test_a_table_of_layers_has_lengths_of_summaries() -> None:
    trace, right = watched(Loop(), step_bytes=0), watched(Loop(), step_bytes=None)
    cells = [one._repr_html_().split("<tr>")[2].split("<td")[1:] for one in (trace, right)]
    assert cells[0][:8] == cells[1][:8]  # but the update, which is an estimate
    assert "≈" in cells[0][8] and "≈" not in cells[1][8]


def test_a_saved_session_keeps_its_summaries(tmp_path: Path) -> None:
    desk, name = InspectorService("a test"), "tests.unit.inspector.recipes_of_a_user:wide"
    session = desk.setup(name)
    session.change_plan(step_bytes=0, followed=[])
    session.step(3)
    before = session.get_step(2)
    session.save(tmp_path / "wide.npz")
    try:
        reopened = desk.reopen(tmp_path / "wide.npz", recipe=name)
        assert reopened.specs["2/weight_update_length"].label.endswith("estimated from a sample")
        again = reopened.get_step(2)
        assert list(again) == list(before) and list(again.summaries) == list(before.summaries)
        for key, summary in before.summaries.items():
            assert np.array_equal(again.summaries[key].sample, summary.sample), key
            assert again.summaries[key].norm == summary.norm
    finally:
        desk.teardown()


def test_a_fork_has_the_plan_of_what_it_came_from() -> None:
    desk = InspectorService("a test")
    session = desk.setup("tests.unit.inspector.recipes_of_a_user:wide")
    try:
        session.change_plan(step_bytes=0, followed=["2/weight"])
        session.step(2)
        twin = desk.fork()
        twin.step()
        assert "2/weight" in twin.get_step(2) and "2/weight_update" in twin.get_step(2).summaries
    finally:
        desk.teardown()
