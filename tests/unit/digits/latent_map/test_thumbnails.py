"""Every image is at its place in a tile, as it is or smaller."""

import numpy as np

from ipo.digits.latent_map.thumbnails import GRID, shrink, thumbnail_tile, tile_count


def test_images_lie_row_by_row_and_the_rest_is_black() -> None:
    images = np.random.default_rng(0).integers(0, 256, (18, 5, 3), np.uint8)
    tile = thumbnail_tile(images)
    assert tile.shape == (GRID * 5, GRID * 3)
    assert (tile[:5, 3:6] == images[1]).all() and (tile[5:10, :3] == images[16]).all()
    assert not tile[5:, 6:].any()


def test_large_images_are_shrunk_to_their_means() -> None:
    image = np.zeros((1, 33, 64), np.uint8)
    image[0, :2, :2] = [[10, 20], [30, 40]]
    image[0, 32] = 200
    small = shrink(image)
    assert small.shape == (1, 17, 32)
    assert small[0, 0, 0] == 25 and (small[0, 16] == 200).all()


def test_small_images_stay_as_they_are() -> None:
    image = np.arange(32 * 32, dtype=np.uint32).astype(np.uint8).reshape(1, 32, 32)
    assert (shrink(image) == image).all()


def test_the_last_tile_may_be_part_of_one() -> None:
    assert [tile_count(count) for count in (1, 256, 257)] == [1, 1, 2]
