"""Promises of derived quantities: closed forms equal the long way."""

import numpy as np
import pytest
import torch

from ipo.inspector.capture import metrics


def rows(D: int = 20, F: int = 50, seed: int = 0) -> torch.Tensor:
    return torch.randn(D, F, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_the_mean_cosine_is_that_of_the_matrix_without_its_diagonal() -> None:
    matrix = metrics.cosine_matrix(rows()).numpy()
    assert float(metrics.mean_off_diagonal(rows())) == pytest.approx(matrix[~np.eye(20, dtype=bool)].mean())
    assert matrix.diagonal() == pytest.approx(1)


def test_rows_of_zeros_are_like_nothing() -> None:
    some = rows()
    some[3] = 0
    matrix = metrics.cosine_matrix(some).numpy()
    assert (matrix[3] == 0).all()
    assert float(metrics.mean_off_diagonal(some)) == pytest.approx(matrix[~np.eye(20, dtype=bool)].mean())
    assert float(metrics.mean_off_diagonal(torch.zeros(4, 5))) == 0


@pytest.mark.parametrize("alike", [0.0, 1.0, 30.0])
def test_the_effective_rank_is_that_of_the_singular_values(alike: float) -> None:
    some = (rows() + alike * rows(1)).float()
    values = np.linalg.svd(some.double().numpy(), compute_uv=False)
    share = values / values.sum()
    assert float(metrics.effective_rank(some)) == pytest.approx(
        np.exp(-(share * np.log(share)).sum()), rel=1e-5
    )


def test_equal_rows_have_rank_one_and_orthogonal_ones_full_rank() -> None:
    assert float(metrics.effective_rank(torch.ones(6, 8))) == pytest.approx(1, abs=1e-4)
    assert float(metrics.effective_rank(torch.eye(6, 8))) == pytest.approx(6)


def test_what_is_not_finite_has_no_rank() -> None:
    some = rows()
    some[0, 0] = torch.nan
    assert torch.isnan(metrics.effective_rank(some))


def test_features_below_one_percent_are_dead() -> None:
    assert float(metrics.dead_count(torch.tensor([0.0, 0.0099, 0.01, 0.5]))) == 2
