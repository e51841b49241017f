"""Few labels for all images: what the labelled ones say of those that they are connected to.

min_B Σ_labelled wᵢ‖uᵢB − yᵢ‖² + ε‖B‖² in spectral coordinates u (Belkin, Niyogi, "Using manifold structure
for partially labelled classification", 2002), with w such that every class weighs the same.
"""

import numpy as np

from ipo.digits.labels.store import NONE, Values
from ipo.digits.spectral import Floats, spectral_coordinates

MOST = 200  # labels that are spread: with more, the classifier knows better

_RIDGE = 0.01
_SURE = 0.5  # of a label, 1 being all of it, from which it is spread to an image


def spread(features: Floats, labels: Values, classes: int, rng: np.random.Generator) -> Values:
    """A class for each image `(n,)`, NONE where no labelled image is connected to it.

    `features` `(n, F)`, `labels` `(n,)`.
    """
    known = np.flatnonzero(labels != NONE)
    coordinates = spectral_coordinates(features, classes, rng)
    Y = np.eye(classes, dtype=np.float32)[labels[known]]
    X = coordinates[known]
    WX = X / Y.sum(0)[labels[known], None]
    B = np.linalg.solve(WX.T @ X + _RIDGE * np.eye(X.shape[1], dtype=np.float32), WX.T @ Y)
    scores = coordinates @ B
    return np.where(scores.max(1) >= _SURE, scores.argmax(1), NONE).astype(np.int8)
