"""What is said of the image that is followed."""

import numpy as np

from ipo.inspector.feature_table import leading_features


def test_the_best_features_come_first() -> None:
    assert leading_features(np.array([0.1, 0.9, 0.5, 0.7], np.float32), 3) == [1, 3, 2]


def test_of_equal_ones_the_first_comes_first() -> None:
    assert leading_features(np.array([0.5, 0.9, 0.5, 0.5], np.float32), 4) == [1, 0, 2, 3]


def test_there_may_be_fewer_features_than_asked_for() -> None:
    assert leading_features(np.array([0.2, 0.1], np.float32), 5) == [0, 1]
    assert leading_features(np.zeros(0, np.float32), 5) == []
