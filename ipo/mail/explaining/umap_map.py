"""Mails on a plane that is bent so that neighbours stay neighbours: UMAP (McInnes et al. 2018).

The extra `umap` brings it. It runs as a program of its own, since it compiles itself at each start: for some
twenty seconds a page would answer late.
"""

import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.metrics import pairwise_distances

from ipo.datasets.programs import SourceFailed, run_program
from ipo.jobs import SILENT, Progress
from ipo.mail.explaining import umap_program

Floats = NDArray[np.float64]

LEAST_MAILS = 5
MISSING = (
    "UMAP is not installed. pip install 'ipo[umap]' brings it; start ipo anew then. The other two "
    "projections need nothing more."
)
_SECONDS = 900.0  # a limit for a program that hangs
_LAST_LINES = slice(-1, None)  # of its output: what went wrong


def umap_installed() -> bool:
    """Whether the extra is there; nothing is imported."""
    return find_spec("umap") is not None


def umap_positions(positions: sp.csr_array, seed: int, progress: Progress = SILENT) -> Floats:
    """From positions `(m, d)` in the joint space to a plane `(m, 2)`; the same for the same seed.

    Raises `ValueError` where UMAP is missing or fails, and `Cancelled`.
    """
    if not umap_installed():
        raise ValueError(MISSING)
    if positions.shape[0] < LEAST_MAILS:
        raise ValueError(f"UMAP needs {LEAST_MAILS} mails or more.")
    with tempfile.TemporaryDirectory(prefix="ipo-umap-") as name:
        folder = Path(name)
        distances, found = folder / "distances.npy", folder / "positions.npy"
        np.save(distances, pairwise_distances(positions))
        program = [sys.executable, "-P", umap_program.__file__, str(distances), str(found), str(seed)]
        try:
            run_program(program, folder, progress, _SECONDS, _LAST_LINES)
        except SourceFailed as error:
            raise ValueError(f"UMAP came to nothing: {error}") from error
        return np.asarray(np.load(found, allow_pickle=False), np.float64)
