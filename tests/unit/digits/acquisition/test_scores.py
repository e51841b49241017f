"""Scores against values worked out by hand."""

import numpy as np
import pytest

from ipo.digits.acquisition.scores import closeness, disagreement, entropy


def test_scores_are_those_of_the_formulas() -> None:
    p = np.array([[0.5, 0.5, 0, 0], [1, 0, 0, 0], [0.25] * 4], np.float32)
    assert entropy(p) == pytest.approx([0.5, 0, 1], abs=1e-5)
    assert closeness(p) == pytest.approx([1, 0, 1])
    same = np.stack([p, p])
    assert disagreement(same) == pytest.approx([0, 0, 0], abs=1e-6)
    against = np.array([[[1, 0, 0, 0]], [[0, 1, 0, 0]]], np.float32)
    assert disagreement(against) == pytest.approx([0.5], abs=1e-5)
