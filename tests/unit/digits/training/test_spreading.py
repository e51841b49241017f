"""Few labels reach what is connected to them, and nothing else."""

import numpy as np
from sklearn.datasets import make_moons

from ipo.digits.labels.store import NONE
from ipo.digits.training.spreading import spread


def test_one_label_a_moon_is_enough() -> None:
    points, moon = make_moons(2000, noise=0.05, random_state=0)
    labels = np.full(2000, NONE, np.int8)
    for one in (0, 1):
        labels[np.flatnonzero(moon == one)[0]] = one
    known = spread(points.astype(np.float32), labels, 2, np.random.default_rng(0))
    assert known.dtype == np.int8 and (known == moon).mean() > 0.95


def test_a_cluster_without_a_label_gets_none() -> None:
    rng = np.random.default_rng(0)
    kinds = np.arange(900) % 3
    features = (4 * np.eye(3)[kinds] + 0.3 * rng.standard_normal((900, 3))).astype(np.float32)
    labels = np.full(900, NONE, np.int8)
    labels[:2] = kinds[:2]
    known = spread(features, labels, 3, rng)
    assert (known[kinds == 2] == NONE).mean() > 0.95
    assert (known == kinds)[kinds < 2].mean() > 0.95
