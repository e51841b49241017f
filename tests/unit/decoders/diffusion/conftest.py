"""Pipelines that are saved once, and a way to open them as a user does."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ipo.decoders.diffusion.decoder import DiffusionDecoder, DiffusionKind
from ipo.decoders.settings import Value, complete
from tests.support.tiny_pipelines import PIPELINES

Open = Callable[..., DiffusionDecoder]
Saved = Callable[[str], Path]


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Saved:
    """The folder of a tiny pipeline by its name in `PIPELINES`; not to be written to."""
    home = tmp_path_factory.mktemp("pipelines")

    def save(name: str) -> Path:
        if not (home / name).exists():
            PIPELINES[name](home / name)
        return home / name

    return save


@pytest.fixture
def opened(saved: Saved, tmp_path: Path) -> Open:
    """A decoder of a tiny pipeline, or of a folder, with some settings and the others by default."""

    def open_(model: str | Path, **settings: Value) -> DiffusionDecoder:
        folder = model if isinstance(model, Path) else saved(model)
        kind = DiffusionKind()
        return kind.open(tmp_path, complete(kind.settings, {"model": str(folder), **settings}))

    return open_
