"""Reading a folder on its lane: judging begins early, it can be stopped and goes on, and faults are said."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from background import Background, Lane
from ipo.embedding.protocol import Features, Images
from ipo.jobs import SILENT, Progress
from ipo.pictures.pool import AT_ONCE, PicturePool
from ipo.services.embedding.picture_reading import PictureReading
from tests.support.lanes import HANG, drain, held
from tests.support.pictures import CoarseColours, fill_folder, pool_of

COUNT = 3 * AT_ONCE


@pytest.fixture
def background() -> Iterator[Background]:
    background = Background()
    yield background
    background.shutdown()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return fill_folder(tmp_path / "renders", COUNT)


def test_those_who_wait_hear_of_each_few_pictures(
    background: Background, tmp_path: Path, folder: Path
) -> None:
    heard: list[int] = []
    reading = PictureReading(background, lambda pool: heard.append(pool.status().pictures))
    pool = pool_of(tmp_path / "home", folder)
    reading.begin(pool)
    reading.begin(pool)  # another tab
    drain(background)
    assert heard == [0, AT_ONCE, 2 * AT_ONCE, COUNT, COUNT]
    assert not pool.status().reading and pool.status().unread == 0


def test_what_is_stopped_keeps_what_it_read_and_goes_on_from_there(
    background: Background, tmp_path: Path, folder: Path
) -> None:
    class Halting(CoarseColours):
        """Waits at its tenth picture."""

        reached, go = threading.Event(), threading.Event()

        def embed(self, images: Images, progress: Progress = SILENT) -> Features:
            if self.read == AT_ONCE + 1:
                self.reached.set()
                assert self.go.wait(HANG)
            return super().embed(images, progress)

    embedder = Halting()
    reading = PictureReading(background, lambda pool: None)
    pool = pool_of(tmp_path / "home", folder, embedder)
    reading.begin(pool)
    assert embedder.reached.wait(HANG)
    reading.stop(pool)
    embedder.go.set()
    drain(background)
    status = pool.status()
    assert not status.reading and not status.problem and AT_ONCE <= status.pictures < COUNT
    reading.begin(pool)
    drain(background)
    assert pool.status().pictures == COUNT and embedder.read == COUNT


def test_what_was_stopped_before_it_began_can_begin(
    background: Background, tmp_path: Path, folder: Path
) -> None:
    reading, pool = PictureReading(background, lambda pool: None), pool_of(tmp_path / "home", folder)
    with held(background, Lane.EMBED):
        reading.begin(pool)
        reading.stop(pool)
    drain(background)
    assert not pool.status().reading and not pool.status().listed
    reading.begin(pool)
    drain(background)
    assert pool.status().pictures == COUNT


def test_a_folder_that_is_gone_and_weights_that_are_damaged_are_said(
    background: Background, tmp_path: Path, folder: Path
) -> None:
    def no_weights() -> CoarseColours:
        raise ValueError("The weights are damaged. Run ipo fetch embedder.")

    reading = PictureReading(background, lambda pool: None)
    gone = pool_of(tmp_path / "home", tmp_path / "gone")
    without = PicturePool(tmp_path / "home", folder, no_weights, 48)
    for pool, says in ((gone, "There is no folder"), (without, "Run ipo fetch embedder")):
        reading.begin(pool)
        drain(background)
        assert says in pool.status().problem and not pool.status().reading
