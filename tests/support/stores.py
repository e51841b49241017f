"""Row stores in a folder, and candidates to fill them with."""

from pathlib import Path
from typing import Any

import numpy as np

from ipo.preference import latents
from ipo.preference.candidates import Candidate
from ipo.preference.storage.rows import GOOD, Row, RowStore
from ipo.preference.storage.sessions import SessionKey
from tests.support.rows import made_candidate

KEY = SessionKey("moss and rust", 64, "flat")
SHAPE = latents.grid_shape(64)


class Maker:
    """Makes candidates, each another one."""

    def __init__(self) -> None:
        self.rng = np.random.default_rng(0)

    def __call__(self) -> Candidate:
        return made_candidate(KEY, self.rng)


def a_store(folder: Path) -> RowStore:
    store = RowStore(folder, SHAPE)
    store.create()
    return store


def save(store: RowStore, new: Maker, count: int, label: int = GOOD) -> list[Row]:
    """Rows with the events tab:0, tab:1, …"""
    return [store.save(new(), label, f"tab:{number}") for number in range(count)]


def whole(candidate: Candidate) -> tuple[bytes, bytes, dict[str, Any]]:
    """All there is to a candidate, for a comparison bit for bit."""
    return candidate.png, candidate.z.tobytes(), candidate.record()


def files_below(folder: Path) -> dict[str, bytes]:
    """Every file by its relative path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
