from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner

from ipo.ui.preference import selection
from tests.support.page import PreferencesPage
from tests.support.rows import SIZE
from tests.support.training_thread import training_thread

__all__ = ["training_thread"]


@pytest.fixture(scope="session", autouse=True)
def component_manifests() -> Iterator[None]:
    """Look once for components in what is installed: each `AppTest` would, for half a second."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests)
        )
        yield


@pytest.fixture(autouse=True)
def small_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """Offer the smallest size: the page takes any, `AppTest` only what is in the list."""
    monkeypatch.setattr(selection, "SIZES", (SIZE, *selection.SIZES))


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
