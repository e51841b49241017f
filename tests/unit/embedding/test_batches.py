"""What goes into a network of images, and what may come out."""

import numpy as np
import pytest
from numpy.typing import NDArray

from ipo.embedding.batches import check_images, in_batches, unit_rows
from ipo.jobs import SILENT


def floats(value: float) -> NDArray[np.float32]:
    return np.full((1, 4, 4, 3), value, np.float32)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (
            floats(0.5),
            r"float32; uint8 .* would be right: \(images \* 255\)\.round\(\)\.astype\(np\.uint8\)\.",
        ),
        (floats(200), r"The images are float32; uint8 of shape \(B, H, W, 3\) would be right\.$"),
        (floats(np.nan), r"float32; .* There are NaN or infinite values, too\."),
        (np.zeros((1, 4, 4, 3), np.int64), r"The images are int64; uint8"),
        (np.zeros((4, 4, 3), np.uint8), r"shape \(4, 4, 3\); uint8 of shape \(B, H, W, 3\)"),
        (np.zeros((1, 4, 4, 4), np.uint8), r"shape \(1, 4, 4, 4\); uint8 of shape \(B, H, W, 3\)"),
        (np.zeros((1, 3, 4, 4), np.uint8), r"shape \(1, 3, 4, 4\)"),
        (np.zeros((0, 4, 4, 3), np.uint8), r"There is no pixel in images of shape \(0, 4, 4, 3\)"),
        (np.zeros((2, 0, 4, 3), np.uint8), r"There is no pixel in images of shape \(2, 0, 4, 3\)"),
    ],
    ids=["fractions", "levels", "nan", "integers", "one image", "alpha", "channels first", "none", "empty"],
)
def test_what_are_no_images_is_refused_with_what_would_be_right(
    images: NDArray[np.generic], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        check_images(images)


def test_no_more_than_a_batch_goes_through_at_a_time_and_order_stays() -> None:
    sizes = []

    def network(images: NDArray[np.uint8]) -> NDArray[np.float32]:
        sizes.append(len(images))
        return images[:, 0, 0].astype(np.float32)

    images = np.arange(10 * 3, dtype=np.uint8).reshape(10, 1, 1, 3)
    values = in_batches(network, images, 4, SILENT)
    assert sizes == [4, 4, 2] and np.array_equal(values, images[:, 0, 0])


def test_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(ArithmeticError, match=r"NaN or infinity.*float32"):
        in_batches(
            lambda images: np.full((len(images), 2), np.nan, np.float32),
            np.zeros((1, 1, 1, 3), np.uint8),
            4,
            SILENT,
        )


def test_rows_have_length_one_unless_they_are_zero() -> None:
    rows = unit_rows(np.array([[3, 4], [0, 0], [1e-30, 0]], np.float32))
    assert np.allclose(rows, [[0.6, 0.8], [0, 0], [1, 0]])
