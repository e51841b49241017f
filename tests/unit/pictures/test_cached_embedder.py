"""Promises of an embedder with its vectors: an image is read once, wherever it is asked for."""

import pickle
from pathlib import Path

import numpy as np

from ipo.pictures.cached_embedder import CachedEmbedder
from tests.support.pictures import CoarseColours

IMAGES = {f"{number:064x}": np.full((8, 8, 3), (40 * number, 90, 200), np.uint8) for number in range(1, 4)}


def test_an_image_is_embedded_once_and_found_after_a_restart(tmp_path: Path) -> None:
    opened: list[CoarseColours] = []

    def open_embedder() -> CoarseColours:
        opened.append(CoarseColours())
        return opened[-1]

    first = CachedEmbedder(tmp_path, open_embedder)
    assert not opened and first.weights_hash == ""
    found = first.vectors(IMAGES)
    assert first.weights_hash == CoarseColours.weights_hash
    assert found.keys() == IMAGES.keys() and first.vectors(IMAGES).keys() == IMAGES.keys()
    assert [one.read for one in opened] == [3]
    again = CachedEmbedder(tmp_path, open_embedder).vectors(IMAGES)
    assert [one.read for one in opened] == [3, 0]
    for content, pixels in IMAGES.items():
        assert np.allclose(again[content], CoarseColours().embed(pixels[None])[0], atol=1e-6)


def test_what_is_sent_to_another_process_opens_the_embedder_there(tmp_path: Path) -> None:
    here = CachedEmbedder(tmp_path, CoarseColours)
    expected = here.vectors(IMAGES)
    there: CachedEmbedder = pickle.loads(pickle.dumps(here))
    found = there.vectors(IMAGES)
    assert all(np.array_equal(found[content], expected[content]) for content in IMAGES)
