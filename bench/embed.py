"""What it takes to read images: milliseconds of every embedder in the project folder.

Images of noise, 448 pixels a side; medians. `NAME_ms_1` is an image alone, `NAME_ms_16` one of sixteen,
`NAME_load_s` opening the embedder, `which_ms` asking which there are.
"""

import statistics
import time
from collections.abc import Callable

import numpy as np

from bench.report import phase, publish, quick
from ipo.embedding.embedders import available, open_embedder
from ipo.project import project_folder

SIDE = 448
MANY = 16


def main() -> None:
    short = quick()
    home = project_folder()
    names = available(home)
    if not names:
        raise SystemExit(f"There is no embedder in {home}. Run ipo fetch embedder.")
    images = np.random.default_rng(0).integers(0, 256, (MANY, SIDE, SIDE, 3), np.uint8)
    repeats = 5 if short else 15
    figures = {"which_ms": 1000 * median_seconds(lambda: available(home), repeats)}
    for name in names:
        with phase(name):
            began = time.perf_counter()
            embedder = open_embedder(home, name)
            figures[f"{name}_load_s"] = time.perf_counter() - began
            for count in (1, MANY):
                part = images[:count]
                embedder.embed(part)  # the first time, memory is sought
                seconds = median_seconds(lambda part=part, embedder=embedder: embedder.embed(part), repeats)
                figures[f"{name}_ms_{count}"] = 1000 * seconds / count
    publish("embed", figures, quick=short)


def median_seconds(work: Callable[[], object], repeats: int) -> float:
    def once() -> float:
        began = time.perf_counter()
        work()
        return time.perf_counter() - began

    return statistics.median(once() for _ in range(repeats))


if __name__ == "__main__":
    main()
