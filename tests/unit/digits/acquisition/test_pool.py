"""Held-out images are suggested only once there are labels enough to spare some for measuring."""

import numpy as np

from ipo.digits.acquisition.pool import MANY_LABELS, suggestion_pool
from ipo.digits.labels.store import NONE
from ipo.digits.predictions import Predictions


def test_held_out_images_wait_while_labels_are_few() -> None:
    n = 2 * MANY_LABELS
    predictions = Predictions(
        latent=np.zeros((n, 2), np.float32),
        places=np.zeros((n, 2), np.float32),
        probabilities=np.full((n, 2), 0.5, np.float32),
        features=np.ones((n, 3), np.float16),
        reconstruction=np.zeros((n, 2, 2), np.uint8),
        step=1,
        epoch=1,
    )
    held_out = np.arange(n - 10, n)
    labels = np.full(n, NONE, np.int8)
    labels[: MANY_LABELS - 1] = 0
    assert not set(held_out) & set(suggestion_pool(predictions, labels, held_out).candidates)
    labels[MANY_LABELS] = 1
    assert set(held_out) <= set(suggestion_pool(predictions, labels, held_out).candidates)
