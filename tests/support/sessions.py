"""Whole sessions on disk: made, exported, and compared."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from ipo.jobs import SILENT, Cancelled
from ipo.preference import latents
from ipo.preference.storage.pairs import LEFT, RIGHT, Pair, PairStore
from ipo.preference.storage.rows import BAD, GOOD, OpenedRows, Row, RowStore
from ipo.preference.storage.sessions import SessionFolder, SessionKey
from ipo.preference.transfer.archive import export_zip
from ipo.preference.transfer.importing import Imported, import_zip
from tests.support.rows import made_candidate
from tests.support.stores import files_below

KEY = SessionKey("moss and rust", 64, "flat")


def store_of(home: Path, key: SessionKey = KEY) -> RowStore:
    return RowStore(SessionFolder(home, key).path, latents.grid_shape(key.size))


def opened(home: Path, key: SessionKey = KEY) -> OpenedRows:
    """What someone finds who opens the session."""
    store = store_of(home, key)
    store.create()
    return store.open()


def judged_session(home: Path, rows: int = 5, key: SessionKey = KEY, seed: int = 0) -> list[Row]:
    """A session with a random sequence that has begun, alternating labels, and its third row undone."""
    folder = SessionFolder(home, key)
    folder.create()
    with folder.generator() as rng:
        rng.integers(2**63)
    store = store_of(home, key)
    store.create()
    maker = np.random.default_rng(seed)
    saved = [
        store.save(made_candidate(key, maker), (GOOD, BAD)[number % 2], f"tab{seed}:{number}")
        for number in range(rows)
    ]
    if rows > 2:
        store.undo(saved.pop(2), f"tab{seed}:{rows}")
    return saved


def pair_store_of(home: Path, key: SessionKey = KEY) -> PairStore:
    return PairStore(SessionFolder(home, key).path, latents.grid_shape(key.size))


def compared_session(home: Path, pairs: int = 4, key: SessionKey = KEY) -> list[Pair]:
    """A session with pairs, the preferred image at the left or at the right, and its second pair undone."""
    SessionFolder(home, key).create()
    store = pair_store_of(home, key)
    store.create()
    maker = np.random.default_rng(7)
    saved = []
    for number in range(pairs):
        preferred, other = made_candidate(key, maker), made_candidate(key, maker)
        side = RIGHT if number % 3 == 2 else LEFT
        saved.append(store.save(preferred, other, side, f"pairs:{number}"))
    if pairs > 1:
        store.undo(saved.pop(1), f"pairs:{pairs}")
    return saved


def exported(home: Path, key: SessionKey = KEY) -> bytes:
    target = home / "exports" / "session.zip"
    export_zip(SessionFolder(home, key), target, SILENT)
    return target.read_bytes()


def imported(home: Path, archive: bytes) -> Imported:
    return import_zip(home, io.BytesIO(archive), lambda key: latents.grid_shape(key.size), SILENT)


def session_files(home: Path, key: SessionKey = KEY) -> dict[str, bytes]:
    """Every file of a session that an export is about, by its relative path."""
    files = files_below(SessionFolder(home, key).path)
    return {name: content for name, content in files.items() if not name.startswith((".", "dealt"))}


def changed(archive: bytes, changes: dict[str, bytes | None]) -> bytes:
    """A zip with some files replaced, added, or (`None`) left out."""
    with zipfile.ZipFile(io.BytesIO(archive)) as old:
        files: dict[str, bytes | None] = {name: old.read(name) for name in old.namelist()}
    return zipped({**files, **changes})


def zipped(files: dict[str, bytes | None]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            if content is not None:
                archive.writestr(name, content)
    return buffer.getvalue()


def in_archive(archive: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(archive)) as file:
        return file.read(name)


def edited(content: bytes, **changes: Any) -> bytes:
    """A JSON object with some entries changed."""
    return json.dumps({**json.loads(content), **changes}).encode()


class Impatient:
    """A `Progress` that is cancelled at its n-th check."""

    def __init__(self, checks: int) -> None:
        self.left = checks
        self.fractions: list[float] = []

    def report(self, fraction: float, message: str = "") -> None:
        self.fractions.append(fraction)

    def check(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Cancelled("enough")
