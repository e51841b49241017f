"""Which files of a folder are looked at, whatever is in it."""

import os
import unicodedata
from pathlib import Path

import pytest

from ipo.pictures import listing
from ipo.pictures.listing import list_pictures, why_no_folder


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")


def paths(folder: Path) -> list[str]:
    return [file.path for file in list_pictures(folder).files]


def test_pictures_of_all_folders_below_are_listed_by_path(tmp_path: Path) -> None:
    touch(tmp_path, "b.png", "a/c.JPG", "a/deep/d.webp", "notes.txt", ".hidden.png", ".cache/e.png", "f.gif")
    assert paths(tmp_path) == ["a/c.JPG", "a/deep/d.webp", "b.png"]


def test_a_loop_of_links_ends_and_a_linked_folder_counts_once(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.png")
    (tmp_path / "in/loop").symlink_to(tmp_path)
    (tmp_path / "again").symlink_to(tmp_path / "in")
    (tmp_path / "self.png").symlink_to(tmp_path / "self.png")
    found = list_pictures(tmp_path)
    assert [Path(file.path).name for file in found.files] == ["a.png"]
    assert [one.path for one in found.passed_over] == ["self.png"]


def test_names_are_kept_as_they_are_written(tmp_path: Path) -> None:
    decomposed = unicodedata.normalize("NFD", "Käse.png")
    touch(tmp_path, decomposed)
    assert paths(tmp_path) == [decomposed]


@pytest.mark.skipif(os.name == "nt", reason="names are Unicode there")
def test_a_name_that_is_no_text_is_passed_over_by_name(tmp_path: Path) -> None:
    os.close(os.open(os.fsencode(tmp_path) + b"/\xff.png", os.O_CREAT | os.O_WRONLY))
    touch(tmp_path, "a.png")
    found = list_pictures(tmp_path)
    assert [file.path for file in found.files] == ["a.png"]
    assert "rename it" in found.passed_over[0].reason


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_cannot_be_read_is_passed_over_by_name(tmp_path: Path) -> None:
    touch(tmp_path, "a.png", "closed/b.png")
    (tmp_path / "closed").chmod(0)
    found = list_pictures(tmp_path)
    (tmp_path / "closed").chmod(0o700)
    assert [file.path for file in found.files] == ["a.png"]
    assert found.passed_over[0].path == "closed"


def test_too_many_pictures_are_cut_and_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "MOST_FILES", 2)
    touch(tmp_path, "a.png", "b.png", "c.png")
    found = list_pictures(tmp_path)
    assert len(found.files) == 2 and found.passed_over[0].path == "1 more pictures"


def test_what_is_typed_wrong_is_answered_with_what_would_be_right(tmp_path: Path) -> None:
    touch(tmp_path, "a.png")
    assert why_no_folder(tmp_path) == ""
    assert "There is no folder" in why_no_folder(tmp_path / "gone")
    assert why_no_folder(tmp_path / "a.png").endswith(str(tmp_path))
    assert "/home/me/renders" in why_no_folder(Path("renders"))
