"""How much does unlabelled data help? Accuracy on the official 10,000 test images from few labels.

Balanced labels, 3 seeds; SSVAE with the app's defaults, which hold a tenth of all images and so of the labels
out, against logistic regression and 1-NN on pixels and against its own supervised twin (same network, same
views, cross-entropy alone), which all learn from every label. Accuracies in percent. `seconds` is the
training of one model on two threads, `predict_60k_s` what the map needs afterwards.
"""

import time
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from bench.report import publish, quick
from ipo.datasets import mnist
from ipo.digits.config import Hyperparameters, SSVAEConfig
from ipo.digits.epoch_metrics import EpochMetrics
from ipo.digits.labels.store import NONE
from ipo.digits.training.trainer import InteractiveTrainer

LABELS = (10, 50, 100, 1000)
SEEDS = 3
EPOCHS = 10
TWIN_STEPS = 1500


@dataclass(frozen=True, eq=False)
class Digits:
    """Images and what they show."""

    images: NDArray[np.uint8]
    truth: NDArray[np.uint8]

    def flat(self) -> NDArray[np.float32]:
        return self.images.reshape(len(self.images), -1).astype(np.float32) / 255


@dataclass(frozen=True)
class Scope:
    """What is measured."""

    labels: tuple[int, ...]
    seeds: int
    images: int
    epochs: int
    twin_steps: int


FULL = Scope(LABELS, SEEDS, 60_000, EPOCHS, TWIN_STEPS)
QUICK = Scope((100,), 1, 10_000, 3, 100)


def main() -> None:
    short = quick()
    scope = QUICK if short else FULL
    torch.set_num_threads(2)
    train, test = Digits(*mnist.load("train")), Digits(*mnist.load("test"))
    pool = Digits(train.images[: scope.images], train.truth[: scope.images])
    figures: dict[str, float] = {}
    epoch_seconds: list[float] = []
    for count in scope.labels:
        found: dict[str, list[float]] = {}
        for seed in range(scope.seeds):
            rows = balanced(pool.truth, count, seed)
            results = peers(pool, rows, test, seed, scope.twin_steps)
            began = time.perf_counter()
            trainer, seconds = taught(pool, rows, seed, scope.epochs)
            results["seconds"] = time.perf_counter() - began
            results["accuracy"] = accuracy(trainer, test)
            epoch_seconds += seconds
            print(
                f"{count} labels, seed {seed}: " + ", ".join(f"{k} {v:.2f}" for k, v in results.items()),
                flush=True,
            )
            for name, value in results.items():
                found.setdefault(name, []).append(value)
        figures |= {f"{name}_{count}_median": float(np.median(values)) for name, values in found.items()}
    figures["epoch_s"] = float(np.median(epoch_seconds))
    began = time.perf_counter()
    trainer.average.predict(train.images)
    figures["predict_60k_s"] = time.perf_counter() - began
    publish("ssvae", figures, quick=short)


def balanced(truth: NDArray[np.uint8], count: int, seed: int) -> NDArray[np.int64]:
    """Rows of `count` images, as many of each digit."""
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.permutation(np.flatnonzero(truth == one))[: count // 10] for one in range(10)])


def taught(
    pool: Digits, rows: NDArray[np.int64], seed: int, epochs: int
) -> tuple[InteractiveTrainer, list[float]]:
    """A trained SSVAE, and the seconds of its epochs."""
    labels = np.full(len(pool.images), NONE, np.int8)
    labels[rows] = pool.truth[rows]
    trainer = InteractiveTrainer(SSVAEConfig(seed=seed))
    history = trainer.train_epochs(epochs, pool.images, labels)
    return trainer, [epoch.seconds for epoch in history]


def peers(
    pool: Digits, rows: NDArray[np.int64], test: Digits, seed: int, twin_steps: int
) -> dict[str, float]:
    """Accuracies of what sees the labelled images alone."""
    known = Digits(pool.images[rows], pool.truth[rows])
    logistic = LogisticRegression(max_iter=1000).fit(known.flat(), known.truth)
    nearest = KNeighborsClassifier(1).fit(known.flat(), known.truth)
    return {
        "logistic": 100 * float(logistic.score(test.flat(), test.truth)),
        "knn": 100 * float(nearest.score(test.flat(), test.truth)),
        "supervised": accuracy(twin(known, seed, twin_steps), test),
    }


def twin(known: Digits, seed: int, steps: int) -> InteractiveTrainer:
    """The same network, taught by the labelled images and nothing else."""
    alone = Hyperparameters(recon_weight=0, kl_weight=0, consistency_weight=0, contrast_weight=0)
    config = replace(SSVAEConfig(seed=seed), validation=0.0, unlabelled_batch=2)
    trainer = InteractiveTrainer(config, alone)
    while trainer.step < steps:
        for seen in trainer.steps(200, known.images, known.truth.astype(np.int8)):
            if not isinstance(seen, EpochMetrics) and seen.step >= steps:
                trainer.stop()
    return trainer


def accuracy(trainer: InteractiveTrainer, test: Digits) -> float:
    """In percent."""
    said = trainer.average.outputs(test.images).probabilities.argmax(1)
    return 100 * float(np.mean(said == test.truth))


if __name__ == "__main__":
    main()
