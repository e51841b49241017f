"""Arrays as bytes for the browser: what travels, and what is said about it."""

import numpy as np
import pytest

from ipo.ui.components.tensors.encode import encode


def decoded(values: np.ndarray) -> np.ndarray:
    encoded = encode(values)
    stored = np.frombuffer(encoded.data, {"f4": "<f4", "u1": "u1"}[encoded.dtype])
    return (stored * encoded.unit).reshape(encoded.shape)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int64, np.int8, np.bool_, np.uint8])
def test_every_real_dtype_comes_through(dtype: type) -> None:
    values = np.array([[0, 1, 1], [1, 0, 100]]).astype(dtype)
    assert np.array_equal(decoded(values), values)


def test_a_view_travels_in_reading_order() -> None:
    values = np.arange(12, dtype=np.float32).reshape(3, 4).T
    assert np.array_equal(decoded(values), values)


def test_large_images_made_of_bytes_travel_as_these_bytes() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (128, 784), np.uint8)
    for images in (
        pixels.astype(np.float32) / 255,
        pixels / 255,
        pixels.astype(np.float32) * np.float32(1 / 255),
    ):
        encoded = encode(images)
        assert encoded.dtype == "u1"
        assert encoded.data == pixels.tobytes()
        assert encoded.high == pytest.approx(images.max())


@pytest.mark.parametrize("outlier", [np.nan, np.inf, -0.001, 1.001, 0.5])
def test_one_value_that_is_no_byte_keeps_all_as_floats(outlier: float) -> None:
    images = np.ones((128, 784), np.float32)
    images[5, 7] = outlier
    assert encode(images).dtype == "f4"
    assert np.array_equal(decoded(images), images, equal_nan=True)


def test_the_range_is_that_of_finite_values_and_the_others_are_counted() -> None:
    values = np.array([np.nan, -2, np.inf, 3, -np.inf, np.nan, np.nan])
    encoded = encode(values)
    assert (encoded.low, encoded.high, encoded.nan, encoded.inf) == (-2, 3, 3, 2)


def test_nothing_finite_has_a_range_of_zero() -> None:
    encoded = encode(np.full((4, 4), np.nan))
    assert (encoded.low, encoded.high, encoded.nan, encoded.inf) == (0, 0, 16, 0)


def test_what_is_too_large_for_single_precision_counts_as_infinite() -> None:
    encoded = encode(np.array([1e300, -1.5]))
    assert (encoded.low, encoded.high, encoded.inf) == (-1.5, -1.5, 1)


@pytest.mark.parametrize("values", [np.array([1j]), np.array(["a"]), np.array([None])])
def test_what_is_no_real_number_is_refused(values: np.ndarray) -> None:
    with pytest.raises(TypeError, match="draws real numbers; these are"):
        encode(values)
