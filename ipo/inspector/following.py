"""What is said of the image that is followed."""

import numpy as np
from numpy.typing import NDArray


def leading_features(scores: NDArray[np.float32], count: int) -> list[int]:
    """The features with the highest scores `(D,)` for an image, best first."""
    return [int(feature) for feature in np.argsort(-scores, kind="stable")[:count]]
