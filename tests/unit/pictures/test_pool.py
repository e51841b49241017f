"""A folder as a pool: read once, noticed when it changes, and never written to."""

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest

from ipo.pictures.pool import PictureGone, PicturePool
from tests.support.pictures import COLD, WARM, CoarseColours, fill_folder, paint, pool_of, read_pool


def names(pool: PicturePool) -> set[str]:
    return {picture.path for picture in pool.snapshot().pictures}


def fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        status = path.stat()
        digest.update(f"{path} {status.st_mtime_ns} {status.st_mode}".encode())
        digest.update(path.read_bytes() if path.is_file() else b"")
    return digest.hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return fill_folder(tmp_path / "renders")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def test_a_pool_has_a_vector_for_each_picture_and_leaves_the_folder_as_it_was(
    home: Path, folder: Path
) -> None:
    before = fingerprint(folder)
    pool = read_pool(home, folder)
    assert fingerprint(folder) == before
    snapshot = pool.snapshot()
    assert len(snapshot.pictures) == 6 and snapshot.features.shape == (6, CoarseColours.dim)
    assert np.allclose(np.linalg.norm(snapshot.features, axis=1), 1, atol=1e-5)
    warm = [index for index, picture in enumerate(snapshot.pictures) if int(picture.path[:2]) % 2]
    inner = snapshot.features @ snapshot.features.T
    cold = [index for index in range(6) if index not in warm]
    assert inner[np.ix_(warm, warm)].min() > inner[np.ix_(warm, cold)].max()


def test_judging_can_begin_with_the_first_pictures(home: Path, tmp_path: Path) -> None:
    pool = pool_of(home, fill_folder(tmp_path / "many", 20))
    pool.scan()
    assert pool.status().unread == 20 and not pool.snapshot().pictures
    version = pool.version
    assert pool.read_some()
    assert 0 < pool.status().pictures < 20 and pool.version != version


def test_a_second_opening_reads_nothing_again(home: Path, folder: Path) -> None:
    first = read_pool(home, folder)
    embedder = CoarseColours()
    pool = pool_of(home, folder, embedder)
    pool.scan()
    assert pool.status().unread == 0 and embedder.read == 0
    before, now = first.snapshot(), pool.snapshot()
    assert {p.content for p in before.pictures} == {p.content for p in now.pictures}


def test_changed_added_and_removed_files_are_noticed(home: Path, folder: Path) -> None:
    pool = read_pool(home, folder)
    contents = {picture.path: picture.content for picture in pool.snapshot().pictures}
    paint(folder / "00.png", WARM, 99)
    paint(folder / "new.png", COLD, 100)
    (folder / "01.jpg").unlink()
    embedder = CoarseColours()
    again = read_pool(home, folder, embedder)
    now = {picture.path: picture.content for picture in again.snapshot().pictures}
    assert embedder.read == 2 and "01.jpg" not in now and "new.png" in now
    assert now["00.png"] != contents["00.png"] and now["02.webp"] == contents["02.webp"]


def test_a_moved_folder_is_read_anew_and_embedded_from_the_cache(home: Path, folder: Path) -> None:
    read_pool(home, folder)
    moved = folder.with_name("moved")
    folder.rename(moved)
    embedder = CoarseColours()
    assert read_pool(home, moved, embedder).status().pictures == 6 and embedder.read == 0


def test_two_equal_files_are_one_picture(home: Path, folder: Path) -> None:
    shutil.copy(folder / "00.png", folder / "copy.png")
    pool = read_pool(home, folder)
    assert pool.status().pictures == 6 and pool.status().copies == 1


def test_bad_files_are_named_and_the_rest_goes_on(home: Path, folder: Path) -> None:
    (folder / "text.jpg").write_text("dear diary")
    (folder / "cut.png").write_bytes((folder / "00.png").read_bytes()[:200])
    pool = read_pool(home, folder)
    assert pool.status().pictures == 6
    assert {one.path for one in pool.status().passed_over} == {"text.jpg", "cut.png"}
    again = pool_of(home, folder)
    again.scan()
    assert again.status() == pool.status()
    paint(folder / "text.jpg", WARM, 7)
    assert read_pool(home, folder).status().pictures == 7


def test_a_picture_that_changed_or_went_since_leaves_the_pool(home: Path, folder: Path) -> None:
    pool = read_pool(home, folder)
    by_path = {picture.path: picture for picture in pool.snapshot().pictures}
    paint(folder / "00.png", WARM, 50)
    (folder / "01.jpg").unlink()
    for path in ("00.png", "01.jpg"):
        with pytest.raises(PictureGone, match=path):
            pool.open(by_path[path])
    assert names(pool) == by_path.keys() - {"00.png", "01.jpg"}
    assert pool.open(by_path["02.webp"]).content == by_path["02.webp"].content


def test_an_empty_folder_and_one_that_is_gone_are_told_apart(home: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    pool = pool_of(home, empty)
    pool.scan()
    assert pool.status().listed and pool.status().files == 0
    with pytest.raises(ValueError, match="There is no folder"):
        pool_of(home, tmp_path / "gone").scan()


def test_weights_that_give_other_numbers_are_refused(home: Path, folder: Path) -> None:
    with pytest.raises(ValueError, match="Bring the weights"):
        PicturePool(home, folder, CoarseColours, 7).scan()


def test_a_damaged_index_costs_time_and_nothing_else(home: Path, folder: Path) -> None:
    read_pool(home, folder)
    index = next((home / "pictures").glob("*.jsonl"))
    lines = index.read_bytes().splitlines(keepends=True)
    index.write_bytes(b"".join([*lines[:3], b"{nonsense\n", lines[4][:20]]))
    assert read_pool(home, folder).status().pictures == 6
