"""Promises of the inspector: shapes are checked, memory is bounded, what left it says so."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from ipo.inspector.capture.snapshots import Derivation, Evicted
from ipo.inspector.capture.step_inspector import StepInspector
from ipo.inspector.capture.tensors import (
    SPECS,
    Phase,
    Renderer,
    Retention,
    Scale,
    StepTensorKey,
    TensorSpec,
    by_key,
)

K = StepTensorKey
KB = 1024


def filled(steps: int, budget: int = 2**20) -> StepInspector:
    """Each step holds 4 KiB of strengths and a loss."""
    inspector = StepInspector(budget_bytes=budget)
    for step in range(steps):
        inspector.capture(K.STRENGTH, torch.full((16, 64), float(step)))
        inspector.capture_scalar(K.LOSS, step / 2)
        inspector.commit()
    return inspector


def test_every_key_has_one_spec_with_named_axes() -> None:
    assert set(SPECS) == set(StepTensorKey)
    for key, spec in SPECS.items():
        assert spec.key == key
        assert spec.label
        assert set(spec.dims) <= {"B", "D", "F", "K"}


def test_a_captured_tensor_is_a_copy_that_later_changes_do_not_reach() -> None:
    inspector = StepInspector()
    weights = torch.ones(2, 3, requires_grad=True)
    inspector.capture(K.ENCODER_WEIGHTS, weights)
    with torch.no_grad():
        weights += 1
    inspector.commit()
    kept = inspector.get_step(0)[K.ENCODER_WEIGHTS]
    assert (kept == 1).all()
    assert kept.dtype == np.float32
    with pytest.raises(ValueError, match="read-only"):
        kept[0, 0] = 5


def test_another_shape_than_declared_is_refused() -> None:
    inspector = StepInspector(sizes={"D": 64, "F": 784})
    with pytest.raises(ValueError, match=r"win_rate has shape \(63,\); \(D = 64\) would be right"):
        inspector.capture(K.WIN_RATE, torch.zeros(63))
    inspector.capture(K.STRENGTH, torch.zeros(128, 64))
    with pytest.raises(
        ValueError, match=r"rank_score has shape \(64, 128\); \(B = 128, D = 64\) would be right"
    ):
        inspector.capture(K.RANK_SCORE, torch.zeros(64, 128))
    with pytest.raises(ValueError, match=r"loss has shape \(1,\); \(\) would be right"):
        inspector.capture(K.LOSS, torch.zeros(1))


def test_a_smaller_last_batch_is_fine_within_one_step() -> None:
    inspector = StepInspector()
    for rows in (8, 5):
        inspector.capture(K.STRENGTH, torch.zeros(rows, 4))
        inspector.capture(K.IMAGE_COVERAGE, torch.ones(rows))
        inspector.commit()
    column = inspector.get_history().columns[K.IMAGE_COVERAGE]
    assert np.isnan(column[1, 5:]).all()
    assert (column[1, :5] == 1).all()


def test_a_key_without_a_spec_is_refused() -> None:
    with pytest.raises(KeyError, match="'strenght' has no TensorSpec"):
        StepInspector().capture("strenght", torch.zeros(1))


def test_memory_is_bounded_in_bytes_and_what_left_it_says_so() -> None:
    inspector = filled(20, budget=42 * KB)
    assert inspector.nbytes <= 42 * KB
    assert inspector.retained == tuple(range(10, 20))
    with pytest.raises(Evicted, match="Step 3 is not in memory; steps 10–19 are"):
        inspector.get_step(3)
    with pytest.raises(IndexError, match="There is no step 20; the last one is 19"):
        inspector.get_step(20)


def test_history_has_all_steps_whatever_left_memory() -> None:
    history = filled(700, budget=20 * KB).get_history()
    assert history.steps.tolist() == list(range(700))
    assert (history.columns[K.LOSS] == np.arange(700) / 2).all()
    later = filled(700).get_history(since=690)
    assert later.steps.tolist() == list(range(690, 700))
    assert later.scalars() == (K.LOSS,)


def test_pinned_steps_stay() -> None:
    inspector = filled(5, budget=30 * KB)
    inspector.pin(2)
    for _ in range(30):
        inspector.capture(K.STRENGTH, torch.zeros(16, 64))
        inspector.commit()
    assert 2 in inspector.retained
    assert inspector.nbytes <= 30 * KB
    assert (inspector.get_step(2)[K.STRENGTH] == 2).all()
    with pytest.raises(Evicted, match="Step 1 is not in memory; steps 2 and 29–34 are"):
        inspector.pin(1)
    inspector.unpin(2)
    inspector.capture(K.STRENGTH, torch.zeros(16, 64))
    inspector.commit()
    assert 2 not in inspector.retained


def test_pins_never_fill_all_memory() -> None:
    inspector = filled(5, budget=18 * KB)
    assert inspector.retained == (1, 2, 3, 4)
    inspector.pin(3)
    with pytest.raises(ValueError, match="unpin one first"):
        for step in (1, 2, 4):
            inspector.pin(step)


def test_a_step_larger_than_the_bound_is_still_there_until_the_next() -> None:
    inspector = filled(3, budget=1 * KB)
    assert inspector.retained == (2,)


def test_weights_that_two_steps_share_count_once() -> None:
    inspector = StepInspector()
    weights = [torch.zeros(16, 64) for _ in range(4)]
    for before, after in pairwise(weights):
        inspector.capture(K.ENCODER_WEIGHTS, before, owned=True)
        inspector.capture(K.ENCODER_WEIGHTS_POST, after, owned=True)
        inspector.commit()
    assert inspector.nbytes == 4 * 4 * KB
    inspector.clear()
    assert inspector.nbytes == 0


def test_images_captured_as_bytes_read_between_zero_and_one() -> None:
    inspector = StepInspector()
    inspector.capture(K.BATCH_IMAGES, torch.tensor([[0, 51, 255]], dtype=torch.uint8))
    inspector.commit()
    assert inspector.get_step(0)[K.BATCH_IMAGES].tolist() == [[0, np.float32(0.2), 1]]
    assert inspector.nbytes == 3


@pytest.mark.parametrize("bad", [torch.nan, torch.inf, -torch.inf])
def test_the_first_tensor_that_is_not_finite_is_named_with_its_phase(bad: float) -> None:
    inspector = StepInspector()
    inspector.capture(K.SOM_TARGETS, torch.full((2, 3), bad))
    inspector.capture(K.STRENGTH, torch.tensor([[1.0, bad]]))
    inspector.capture(K.LOSS, torch.tensor(bad))
    broken = inspector.commit()
    assert broken is not None
    assert (broken.step, broken.key, broken.phase) == (0, K.STRENGTH, Phase.FORWARD)
    assert str(broken).startswith("strength (Strength S = |X·W + b|) has NaN or Inf at step 0, phase forward")
    assert K.STRENGTH in inspector.get_step(0)


def test_large_finite_values_are_no_infinity() -> None:
    inspector = StepInspector()
    inspector.capture(K.STRENGTH, torch.full((4, 4), 3e38))
    assert inspector.commit() is None


def test_what_follows_from_stored_tensors_is_not_stored() -> None:
    def spec(key: str, retention: Retention) -> TensorSpec:
        dims = ("B", "D") if retention == Retention.SNAPSHOT else ()
        return TensorSpec(key, dims, Phase.FORWARD, retention, Renderer.HEATMAP, Scale.SEQUENTIAL, key)

    calls: list[str] = []

    def doubled(tensor: torch.Tensor) -> torch.Tensor:
        calls.append("doubled")
        return 2 * tensor

    inspector = StepInspector(
        by_key(
            [spec("one", Retention.SNAPSHOT), spec("two", Retention.SNAPSHOT), spec("sum", Retention.HISTORY)]
        ),
        derivations=[Derivation("two", ("one",), doubled), Derivation("sum", ("one",), torch.sum)],
    )
    inspector.capture("one", torch.ones(4, 4))
    inspector.commit()
    assert inspector.get_history().columns["sum"].tolist() == [16]
    assert inspector.nbytes == 64 + 4
    assert calls == []
    step = inspector.get_step(0)
    assert list(step) == ["one", "two", "sum"]
    assert (step["two"] == 2).all()
    assert step["two"] is step["two"]
    assert calls == ["doubled"]


def test_a_key_that_a_step_lacks_says_what_it_has() -> None:
    with pytest.raises(KeyError, match="step 0 has no 'win_rate'; it has strength, loss"):
        filled(1).get_step(0)[K.WIN_RATE]


def test_collecting_shows_the_running_step() -> None:
    inspector = StepInspector()
    inspector.capture_scalar(K.LOSS, 0.5)
    assert float(inspector.collect()[K.LOSS]) == 0.5
    inspector.discard()
    assert len(inspector.collect()) == 0
