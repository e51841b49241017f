"""What waits is bounded by the time that it takes to make."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipo.preference.pace import MOST_SECONDS, DecodingPace


@given(st.lists(st.floats(0.001, 1000), min_size=1, max_size=8), st.integers(0, 12))
def test_what_is_made_ahead_takes_no_longer_than_it_may(seconds: list[float], most: int) -> None:
    pace = DecodingPace()
    for one in seconds:
        pace.note(one, 1)
    ahead = pace.ahead(most)
    assert min(most, 1) <= ahead <= most
    assert ahead <= 1 or ahead * (pace.seconds or 0) <= MOST_SECONDS


@pytest.mark.parametrize(("seconds", "ahead"), [(0.1, 6), (2.0, 5), (4.0, 2), (30.0, 1)])
def test_slower_images_are_made_fewer_ahead(seconds: float, ahead: int) -> None:
    pace = DecodingPace()
    assert pace.ahead(6) == 6  # nothing is known
    pace.note(4 * seconds, 4)  # a batch
    assert pace.ahead(6) == ahead


def test_images_that_come_at_once_are_not_spoken_of() -> None:
    pace = DecodingPace()
    assert pace.making(6, "Step 1 of 4") is None
    pace.note(0.1, 1)
    assert pace.making(6, "Step 1 of 4") is None


def test_a_slow_image_says_when_it_comes() -> None:
    pace = DecodingPace()
    pace.note(4.0, 1)
    pace.begin(2)
    making = pace.making(6, "Step 1 of 4")
    assert making is not None and making.left is not None
    assert (making.seconds, making.ahead, making.message) == (4.0, 2, "Step 1 of 4")
    assert 7 < making.left <= 8
    resting = pace.making(6, None)
    assert resting is not None and resting.left is None
