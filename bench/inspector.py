"""What watching a training costs: a step with every tensor captured against the same step without.

The recipe `autoencoder_bcl` at B = 128, D = 64. Steps of the bare loop and of the watched one alternate, so
that both see the same machine; medians. `capture_overhead` is a step with all hooks and captures over a step
without; archiving it (history with what is derived for it, the search for NaN, the ring) is `commit_ms`, and
`with_commit` is both together over a step without. What drawing costs is measured by `bench.inspector_page`.
"""

import time
from dataclasses import dataclass, field
from statistics import median

from bench.inspector_page import page_update
from bench.report import phase, publish, quick
from ipo.inspector.determinism import one_thread
from ipo.inspector.recipes import autoencoder
from ipo.inspector.recipes.bcl import Algorithm
from ipo.inspector.training.engine import Engine

STEPS, QUICK_STEPS, WARM_UP = 600, 60, 20


@dataclass
class Times:
    """Seconds of each step."""

    bare: list[float] = field(default_factory=list)
    captured: list[float] = field(default_factory=list)
    committed: list[float] = field(default_factory=list)
    both: list[float] = field(default_factory=list)


def main() -> None:
    short = quick()
    with phase("steps with and without captures"):
        figures = watching(QUICK_STEPS if short else STEPS)
    publish("inspector", figures | page_update(quick=short), quick=short)


def watching(steps: int) -> dict[str, float]:
    """What capturing and archiving cost, and what 50 snapshots weigh."""
    figures = {}
    for algorithm in Algorithm:
        times, snapshot_mb = timed(algorithm, steps)
        name = "" if algorithm == Algorithm.BCL else "_rescue"
        figures |= {
            f"capture_overhead{name}": median(times.captured) / median(times.bare),
            f"commit_ms{name}": 1000 * median(times.committed),
            f"snapshot_mb_50{name}": snapshot_mb,
            f"with_commit{name}": median(times.both) / median(times.bare),
            f"bare_step_ms{name}": 1000 * median(times.bare),
        }
    return figures


def timed(algorithm: Algorithm, steps: int) -> tuple[Times, float]:
    """Times of alternating steps, and megabytes of 50 snapshots."""
    bare = autoencoder.build("slow", 0, algorithm=algorithm).trainer().steps()
    engine = Engine(autoencoder.build("slow", 0, algorithm=algorithm), 0)
    inspector, times, weight = engine.inspector, Times(), 0
    clock = time.perf_counter
    with one_thread():
        for index in range(WARM_UP + steps):
            began = clock()
            next(bare)
            ran = clock()
            engine.step()
            captured = clock()
            inspector.commit()
            ended = clock()
            if index == WARM_UP - 1:
                weight = inspector.nbytes
            if index >= WARM_UP:
                times.bare.append(ran - began)
                times.captured.append(captured - ran)
                times.committed.append(ended - captured)
                times.both.append(ended - ran)
    return times, weight / 1e6


if __name__ == "__main__":
    main()
