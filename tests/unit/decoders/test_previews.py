"""Previews are seldom enough to cost little, and one that fails costs nothing but previews."""

import logging

import numpy as np
import pytest

from ipo.decoders.previews import EVERY_SECONDS, MOST_SHARE, PreviewPace
from ipo.jobs import Cancelled

IMAGES = np.zeros((1, 2, 2, 3), np.uint8)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_an_image_that_takes_no_longer_than_a_preview_has_none() -> None:
    clock = Clock()
    pace = PreviewPace(clock)
    clock.now += EVERY_SECONDS / 2
    assert pace.render(lambda: pytest.fail("nothing was due")) is None
    clock.now += EVERY_SECONDS
    assert pace.render(lambda: IMAGES) is IMAGES


@pytest.mark.parametrize("cost", [0.0, 0.01, 0.5, 3.0])
@pytest.mark.parametrize("step", [0.01, 0.2, 1.0, 7.0])
def test_previews_are_three_a_second_at_most_and_a_tenth_of_the_time(cost: float, step: float) -> None:
    clock = Clock()
    began, rendered = clock.now, []
    pace = PreviewPace(clock)

    def render() -> np.ndarray:
        clock.now += cost
        rendered.append(clock.now)
        return IMAGES

    for _ in range(2000):
        clock.now += step
        pace.render(render)
    assert rendered
    assert len(rendered) <= (clock.now - began) / EVERY_SECONDS
    assert len(rendered) * cost <= MOST_SHARE * (clock.now - began) + 2 * cost


@pytest.mark.parametrize(
    "failure", [ValueError("odd"), RuntimeError("odd"), MemoryError("odd"), KeyError("odd")]
)
def test_after_one_that_fails_there_is_none_and_that_is_logged_once(
    failure: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    clock, asked = Clock(), []
    pace = PreviewPace(clock)

    def render() -> np.ndarray:
        asked.append(clock.now)
        raise failure

    with caplog.at_level(logging.WARNING):
        for _ in range(5):
            clock.now += 10
            assert pace.render(render) is None
    assert (len(asked), len(caplog.records)) == (1, 1)
    assert "odd" in caplog.text


@pytest.mark.parametrize("images", [IMAGES[0], IMAGES.astype(np.float32), IMAGES[..., :1], IMAGES[:0]])
def test_what_is_no_batch_of_images_is_not_shown(
    images: np.ndarray, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    pace = PreviewPace(clock)
    clock.now += 10
    assert pace.render(lambda: images) is None
    assert "uint8 (n, h, w, 3) would be right" in caplog.text


def test_work_that_is_cancelled_in_a_preview_ends() -> None:
    clock = Clock()
    pace = PreviewPace(clock)
    clock.now += 10

    def render() -> np.ndarray:
        raise Cancelled

    with pytest.raises(Cancelled):
        pace.render(render)
