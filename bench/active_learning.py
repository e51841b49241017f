"""How few labels are enough? Test accuracy by labels that the app suggested, against labels drawn at random.

What a user does: train `before` epochs without labels, label the ten images that the app suggests, train one
epoch, label ten more, and so on. Model, knobs and suggestions are the app's defaults; what is suggested is
labelled right. Random labels come from the same images (none that is held out), follow the same schedule and
go on from the same epochs without labels.

`accuracy_20_median` is in percent, on the official 10,000 test images, once the epoch after the 20th label
ended. `labels_97_median` is the fewest labels with which 97 % was reached, left out where most seeds never
did.
`wait_20_s_median` is everything that a user waited for until then: epochs, predictions, suggestions, on one
core. The pool named `repeated` holds every image five times with a little noise, where a strategy that
asks for what it is least sure of asks for the same image five times. Every seed has a line of its own.

    python -m bench.active_learning [--quick]
    python -m bench.active_learning --seed 0 --pool plain --images 20000      # one seed, one pool
"""

import argparse
import copy
import json
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from bench.report import publish
from bench.ssvae import Digits, accuracy
from ipo.datasets import mnist
from ipo.digits.acquisition.ranking import rank
from ipo.digits.config import SSVAEConfig
from ipo.digits.labels.store import NONE, Values
from ipo.digits.training.predicting import predict
from ipo.digits.training.trainer import InteractiveTrainer

AUTO, RANDOM = "auto", "random"
PLAIN, REPEATED = "plain", "repeated"
BATCH = 10
GOALS = (90, 95, 97)
COPIES, NOISE = 5, 4.0  # NOISE in levels of grey, of 255


@dataclass(frozen=True)
class Scope:
    """What is measured."""

    images: int
    test: int  # images
    before: int  # epochs without labels
    budgets: tuple[int, ...]
    seeds: tuple[int, ...]
    pools: tuple[str, ...] = (PLAIN, REPEATED)


FULL = Scope(60_000, 10_000, 2, (10, 20, 50, 100), (0, 1, 2))
QUICK = Scope(3_000, 2_000, 6, (10, 20), (0,))


@dataclass(frozen=True)
class Measured:
    """A model once the epoch after a batch of labels ended."""

    pool: str
    strategy: str
    seed: int
    labels: int
    classes: int  # that have a label
    accuracy: float  # in percent
    wait_s: float  # until then


def main() -> None:
    scope, short = _scope()
    torch.set_num_threads(1)
    test = first(Digits(*mnist.load("test")), scope.test)
    rows: list[Measured] = []
    for name in scope.pools:
        pool = pool_of(name, scope.images)
        for seed in scope.seeds:
            began = time.perf_counter()
            trainer = InteractiveTrainer(SSVAEConfig(seed=seed))
            trainer.train_epochs(scope.before, pool.images, np.full(len(pool.images), NONE, np.int8))
            waited = time.perf_counter() - began
            for strategy in (AUTO, RANDOM):
                for labels, classes, score, wait in taught(
                    copy.deepcopy(trainer), pool, test, strategy, scope.budgets[-1]
                ):
                    rows.append(Measured(name, strategy, seed, labels, classes, score, waited + wait))
                    print(json.dumps(asdict(rows[-1])), flush=True)
    publish("active_learning", figures(rows, scope), quick=short)


def pool_of(name: str, images: int) -> Digits:
    """The first images of MNIST; or a fifth of them, each five times with noise."""
    pool = Digits(*mnist.load("train"))
    if name == PLAIN:
        return first(pool, images)
    fifth = first(pool, images // COPIES)
    copies = np.tile(fifth.images, (COPIES, 1, 1)).astype(np.float32)
    copies += np.random.default_rng(0).normal(0, NOISE, copies.shape)
    return Digits(np.clip(copies.round(), 0, 255).astype(np.uint8), np.tile(fifth.truth, COPIES))


def first(digits: Digits, count: int) -> Digits:
    return Digits(digits.images[:count], digits.truth[:count])


def taught(
    trainer: InteractiveTrainer, pool: Digits, test: Digits, strategy: str, most: int
) -> Iterator[tuple[int, int, float, float]]:
    """Labels, classes among them, accuracy, and seconds waited, after each batch of labels."""
    labels = np.full(len(pool.images), NONE, np.int8)
    rng = np.random.default_rng(trainer.config.seed)
    waited = 0.0
    while np.count_nonzero(labels != NONE) < most:
        began = time.perf_counter()
        rows = suggested(trainer, pool, labels) if strategy == AUTO else drawn(trainer, labels, rng)
        labels[rows] = pool.truth[rows]
        trainer.train_epochs(1, pool.images, labels)
        waited += time.perf_counter() - began
        known = labels[labels != NONE]
        yield len(known), len(np.unique(known)), accuracy(trainer, test), waited


def suggested(trainer: InteractiveTrainer, pool: Digits, labels: Values) -> NDArray[np.int64]:
    """What the app would show next."""
    predicted = predict(trainer, pool.images)
    held_out = trainer.split().validation
    ranking = rank(predicted, labels, held_out, None, BATCH, trainer.config.seed)
    return np.array([suggestion.row for suggestion in ranking.suggestions])


def drawn(trainer: InteractiveTrainer, labels: Values, rng: np.random.Generator) -> NDArray[np.int64]:
    teaching = trainer.split().train
    return rng.choice(teaching[labels[teaching] == NONE], BATCH, replace=False)


def figures(rows: Sequence[Measured], scope: Scope) -> Mapping[str, float]:
    """Medians over seeds, by pool and strategy."""
    found: dict[str, list[float]] = defaultdict(list)
    for pool, strategy, seed in dict.fromkeys((row.pool, row.strategy, row.seed) for row in rows):
        name = f"{pool}_{strategy}"
        run = [row for row in rows if (row.pool, row.strategy, row.seed) == (pool, strategy, seed)]
        for row in run:
            if row.labels in scope.budgets:
                found[f"{name}_accuracy_{row.labels}_median"].append(row.accuracy)
                found[f"{name}_wait_{row.labels}_s_median"].append(row.wait_s)
        for goal in GOALS:
            reached = [row.labels for row in run if row.accuracy >= goal]
            found[f"{name}_labels_{goal}_median"].append(min(reached, default=np.inf))
    medians = {name: float(np.median(values)) for name, values in found.items()}
    return {name: value for name, value in medians.items() if np.isfinite(value)}


def _scope() -> tuple[Scope, bool]:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="end within 45 seconds on two cores")
    parser.add_argument("--seed", type=int, help="this one alone")
    parser.add_argument("--pool", choices=(PLAIN, REPEATED), help="this one alone")
    parser.add_argument("--images", type=int, help="so many of the 60,000")
    given = parser.parse_args()
    scope = QUICK if given.quick else FULL
    if given.seed is not None:
        scope = replace(scope, seeds=(given.seed,))
    if given.pool is not None:
        scope = replace(scope, pools=(given.pool,))
    if given.images is not None:
        scope = replace(scope, images=given.images)
    return scope, given.quick


if __name__ == "__main__":
    main()
