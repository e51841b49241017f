"""Large tensors become figures that a browser draws, whose cells say the worst of what they stand for."""

import numpy as np
import pytest

from ipo.ui.components.tensors.pooling import first_tiles, grouped, pooled


def test_what_is_small_stays_as_it_is() -> None:
    values = np.arange(12.0).reshape(3, 4)
    found = pooled(values, 12)
    assert found.values is values and found.named("W") == "W" and grouped("input", found.columns) == "input"


@pytest.mark.parametrize("shape", [(100, 1000), (999, 7), (1, 5000), (5000, 1), (101, 103)])
def test_each_cell_is_the_value_farthest_from_zero_of_its_block(shape: tuple[int, int]) -> None:
    values = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    found = pooled(values, 300)
    assert found.values.size <= 300
    for row, column in np.ndindex(found.values.shape):
        block = values[
            row * found.rows : (row + 1) * found.rows, column * found.columns : (column + 1) * found.columns
        ]
        assert found.values[row, column] == block.flat[np.abs(block).argmax()]


def test_a_nan_anywhere_shows() -> None:
    values = np.zeros((100, 100))
    values[99, 99] = np.nan
    assert np.isnan(pooled(values, 25).values).sum() == 1


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.bool_])
def test_integers_and_truths_are_pooled_too(dtype: type) -> None:
    values = np.zeros((40, 40), dtype)
    values[3, 3] = np.iinfo(dtype).min if dtype == np.int8 else 1
    assert np.count_nonzero(pooled(values, 16).values) == 1


def test_a_weight_of_67_million_values_is_a_figure_of_a_megabyte() -> None:
    found = pooled(np.zeros((4096, 16384), np.float32))
    assert found.values.nbytes <= 2**20
    assert found.named("W") == "W; a cell is the value farthest from 0 of 8 × 32"
    assert grouped("input", found.columns) == "input block"


def test_tiles_are_the_first_that_have_room() -> None:
    values = np.zeros((1000, 784))
    shown, name = first_tiles(values, "W", 100 * 784)
    assert shown.shape == (100, 784) and name == "W; the first 100 of 1000"
    assert first_tiles(values[:5], "W") == (pytest.approx(values[:5]), "W")
