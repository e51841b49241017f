"""Promises of the project folder."""

from pathlib import Path

import pytest

from ipo.project import project_folder, why_unusable


def test_ipo_home_names_the_project_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("IPO_HOME", str(tmp_path / "mine"))
    assert project_folder() == tmp_path / "mine"
    assert not (tmp_path / "mine").exists()


def test_a_tilde_is_the_home_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IPO_HOME", "~/mine")
    assert project_folder() == Path.home() / "mine"


@pytest.mark.parametrize("home", [None, ""])
def test_without_ipo_home_it_is_data_beside_the_app(
    monkeypatch: pytest.MonkeyPatch, home: str | None
) -> None:
    monkeypatch.delenv("IPO_HOME", raising=False)
    if home is not None:
        monkeypatch.setenv("IPO_HOME", home)
    assert project_folder().name == "data"
    assert (project_folder().parent / "app.py").exists()


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    file = tmp_path / "data"
    file.write_text("")
    for folder in (file, file / "preference" / "abc"):
        assert why_unusable(folder, NotADirectoryError()) == (
            f"{file} is a file; a folder would be right. Move it away, or set IPO_HOME to a folder."
        )


def test_a_folder_that_may_not_be_written_is_named_with_the_reason(tmp_path: Path) -> None:
    assert why_unusable(tmp_path, PermissionError(13, "Permission denied")) == (
        f"{tmp_path} cannot be written: [Errno 13] Permission denied. Make it writable, or set IPO_HOME to a "
        "folder that is."
    )


def test_a_disk_that_is_full_is_to_be_given_room(tmp_path: Path) -> None:
    assert why_unusable(tmp_path, OSError(28, "No space left on device")) == (
        f"{tmp_path} cannot be written: [Errno 28] No space left on device. Make room there, or set IPO_HOME "
        "to a folder on another disk."
    )
