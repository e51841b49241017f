"""Points hold what a map draws; neighbours on the map are neighbours in their order."""

import numpy as np
import pytest

from ipo.digits.latent_map.points import UNKNOWN, encode_points, morton_order
from ipo.digits.predictions import Predictions


def predictions(places: object, probabilities: object) -> Predictions:
    p = np.asarray(probabilities, np.float32)
    n = len(p)
    latent, features = np.zeros((n, 2), np.float32), np.zeros((n, 2), np.float16)
    return Predictions(
        latent, np.asarray(places, np.float32), p, features, np.zeros((n, 4, 4), np.uint8), 0, 0
    )


def test_points_hold_places_order_classes_and_certainty_byte_by_byte() -> None:
    points = encode_points(predictions([[3, 4], [-1, 0], [2, 4]], [[0.2, 0.8], [1, 0], [0.5, 0.5]]))
    content = points.content
    assert np.frombuffer(content, "<u4", 2).tolist() == [3, 2]
    assert np.frombuffer(content, "<f4", 6, 8).tolist() == [3, 4, -1, 0, 2, 4]
    assert np.frombuffer(content, "<u4", 3, 32).tolist() == points.order.tolist() == [1, 2, 0]
    assert list(content[44:47]) == [1, 0, 0]
    assert list(content[47:]) == [204, 255, 128]


def test_the_version_is_that_of_the_content() -> None:
    one = predictions([[0, 0], [1, 1]], [[1, 0], [0, 1]])
    other = predictions([[0, 0], [1, 1]], [[1, 0], [0.4, 0.6]])
    assert encode_points(one).version == encode_points(one).version != encode_points(other).version


def test_what_is_not_finite_has_no_place_and_no_class() -> None:
    nan, inf = np.nan, np.inf
    points = encode_points(predictions([[nan, 1], [0, 0], [inf, 2]], [[0.5, 0.5], [nan, nan], [0, 1]]))
    places = np.frombuffer(points.content, "<f4", 6, 8).reshape(3, 2)
    assert np.isnan(places[[0, 2]]).all() and places[1].tolist() == [0, 0]
    assert points.order.tolist() == [1, 0, 2]
    assert list(points.content[44:47]) == [0, UNKNOWN, 1] and list(points.content[47:]) == [128, 0, 255]


def test_neighbours_in_the_order_are_near_on_the_map() -> None:
    places = np.random.default_rng(0).normal(size=(4096, 2)).astype(np.float32)
    order = morton_order(places)
    assert sorted(order.tolist()) == list(range(4096))

    def mean_step(rows: np.ndarray) -> float:
        return float(np.linalg.norm(np.diff(places[rows], axis=0), axis=1).mean())

    assert mean_step(order) < mean_step(np.arange(4096)) / 10


def test_quadrants_come_one_after_the_other() -> None:
    corners = np.array([[9, 9], [0, 9], [9, 0], [0, 0]], np.float32)
    assert morton_order(corners).tolist() == [3, 2, 1, 0]


@pytest.mark.parametrize("places", [np.zeros((5, 2)), np.full((5, 2), np.nan), np.full((5, 2), 1e38)])
def test_places_that_are_all_the_same_or_missing_have_an_order(places: np.ndarray) -> None:
    assert morton_order(places.astype(np.float32)).tolist() == [0, 1, 2, 3, 4]
