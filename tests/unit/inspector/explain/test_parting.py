"""Where two runs part: the first step, tensor and element, and nothing where every bit is equal."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

import ipo
from ipo.inspector.explain.parting import compare_runs, first_difference
from ipo.inspector.sharing.inspection import Inspection, inspection_of
from tests.unit.inspector import small


def run(steps: int = 5, *, nudge_at: int | None = None, seed: int = 0) -> Inspection:
    """A training of two layers; at one step an element of the batch is another by one bit."""
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    optimizer = torch.optim.Adam(model.parameters())
    batches = torch.randn(steps, 8, 4)
    if nudge_at is not None:
        batches[nudge_at, 5, 2] = torch.nextafter(batches[nudge_at, 5, 2], torch.tensor(9.0))
    with ipo.inspect(model, optimizer) as trace:
        for batch in batches:
            optimizer.zero_grad()
            model(batch).square().mean().backward()
            optimizer.step()
    return trace.inspection()


def test_equal_runs_are_equal_in_all_that_was_compared() -> None:
    found = compare_runs(run(), run())
    assert found.parting is None
    assert found.says == "Equal, bit for bit, in the tensors of 5 steps and the numbers of 5."


def test_one_bit_of_a_batch_shows_where_it_enters() -> None:
    parting = compare_runs(run(), run(nudge_at=3)).parting
    assert parting is not None
    assert (parting.step, parting.key, parting.phase) == (3, "0/output", "forward")
    assert parting.index is not None and parting.index[0] == 5  # the row whose input is another
    assert parting.says.startswith("Equal before. At step 3 they part in")
    assert "of 24 elements differ, at most" in parting.says


def test_runs_of_other_seeds_part_in_what_they_begin_with() -> None:
    parting = compare_runs(run(), run(seed=1)).parting
    assert parting is not None
    assert (parting.step, parting.key, parting.phase, parting.index) == (0, "0/weight", "input", (0, 0))


def test_a_step_that_is_not_recorded_is_found_by_its_numbers() -> None:
    here, there = run(), run(nudge_at=2)
    there = replace(there, snapshots={0: there.snapshots[0], 4: there.snapshots[4]})
    parting = compare_runs(here, there).parting
    assert parting is not None
    assert parting.step == 2
    assert "record it in both to see more" in parting.says


def test_sessions_of_two_conditions_part_in_their_first_update() -> None:
    sessions = [small.session("slow"), small.session("control")]
    for session in sessions:
        session.step(2)
    parting = compare_runs(*(inspection_of(session, (0, 1)) for session in sessions)).parting
    assert parting is not None
    assert parting.step == 0


@pytest.mark.parametrize(
    ("here", "there", "index"),
    [
        ([1.0, np.nan], [1.0, np.nan], None),
        ([0.0, 1.0], [-0.0, 1.0], (0,)),
        ([1.0, np.nan], [1.0, 2.0], (1,)),
        ([np.inf, 1.0], [np.inf, 1.0], None),
    ],
)
def test_every_bit_counts(here: list[float], there: list[float], index: tuple[int, ...] | None) -> None:
    found = first_difference(0, {"x": np.array(here)}, {"x": np.array(there)}, {})
    assert (None if found is None else found.index) == index


def test_what_one_lacks_and_other_shapes_are_said() -> None:
    values = {"x": np.zeros(3)}
    missing = first_difference(4, values, {}, {})
    assert missing is not None
    assert missing.says == "Step 4 has x in one run only; it is missing there."
    other = first_difference(4, values, {"x": np.zeros((3, 1))}, {})
    assert other is not None
    assert other.says == "At step 4 x is float64 (3,) here and float64 (3, 1) there."


def test_runs_without_a_step_in_common_are_refused() -> None:
    empty = replace(run(1), snapshots={}, history=run(1).history.__class__(np.arange(0), {}))
    with pytest.raises(ValueError, match="no step in common"):
        compare_runs(empty, run(1))
