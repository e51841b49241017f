"""What a cluster brings, and what it costs: images, fits and a cross-validation with 0, 1 and 2 workers here.

Images are of the procedural decoder at 448², drawn together as the app has them drawn. Fits are of 20 tastes
at d = 12,544, each asked for by a thread of its own. `lost_ms_per_job` is the median time of a job that adds
two numbers. Workers have one thread, and so has the work without a cluster.

    OMP_NUM_THREADS=1 python -m bench.scale [--quick]
"""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from bench.report import phase, publish, quick, seconds_of
from ipo.cluster.connection import Cluster
from ipo.cluster.decoder import SpreadDecoder
from ipo.cluster.local import PRE_SPAWN, WORKER_ENVIRONMENT
from ipo.cluster.settings import ClusterSettings
from ipo.decoders.procedural.decoder import ProceduralKind
from ipo.decoders.settings import complete
from ipo.jobs import SILENT, portable
from ipo.value import boosting
from ipo.value.boosting import BoostFit, BoostParams, held_out
from ipo.value.gram import gram
from ipo.value.scores import folds

SIZE, DIMENSIONS, TASTES = 448, 12_544, 20


@portable
def add(a: int, b: int) -> int:
    return a + b


@portable
def fit(X: np.ndarray, y: np.ndarray) -> BoostFit:
    return boosting.fit(X, gram(X), y, BoostParams(), threads=1, progress=SILENT)


@portable
def cross_validate(X: np.ndarray, y: np.ndarray) -> np.ndarray:
    parts = folds(y, 5)
    return held_out(X, gram(X), y, BoostParams(), parts, threads=1, progress=SILENT)


def main() -> None:
    short = quick()
    figures: dict[str, float] = {}
    for workers in (0, 1, 2):
        with phase(f"{workers} workers"), _cluster(workers) as cluster:
            figures |= {f"{name}_{workers}": value for name, value in _measure(cluster, short).items()}
    for name in ("images_per_s", "fits_per_s"):
        figures[f"{name}_2_over_1"] = figures[f"{name}_2"] / figures[f"{name}_1"]
    publish("scale", figures, quick=short)


@contextmanager
def _cluster(workers: int) -> Iterator[Cluster]:
    cluster = Cluster()
    if not workers:
        yield cluster
        return
    import dask
    from distributed import LocalCluster

    with (
        dask.config.set({PRE_SPAWN: WORKER_ENVIRONMENT}),
        tempfile.TemporaryDirectory() as home,
        LocalCluster(
            n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0", env={"IPO_HOME": home}
        ) as local,
    ):
        cluster.connect(ClusterSettings(local.scheduler_address))
        yield cluster
        cluster.disconnect()


def _measure(cluster: Cluster, short: bool) -> Mapping[str, float]:
    kind = ProceduralKind()
    decoder = SpreadDecoder(
        kind.open(Path(os.devnull), complete(kind.settings, {})), "procedural", (), cluster
    )
    random = np.random.default_rng(0)
    count = 8 if short else 40
    latents = random.normal(size=(count, *decoder.info.latent_shape(SIZE))).astype(np.float32)
    decoder.decode(latents[:2], "a field", {"size": SIZE}, context=SILENT)  # opened, and warm
    seconds = seconds_of(lambda: decoder.decode(latents, "a field", {"size": SIZE}, context=SILENT))
    found = {"images_per_s": count / seconds}
    rows = 60 if short else 300
    X = random.normal(size=(rows, DIMENSIONS)).astype(np.float32)
    ys = [np.where(X @ random.normal(size=DIMENSIONS) > 0, 1, -1).astype(np.float32) for _ in range(TASTES)]
    call = _caller(cluster)
    call(fit, X, ys[0])
    with ThreadPoolExecutor(TASTES) as threads:
        found["fits_per_s"] = TASTES / seconds_of(lambda: list(threads.map(lambda y: call(fit, X, y), ys)))
    found["cross_validation_s"] = seconds_of(lambda: call(cross_validate, X, ys[0]))
    found["lost_ms_per_job"] = 1000 * float(
        np.median([seconds_of(lambda: call(add, 1, 2)) for _ in range(50)])
    )
    return found


def _caller(cluster: Cluster) -> Callable[..., Any]:
    if not cluster.ready:
        return lambda fn, *args: fn(*args)
    return lambda fn, *args: cluster.run(fn, args, SILENT)


if __name__ == "__main__":
    main()
