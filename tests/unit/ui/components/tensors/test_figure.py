"""The builders: which tensors they take, what they say otherwise, and which scale they fix."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ipo.ui.components.tensors.component import (
    Colours,
    TensorId,
    bars,
    heatmap,
    images,
    matrix,
    neighbourhoods,
    weight_grid,
)

ID, OTHER = TensorId("s", 3, "strength"), TensorId("s", 3, "encoder_weights")


def test_a_builder_copies_nothing() -> None:
    values = np.zeros((128, 64), np.float32)
    assert heatmap("strength", values, ID).tensor.values is values
    assert np.shares_memory(weight_grid("w", values, ID, shape=(8, 8)).tensor.values, values)


def test_axes_are_images_and_features_unless_told_otherwise() -> None:
    assert heatmap("h", np.zeros((3, 2)), ID).axes == ("image", "feature")
    assert heatmap("h", np.zeros((3, 2)), ID, rows="class", columns="input").axes == ("class", "input")
    assert matrix("m", np.zeros((3, 3)), ID).axes == ("feature", "feature")
    assert bars("b", np.zeros(3), ID, axis="image").axes == ("image",)


def test_cosines_and_images_have_fixed_scales() -> None:
    assert matrix("m", np.zeros((3, 3)), ID).fixed == (-1, 1)
    assert images("x", np.zeros((3, 2, 2)), ID).fixed == (0, 1)
    assert images("x", np.zeros((3, 2, 2), np.uint8), ID).fixed == (0, 255)
    assert heatmap("h", np.zeros((3, 2)), ID).fixed is None
    assert matrix("m", np.zeros((3, 3)), ID, colours=Colours.DIVERGING).fixed is None


def test_sixty_four_features_stand_in_eight_rows() -> None:
    assert weight_grid("w", np.zeros((64, 6)), ID, shape=(2, 3)).per_row == 8
    assert weight_grid("w", np.zeros((60, 6)), ID, shape=(2, 3)).per_row == 8
    assert weight_grid("w", np.zeros((64, 6)), ID, shape=(2, 3), per_row=16).per_row == 16


def test_images_are_flat_or_not() -> None:
    stacked = images("x", np.zeros((5, 2, 3)), ID, labels=range(5))
    flat = images("x", np.zeros((5, 6)), ID, shape=(2, 3), labels=["a"] * 5)
    assert stacked.tile == flat.tile == (2, 3)
    assert stacked.tensor.values.shape == flat.tensor.values.shape == (5, 6)
    assert stacked.labels == ("0", "1", "2", "3", "4")


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (lambda: heatmap("h", np.zeros(3), ID), "h: this figure draws two axes of values, not 3."),
        (lambda: heatmap("h", np.zeros((0, 3)), ID), "h is empty in this step: 0 × 3"),
        (lambda: bars("loss", np.float32(1), ID), "draws one axis of values, not a single value"),
        (lambda: matrix("m", np.zeros((3, 4)), ID), "as many rows as columns, not 3 × 4"),
        (
            lambda: weight_grid("w", np.zeros((4, 784)), ID, shape=(14, 14)),
            "w: 784 values do not fill a thumbnail of 14 × 14.",
        ),
        (lambda: images("x", np.zeros((4, 784)), ID), "flat images of 784 values need their `shape`"),
        (lambda: images("x", np.zeros((4, 2, 2)), ID, labels=[1]), "1 labels for 4 images"),
        (
            lambda: neighbourhoods(
                "n", [[1], [2]], ID, weights=np.zeros((2, 4)), weights_id=OTHER, shape=(2, 2)
            ),
            "neighbours are indices from 0 to 1",
        ),
        (
            lambda: neighbourhoods("n", [[1]], ID, weights=np.zeros((2, 4)), weights_id=OTHER, shape=(2, 2)),
            "neighbours of 1 features, but 2 weights",
        ),
    ],
)
def test_a_wrong_shape_is_named(build: Callable[[], Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        build()


def test_complex_values_are_drawn_by_their_size() -> None:
    values = np.array([[3 + 4j, 0], [1j, -2]])
    drawn = heatmap("wave", values, ID)
    assert drawn.name == "|z| of wave"
    assert drawn.tensor.values.tolist() == [[5, 0], [1, 2]]
    assert bars("wave", values[0], ID).name == "|z| of wave"


def test_an_empty_tensor_says_so() -> None:
    with pytest.raises(ValueError, match=r"chosen is empty in this step: 0 × 5"):
        heatmap("chosen", np.zeros((0, 5)), ID)
