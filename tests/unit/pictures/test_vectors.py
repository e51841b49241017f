"""Vectors on disk: what was kept comes back, what is damaged does not."""

from pathlib import Path

import numpy as np
import pytest

from ipo.pictures.vectors import VectorCache

CONTENTS = [f"{number:064x}" for number in range(5)]


def vectors(count: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {content: rng.standard_normal(6).astype(np.float32) for content in CONTENTS[:count]}


def same(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> bool:
    return found.keys() == expected.keys() and all(np.array_equal(found[key], expected[key]) for key in found)


def test_what_is_added_is_found_by_others_too(tmp_path: Path) -> None:
    path, kept = tmp_path / "in" / "a.vectors", vectors(4)
    one, other = VectorCache(path, 6), VectorCache(path, 6)
    assert one.find(CONTENTS) == {}
    one.add({key: kept[key] for key in CONTENTS[:2]})
    assert same(other.find(CONTENTS), vectors(2))
    one.add({key: kept[key] for key in CONTENTS[2:4]})
    assert same(other.find(CONTENTS), kept) and same(
        one.find(CONTENTS[1:2]), {CONTENTS[1]: kept[CONTENTS[1]]}
    )


def test_a_record_that_is_damaged_is_left_out_and_made_anew(tmp_path: Path) -> None:
    path, kept = tmp_path / "a.vectors", vectors(3)
    VectorCache(path, 6).add(kept)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    cache = VectorCache(path, 6)
    assert len(cache.find(CONTENTS)) == 2
    cache.add({CONTENTS[1]: kept[CONTENTS[1]]})
    assert same(cache.find(CONTENTS), kept)


@pytest.mark.parametrize("cut", [1, 30, 59])
def test_what_was_cut_off_does_not_spoil_what_follows(tmp_path: Path, cut: int) -> None:
    path, kept = tmp_path / "a.vectors", vectors(3)
    VectorCache(path, 6).add(vectors(2))
    path.write_bytes(path.read_bytes()[:-cut])
    cache = VectorCache(path, 6)
    assert same(cache.find(CONTENTS), vectors(1))
    cache.add({key: kept[key] for key in CONTENTS[1:3]})
    assert same(cache.find(CONTENTS), kept)


def test_a_folder_in_the_way_is_no_failure(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path, 6)
    cache.add(vectors(1))
    assert cache.find(CONTENTS) == {}
