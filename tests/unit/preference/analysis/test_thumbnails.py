"""Promises of thumbnails: small, made once, made only when asked for, and never too many in memory."""

import io
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from ipo.images import encode_png, thumbnail
from ipo.preference.analysis.thumbnails import BATCH, UNREADABLE, Thumbnails
from ipo.preference.storage.rows import Row
from tests.support.judging import KEY, Later, run_now
from tests.support.rows import made_candidate


def row(number: int) -> Row:
    record = replace(made_candidate(KEY, np.random.default_rng(0)).record(), id=f"c{number}")
    return Row(number, record, 1, "2026-01-01T00:00:00", ())


class Album:
    """Images by row; the last one is damaged. Counts how often each is read."""

    def __init__(self, count: int) -> None:
        self.rows = [row(number) for number in range(count)]
        self.reads: Counter[int] = Counter()
        self._png = encode_png(np.full((32, 32, 3), 90, np.uint8))

    def read(self, row: Row) -> bytes:
        self.reads[row.number] += 1
        return self._png[: len(self._png) // 2] if row is self.rows[-1] else self._png


@pytest.mark.parametrize("side", [64, 192, 448, 1000])
def test_a_thumbnail_is_at_most_10_kb_and_192_pixels_even_of_noise(side: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)
    made = thumbnail(encode_png(pixels))
    with Image.open(io.BytesIO(made)) as image:
        assert image.format == "JPEG" and image.size == (min(side, 192), min(side, 192))
    assert len(made) <= 10_000


def test_a_thumbnail_looks_like_its_image() -> None:
    rise = np.linspace(0, 255, 448).astype(np.uint8)
    pixels = np.stack([np.broadcast_to(rise, (448, 448))] * 3, axis=2)
    with Image.open(io.BytesIO(thumbnail(encode_png(pixels)))) as image:
        levels = np.asarray(image.convert("L"), np.int16)[96]
    assert np.abs(levels - np.linspace(0, 255, 192)).max() < 8


def test_nothing_is_read_before_it_is_asked_for_and_nothing_twice() -> None:
    album = Album(100)
    thumbnails = Thumbnails(album.read, run_now)
    assert not album.reads
    thumbnails.of(album.rows[20:30])
    made = thumbnails.of(album.rows[20:30])
    assert set(made) == {f"c{number}" for number in range(20, 30)}
    assert album.reads == Counter(range(20, 30))


def test_whoever_asks_never_waits_and_what_was_scrolled_past_is_not_made() -> None:
    album, later = Album(500), Later()
    thumbnails = Thumbnails(album.read, later)
    assert thumbnails.of(album.rows[:200]) == {}
    assert thumbnails.of(album.rows[300:310]) == {}  # scrolled on at once
    later.run()
    later.run()
    assert set(album.reads) == {*range(BATCH), *range(300, 310)}
    assert not later.waiting


def test_an_image_that_cannot_be_read_is_named_as_such_and_stops_no_other() -> None:
    album = Album(5)
    thumbnails = Thumbnails(album.read, run_now)
    thumbnails.of(album.rows)
    made = thumbnails.of(album.rows)
    assert made.pop("c4") == UNREADABLE
    assert all(made.values()) and len(made) == 4


def test_memory_holds_a_bounded_number_and_those_used_last() -> None:
    album = Album(60)
    thumbnails = Thumbnails(album.read, run_now, kept=20)
    thumbnails.of(album.rows[:20])
    thumbnails.of(album.rows[:5])
    thumbnails.of(album.rows[20:30])
    thumbnails.of(album.rows[:5])  # still there
    assert all(album.reads[number] == 1 for number in range(30))
    thumbnails.of(album.rows[5:15])  # gave way
    assert all(album.reads[number] == 2 for number in range(5, 15))


def test_after_a_job_was_cancelled_asking_again_makes_them() -> None:
    album, later = Album(10), Later()
    thumbnails = Thumbnails(album.read, later)
    thumbnails.of(album.rows[:3])
    later.waiting[0].cancel()
    later.run()
    thumbnails.of(album.rows[:3])
    later.run()
    assert set(thumbnails.of(album.rows[:3])) == {"c0", "c1", "c2"}
