"""Few labels reach what is connected to them, and nothing else."""

import numpy as np
from sklearn.datasets import make_moons

from ipo.digits.labels.store import NONE
from ipo.digits.model import SSVAE
from ipo.digits.split import split_of
from ipo.digits.training.batches import Batches
from ipo.digits.training.spreading import spread
from tests.unit.digits.small import CONFIG, COUNT, PER_EPOCH, images, labels


def test_one_label_a_moon_is_enough() -> None:
    points, moon = make_moons(2000, noise=0.05, random_state=0)
    labels = np.full(2000, NONE, np.int8)
    for one in (0, 1):
        labels[np.flatnonzero(moon == one)[0]] = one
    known = spread(points.astype(np.float32), labels, 2, np.random.default_rng(0))
    assert known.dtype == np.int8 and (known == moon).mean() > 0.95


def test_batches_spread_few_labels_after_the_first_epoch_and_none_to_held_out_images() -> None:
    split = split_of(COUNT, CONFIG)
    batches = Batches(images(), labels(), split, CONFIG, SSVAE(CONFIG).eval())
    first = batches.next()
    assert (first.spread == NONE).all()
    for _ in range(PER_EPOCH):
        batch = batches.next()
    assert (batch.spread != NONE).any()
    assert (batches.spread[split.validation] == NONE).all()
    batches.use(np.full(COUNT, NONE, np.int8))
    for _ in range(PER_EPOCH):
        batch = batches.next()
    assert (batch.spread == NONE).all()


def test_a_cluster_without_a_label_gets_none() -> None:
    rng = np.random.default_rng(0)
    kinds = np.arange(900) % 3
    features = (4 * np.eye(3)[kinds] + 0.3 * rng.standard_normal((900, 3))).astype(np.float32)
    labels = np.full(900, NONE, np.int8)
    labels[:2] = kinds[:2]
    known = spread(features, labels, 3, rng)
    assert (known[kinds == 2] == NONE).mean() > 0.95
    assert (known == kinds)[kinds < 2].mean() > 0.95
