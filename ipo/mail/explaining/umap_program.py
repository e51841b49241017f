"""UMAP of points whose distances lie in a file: `python umap_program.py DISTANCES POSITIONS SEED`.

It imports nothing of ipo. The same distances and seed give the same positions, bit for bit.
"""

import os
import sys
import warnings

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy: the page keeps a core
os.environ.setdefault("NUMBA_NUM_THREADS", "1")

import numpy as np


def main(distances: str, positions: str, seed: str) -> None:
    warnings.simplefilter("ignore")  # of parts that are not used here
    from umap import UMAP

    between = np.load(distances, allow_pickle=False)
    neighbours = min(_NEIGHBOURS, len(between) - 1)
    umap = UMAP(n_neighbors=neighbours, metric="precomputed", random_state=int(seed), n_jobs=1)
    np.save(positions, umap.fit_transform(between))


_NEIGHBOURS = 15

if __name__ == "__main__":
    main(*sys.argv[1:])
