"""Promises of BCL: every formula is that of the design."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ipo.inspector.recipes import bcl
from ipo.inspector.recipes.bcl import Algorithm, BCLConfig, ForceTrace
from tests.unit.inspector import slow_bcl


def problem(seed: int, B: int = 20, D: int = 9, F: int = 15, scale: float = 0.3) -> tuple[np.ndarray, ...]:
    """Weights, biases and a batch in float64."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal((D, F)) * scale, rng.standard_normal(D) * scale, rng.random((B, F))


def trace(
    arrays: tuple[np.ndarray, ...], config: BCLConfig, dtype: torch.dtype = torch.float64
) -> ForceTrace:
    W, b, X = (torch.from_numpy(array).to(dtype) for array in arrays)
    return bcl.forces(W, b, X, bcl.neighbours(W, config.k), config)


def slow(arrays: tuple[np.ndarray, ...], config: BCLConfig) -> dict[str, np.ndarray]:
    W, b, X = arrays
    N = slow_bcl.neighbours(W, config.k)
    if config.algorithm == Algorithm.BCL:
        return slow_bcl.blend(W, b, X, N, config.temperature, config.som_lr)
    return slow_bcl.rescue(W, b, X, N, config.temperature, config.som_lr, config.rescue_k)


@pytest.mark.parametrize("algorithm", Algorithm)
@given(
    seed=st.integers(0, 50),
    k=st.integers(1, 8),
    temperature=st.sampled_from([0.5, 5.0, 20.0]),
    B=st.integers(6, 16),
)
def test_every_tensor_is_that_of_the_slow_loops(
    algorithm: Algorithm, seed: int, k: int, temperature: float, B: int
) -> None:
    config = BCLConfig(algorithm, k=k, temperature=temperature, som_lr=0.1)
    arrays = problem(seed, B=B)
    made, right = trace(arrays, config), slow(arrays, config)
    assert set(right) == {key for key, value in vars(made).items() if value is not None} - {"neighbors"}
    for key, value in right.items():
        assert np.abs(getattr(made, key).numpy() - value).max() < 1e-9, key


@pytest.mark.parametrize("algorithm", Algorithm)
@pytest.mark.parametrize("seed", range(3))
def test_single_precision_agrees_with_the_slow_loops(algorithm: Algorithm, seed: int) -> None:
    config = BCLConfig(algorithm, k=8)
    arrays = problem(seed, B=64, D=16, F=784, scale=0.03)
    made, right = trace(arrays, config, torch.float32), slow(arrays, config)
    for key, value in right.items():
        assert np.abs(getattr(made, key).numpy() - value).max() < 1e-5, key


def test_neighbours_are_the_others_of_largest_cosine_nearest_first() -> None:
    W = np.random.default_rng(0).standard_normal((12, 30))
    assert (bcl.neighbours(torch.from_numpy(W), 5).numpy() == slow_bcl.neighbours(W, 5)).all()


def test_the_winner_itself_is_not_in_its_neighbourhood() -> None:
    made = trace(problem(1), BCLConfig(k=3))
    winners = made.rank_score.argmax(1)
    assert (made.in_neighborhood.gather(1, winners[:, None]) == 0).all()
    assert (made.in_neighborhood.sum(1) == 3).all()


def test_the_three_weights_of_bcl_sum_to_one() -> None:
    made = trace(problem(2), BCLConfig(k=3), torch.float32)
    total = made.gradient_weight + made.contender_weight + made.attraction_weight  # type: ignore[operator]
    assert (total - 1).abs().max() < 1e-6


def test_a_rescue_pulls_each_feature_to_five_images() -> None:
    made = trace(problem(3), BCLConfig(Algorithm.RESCUE, k=3))
    assert made.rescue_pull is not None
    assert ((made.rescue_pull > 0).sum(0) == 5).all()
    assert made.rescue_pull.sum(0).numpy() == pytest.approx(1)


def test_the_pre_activation_may_be_handed_in() -> None:
    W, b, X = (torch.from_numpy(array) for array in problem(4))
    N, config = bcl.neighbours(W, 3), BCLConfig(k=3)
    given, made = bcl.forces(W, b, X, N, config, X @ W.T + b), bcl.forces(W, b, X, N, config)
    assert torch.allclose(given.som_delta, made.som_delta, rtol=0, atol=1e-15)


def test_nothing_that_is_handed_in_changes() -> None:
    W, b, X = (torch.from_numpy(array) for array in problem(5))
    N = bcl.neighbours(W, 3)
    before = [tensor.clone() for tensor in (W, b, X, N)]
    for algorithm in Algorithm:
        bcl.forces(W, b, X, N, BCLConfig(algorithm, k=3))
    assert all(torch.equal(old, new) for old, new in zip(before, (W, b, X, N), strict=True))


def test_more_neighbours_than_features_are_refused() -> None:
    with pytest.raises(ValueError, match="k is 9; 9 features have 1 to 8 neighbours"):
        bcl.neighbours(torch.rand(9, 4), 9)
