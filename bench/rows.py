"""Rows on disk: opening a session, and saving a row against writing the same bytes plainly.

5,000 rows at d = 16,384 (512²), opened warm. The peer of a save is `write` of the same three files without
flush or rename: what durability costs.
"""

import shutil
import statistics
import tempfile
from pathlib import Path

import numpy as np

from bench.report import publish, quick, seconds_of
from ipo.preference import latents
from ipo.preference.storage.rows import RowStore
from ipo.preference.storage.sessions import SessionFolder
from tests.support.rows import fill_session, made_candidate

SIZE = 512


def main() -> None:
    short = quick()
    rows = 500 if short else 5000
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        key = fill_session(home, rows, SIZE)
        path = SessionFolder(home, key).path
        store = RowStore(path, latents.grid_shape(SIZE))
        opened = [seconds_of(store.open) for _ in range(4)][1:]  # the first one warms the page cache

        rng = np.random.default_rng(1)
        saves, plain = [], []
        for number in range(50):
            candidate = made_candidate(key, rng)
            saves.append(seconds_of(lambda c=candidate, n=number: store.save(c, 1, f"bench:{n}")))
            source, target = path / "rows" / "000001", path / f"plain-{number}"
            plain.append(seconds_of(lambda s=source, t=target: shutil.copytree(s, t)))
    figures = {
        "rows": rows,
        "open_s": statistics.median(opened),
        "open_us_per_row": 1e6 * statistics.median(opened) / rows,
        "save_ms": 1000 * statistics.median(saves),
        "plain_write_ms": 1000 * statistics.median(plain),
    }
    publish("rows", figures, quick=short)


if __name__ == "__main__":
    main()
