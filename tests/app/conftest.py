from pathlib import Path

import pytest

from tests.support.page import PreferencesPage
from tests.support.training_thread import training_thread

__all__ = ["training_thread"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder of its own for the test; not made yet."""
    folder = tmp_path / "home"
    monkeypatch.setenv("IPO_HOME", str(folder))
    return folder


@pytest.fixture
def page(home: Path) -> PreferencesPage:
    """The Preferences page, opened and with images in hand."""
    return PreferencesPage.opened()
