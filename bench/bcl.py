"""Does BCL make features alike? Loss and mean cosine of the encoder's weights along training on MNIST.

The recipe `autoencoder_bcl` with L1, 64 features, k = 8, T = 5; means over seeds. `loss` is that of the batch
at that step, `evaluation` that of the 9,000 images that are not trained on, `cosine` the mean over all pairs
of features of the weights before the step. `control` has no BCL, so both algorithms share it. Seeds differ:
standard deviations are 0.005 for the loss of one batch, 0.01 for cosines, 0.07 for that of `mask_only`.
"""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np

from bench.report import publish, quick
from ipo.inspector.capture.metrics import mean_off_diagonal
from ipo.inspector.determinism import one_thread
from ipo.inspector.recipes import autoencoder
from ipo.inspector.recipes.bcl import Algorithm

SEEDS = 3
START, EARLY, LATE = 0, 300, 3000


@dataclass(frozen=True)
class Run:
    algorithm: Algorithm
    condition: str
    marks: tuple[int, ...]


RUNS = (
    Run(Algorithm.BCL, "slow", (START, EARLY)),
    Run(Algorithm.RESCUE, "slow", (START, EARLY)),
    Run(Algorithm.RESCUE, "slow", (LATE,)),
    Run(Algorithm.RESCUE, "mask_only", (LATE,)),
    Run(Algorithm.RESCUE, "control", (LATE,)),
    Run(Algorithm.BCL, "mask_only", (LATE,)),
)


def main() -> None:
    short = quick()
    seeds = {run: 1 if short and max(run.marks) > EARLY else SEEDS for run in (RUNS[:-1] if short else RUNS)}
    jobs = sorted(
        ((run, seed) for run in seeds for seed in range(seeds[run])), key=lambda job: -max(job[0].marks)
    )
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        found = dict(zip(jobs, pool.map(measured, *zip(*jobs, strict=True)), strict=True))
    figures = {
        f"{run.algorithm}_{run.condition}_{name}": float(
            np.mean([found[run, seed][name] for seed in range(count)])
        )
        for run, count in seeds.items()
        for name in found[run, 0]
    }
    for name in [name for name in figures if name.startswith("bcl_rescue_control_")]:
        figures[name.replace("bcl_rescue_", "bcl_")] = figures[name]
    publish("bcl", figures, quick=short)


def measured(run: Run, seed: int) -> dict[str, float]:
    """The figures of one run at its marks."""
    setup = autoencoder.build(run.condition, seed, algorithm=run.algorithm)
    weight, found = setup.model.encoder.weight, {}
    steps = setup.trainer().steps()
    with one_thread():
        for index in range(max(run.marks) + 1):
            if index in run.marks:
                found[f"cosine_{index}"] = float(mean_off_diagonal(weight.detach()))
                found[f"evaluation_{index}"] = setup.evaluate()
            loss = next(steps).loss
            if index in run.marks:
                found[f"loss_{index}"] = float(loss)
    return found


if __name__ == "__main__":
    main()
