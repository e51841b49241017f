"""Steps that left memory are on disk, bit for bit, within a bound, and leave nothing behind."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from ipo.inspector.capture.disk_ring import DiskRing
from ipo.inspector.capture.snapshots import Evicted
from ipo.inspector.capture.step_inspector import StepInspector
from ipo.inspector.recipes.recipe import Recipe
from ipo.inspector.session import InspectSession
from tests.unit.inspector.recipes_of_a_user import two_layers

KINDS = (torch.float32, torch.float64, torch.complex64, torch.int64, torch.uint8, torch.bool)


def tensors(seed: int) -> dict[str, Tensor]:
    drawn = torch.Generator().manual_seed(seed)
    found = {str(kind): (10 * torch.rand(3, 5, generator=drawn)).to(kind) for kind in KINDS}
    return found | {"number": torch.tensor(float(seed)), "nothing": torch.zeros(0, 4)}


def assert_same(one: dict[str, Tensor], other: dict[str, Tensor]) -> None:
    assert one.keys() == other.keys()
    for key, tensor in one.items():
        assert tensor.dtype == other[key].dtype and torch.equal(tensor, other[key]), key


def test_tensors_of_any_kind_come_back_as_they_were(tmp_path: Path) -> None:
    ring = DiskRing(tmp_path / "cache")
    for step in range(30):
        ring.put(step, tensors(step))
    for step in (0, 29, 7, 0):
        assert_same(dict(ring[step]), tensors(step))
    assert ring[7] is ring[7]


def test_files_have_no_name_and_their_bytes_have_a_bound(tmp_path: Path) -> None:
    ring = DiskRing(tmp_path, budget=100_000, segment=10_000)
    for step in range(200):
        ring.put(step, {"a": torch.full((500,), float(step))})
        assert ring.nbytes <= 100_000 and not list(tmp_path.iterdir())
    assert 199 in ring and 0 not in ring and 40 < len(ring) <= 50
    held = ring[199]
    ring.close()
    assert ring.nbytes == 0 and len(ring) == 0
    assert torch.equal(held["a"], torch.full((500,), 199.0))  # whoever holds it keeps it


def test_what_is_too_large_for_the_disk_is_not_kept(tmp_path: Path) -> None:
    ring = DiskRing(tmp_path, budget=1000)
    ring.put(0, {"a": torch.zeros(1000)})
    assert 0 not in ring and not ring.problem


def test_where_the_disk_refuses_the_training_goes_on(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder would be")
    ring = DiskRing(tmp_path / "cache")
    ring.put(0, tensors(0))
    assert 0 not in ring and "are not kept in" in ring.problem


def test_ten_thousand_steps_can_be_gone_back_to(tmp_path: Path) -> None:
    inspector = StepInspector(budget_bytes=2_000, disk=DiskRing(tmp_path))
    for step in range(10_000):
        inspector.capture_scalar("loss", step)
        inspector.commit()
    assert len(inspector.retained) == 10_000 and inspector.nbytes <= 2_000
    for step in (0, 5000, 9999):
        assert float(inspector.get_step(step)["loss"]) == step
    inspector.pin(3)
    inspector.forget_after(100)
    assert inspector.retained == tuple(range(101)) and inspector.pinned == (3,)
    with pytest.raises(IndexError):
        inspector.get_step(101)
    assert set(inspector.stored()) < set(inspector.retained)  # of an archive: those in memory


def test_a_session_goes_back_to_what_left_memory(tmp_path: Path) -> None:
    recipe = Recipe("two_layers_of_a_test", lambda condition, seed: two_layers(seed))
    few, all_of_it = (
        InspectSession(recipe, budget_bytes=size, disk_folder=folder)
        for size, folder in ((20_000, tmp_path), (2**28, None))
    )
    few.step(40)
    all_of_it.step(40)
    for step in (0, 17, 39):
        mine, right = few.get_step(step), all_of_it.get_step(step)
        assert list(mine) == list(right)
        assert all(np.array_equal(mine[key], right[key]) for key in right)
    few.rewind(10)
    few.step(5)
    assert np.array_equal(few.history().columns["loss"], all_of_it.history().columns["loss"][:16])
    assert few.state().retained == tuple(range(16))
    few.teardown()
    all_of_it.teardown()


def test_without_a_disk_a_step_that_left_memory_says_so() -> None:
    inspector = StepInspector(budget_bytes=0)
    for step in range(2):
        inspector.capture_scalar("loss", step)
        inspector.commit()
    with pytest.raises(Evicted, match="Step 0 is not in memory; step 1 is"):
        inspector.get_step(0)
