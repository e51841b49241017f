"""Promises of the lookup of recipes: it keeps nobody waiting, and runs the same code once."""

import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from background import Background
from ipo.inspector.errors import UnknownName
from ipo.inspector.recipes.code import RecipeError
from ipo.services.recipe_lookup import RecipeLookup
from tests.support.lanes import HANG, drain

MODULE = "module_of_a_lookup"
PLACE = f"{MODULE}:build"


class Probe:
    """What the module of the test calls as it is imported."""

    def __init__(self) -> None:
        self.calls = 0
        self.gate = threading.Event()
        self.gate.set()

    def imported(self) -> None:
        self.calls += 1
        assert self.gate.wait(HANG)


@pytest.fixture
def probe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Probe]:
    probe = Probe()
    monkeypatch.setitem(sys.modules, "probe_of_a_test", SimpleNamespace(imported=probe.imported))
    monkeypatch.syspath_prepend(tmp_path)
    yield probe
    sys.modules.pop(MODULE, None)


def write(folder: Path, code: str) -> None:
    (folder / f"{MODULE}.py").write_text(f"import probe_of_a_test\nprobe_of_a_test.imported()\n{code}")


def test_a_module_that_takes_its_time_keeps_nobody_waiting_and_is_imported_once(
    probe: Probe, tmp_path: Path, background: Background
) -> None:
    write(tmp_path, "def build(width: int = 3): ...")
    recipes = RecipeLookup(background)
    probe.gate.clear()
    assert recipes.find(PLACE) is None and recipes.find(PLACE) is None
    probe.gate.set()
    for _ in range(3):
        drain(background)
        recipe = recipes.find(PLACE)
        assert recipe is not None and recipe.options[0].default == 3
    assert (probe.calls, recipes.version) == (1, 1)
    write(tmp_path, "def build(width: int = 4): ...")
    assert recipes.find(PLACE) is recipe  # what is known, while it is read again
    drain(background)
    changed = recipes.find(PLACE)
    assert changed is not None and changed.options[0].default == 4
    assert (probe.calls, recipes.version) == (2, 2)


def test_code_that_raised_is_run_again_when_it_is_another_or_somebody_asks(
    probe: Probe, tmp_path: Path, background: Background
) -> None:
    write(tmp_path, "1 / 0")
    recipes = RecipeLookup(background)
    assert recipes.find(PLACE) is None
    for _ in range(3):
        drain(background)
        with pytest.raises(RecipeError, match="division by zero"):
            recipes.find(PLACE)
    assert probe.calls == 1
    recipes.refresh(PLACE, HANG)
    assert probe.calls == 2
    write(tmp_path, "def build(): ...")
    with pytest.raises(RecipeError):
        recipes.find(PLACE)
    drain(background)
    assert recipes.find(PLACE) is not None


def test_what_is_no_code_is_known_at_once(background: Background) -> None:
    recipes = RecipeLookup(background)
    assert recipes.find("autoencoder_bcl") is not None
    with pytest.raises(UnknownName):
        recipes.find("autoencoder")
