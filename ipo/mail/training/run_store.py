"""Runs on disk: a folder each, `run.json` for people and `arrays.npz` for numbers. Nothing is pickled.

`umap.npy` comes later, where somebody asks for it.

A folder appears whole or not at all. A run that is read back scores as it did, bit for bit.
"""

import io
import json
import logging
import secrets
import shutil
import zipfile
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ipo import records
from ipo.durable import rename_if_free, replace_file, sync_folder, write_synced
from ipo.mail.clues import CLUE_NAMES
from ipo.mail.training.run import TrainRun
from ipo.mail.training.run_record import (
    FORMAT,
    SCHEMA,
    RunRecord,
    RunSummary,
    run_from_record,
    run_to_arrays,
    run_to_record,
    summary_from_record,
)
from ipo.slugs import slug

_RECORD, _ARRAYS, _UMAP = "run.json", "arrays.npz", "umap.npy"
logger = logging.getLogger("ipo.mail.training.run_store")


class DamagedRun(ValueError):
    """A folder of a run that cannot be read. Train again, or bring the folder back from a copy."""


class RunStore:
    """The runs of one set of mails, in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, run: TrainRun) -> None:
        """Raises `OSError`; then nothing is left behind."""
        self._folder.mkdir(parents=True, exist_ok=True)
        temporary = self._folder / f".{run.id}.{secrets.token_hex(4)}"
        temporary.mkdir()
        try:
            arrays = io.BytesIO()
            np.savez_compressed(arrays, **run_to_arrays(run))  # type: ignore[arg-type]  # names are no parameters
            write_synced(temporary / _ARRAYS, arrays.getvalue())
            write_synced(temporary / _RECORD, json.dumps(asdict(run_to_record(run)), indent=1).encode())
            if not rename_if_free(temporary, self._folder / run.id):
                raise FileExistsError(f"There is a run {run.id} already.")
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        sync_folder(self._folder)

    def load(self, id_: str) -> TrainRun:
        """Raises `DamagedRun` and `FileNotFoundError`."""
        record = self._read_record(id_)
        try:
            with np.load(self._path(id_) / _ARRAYS, allow_pickle=False) as file:
                return run_from_record(record, {name: file[name] for name in file.files})
        except (KeyError, ValueError, IndexError, EOFError, zipfile.BadZipFile) as error:
            raise DamagedRun(f"Run {id_} is damaged: {error}. Train again, or delete it.") from error

    def load_umap(self, id_: str, count: int) -> NDArray[np.float64] | None:
        """Positions `(count, 2)` that UMAP gave; `None` where there are none that can be used."""
        try:
            positions = np.load(self._path(id_) / _UMAP, allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        sound = positions.shape == (count, 2) and positions.dtype == np.float64
        return positions if sound and np.isfinite(positions).all() else None

    def save_umap(self, id_: str, positions: NDArray[np.float64]) -> None:
        """What cannot be kept is computed again the next time."""
        content = io.BytesIO()
        np.save(content, positions)
        try:
            replace_file(self._path(id_) / _UMAP, content.getvalue())
        except OSError as error:
            logger.warning("Positions of run %s cannot be written: %s", id_, error)

    def summaries(self) -> list[RunSummary]:
        """All sound runs, the newest first."""
        found = []
        for path in sorted(self._folder.glob(f"[!.]*/{_RECORD}"), reverse=True):
            try:
                found.append(summary_from_record(self._read_record(path.parent.name)))
            except (ValueError, OSError):  # damaged, or of another version: said by whoever opens it
                continue
        return found

    def ids(self) -> list[str]:
        """All runs, sound or not, the newest first."""
        return sorted((path.parent.name for path in self._folder.glob(f"[!.]*/{_RECORD}")), reverse=True)

    def delete(self, id_: str) -> None:
        """Raises `OSError`."""
        doomed = self._folder / f".{secrets.token_hex(4)}"
        self._path(id_).rename(doomed)
        shutil.rmtree(doomed, ignore_errors=True)

    def _path(self, id_: str) -> Path:
        return self._folder / slug(id_)

    def _read_record(self, id_: str) -> RunRecord:
        try:
            record = records.read(self._path(id_) / _RECORD, SCHEMA)
        except ValueError as error:
            raise DamagedRun(f"Run {id_} is damaged: {error}.") from error
        if record.format != FORMAT or record.clues != list(CLUE_NAMES):
            raise DamagedRun(f"Run {id_} was made by another version of ipo. Train again.")
        return record
