"""Coordinates in which what is connected is near."""

import numpy as np
from sklearn.datasets import make_moons

from ipo.digits.spectral import spectral_coordinates, unit_rows


def test_two_bent_clusters_are_two_directions() -> None:
    points, moon = make_moons(2000, noise=0.05, random_state=0)
    U = spectral_coordinates(points.astype(np.float32), 2, np.random.default_rng(0))
    assert np.allclose(np.linalg.norm(U, axis=1), 1, atol=1e-5)
    cosines = np.abs(U @ np.array([U[moon == one].mean(0) for one in (0, 1)]).T)
    assert (cosines.argmax(1) == moon).mean() > 0.95
    again = spectral_coordinates(points.astype(np.float32), 2, np.random.default_rng(0))
    assert np.array_equal(U, again)


def test_a_few_features_or_all_the_same_have_coordinates() -> None:
    for features in (np.ones((1, 3)), np.ones((40, 3)), np.full((5, 3), np.nan)):
        U = spectral_coordinates(unit_rows(features), 10, np.random.default_rng(0))
        assert len(U) == len(features) and np.isfinite(U).all()
