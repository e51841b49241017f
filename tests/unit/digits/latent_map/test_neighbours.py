"""Nearest neighbours are those of scikit-learn, and what is not finite is near to nothing."""

import numpy as np
from sklearn.neighbors import NearestNeighbors

from ipo.digits.latent_map.neighbours import nearest


def test_neighbours_are_the_nearest_also_over_many_blocks() -> None:
    latent = np.random.default_rng(0).normal(size=(70_000, 4)).astype(np.float32)
    distances, rows = NearestNeighbors(n_neighbors=9).fit(latent).kneighbors(latent[[5]])
    found = nearest(latent, 5, 8)
    assert [neighbour.row for neighbour in found] == rows[0, 1:].tolist()
    assert np.allclose([neighbour.distance for neighbour in found], distances[0, 1:], rtol=1e-4)


def test_a_small_set_has_fewer() -> None:
    latent = np.array([[0, 0], [3, 4], [1, 0]], np.float32)
    assert [(found.row, found.distance) for found in nearest(latent, 0, 8)] == [(2, 1.0), (1, 5.0)]
    assert nearest(latent[:1], 0, 8) == []


def test_rows_that_are_not_finite_are_left_out_and_have_none() -> None:
    latent = np.array([[0], [np.nan], [2], [np.inf], [3e38]], np.float32)
    assert [found.row for found in nearest(latent, 0, 8)] == [2]
    assert nearest(latent, 1, 8) == []
