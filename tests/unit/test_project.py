"""Promises of the project folder."""

from pathlib import Path

import pytest

from ipo.project import project_folder


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
