"""Do proposals beat chance? Scripted judges with a hidden taste label what each proposer shows them.

A judge sees four images at a time and says Good when the taste exceeds the 60th percentile of the last 24
that were shown, flipped with probability 0.1. After 20, 50, 100 and 200 labels, 16 more proposals are
measured: their mean taste in units of its standard deviation under the prior, above the prior's mean; and the
mean distance of the last ten images shown, two by two, in units of prior draws (1: as different as chance).
`classic` is z = anchor + 0.8·r̂, r̂ random with its sign chosen by ŵ, as in the program that inspired this one.
Tastes that are no straight lines (`CURVED_TASTES`) are judged for the default proposer, on their own.
With `--plot FILE.html` the curves are drawn. Sessions run side by side, one on each core.
"""

import argparse
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from bench.report import publish
from bench.tastes import CURVED_TASTES, TASTES, Pixels
from ipo.decoders.procedural.decoder import ProceduralDecoder
from ipo.jobs import SILENT
from ipo.preference import latents
from ipo.preference.latents import Latent
from ipo.preference.proposals.proposers import (
    LAST_SHOWN,
    PROPOSERS,
    RANDOM,
    ProposalContext,
    ProposerSettings,
    propose,
)
from ipo.preference.training_set import TrainingSet
from ipo.value.gram import Gram
from ipo.value.ridge import RidgeFit
from ipo.value.ridge_model import RidgeModel

CLASSIC = "classic"
DEFAULT = ProposerSettings().proposer
SIZE = 224
PROMPTS = ("misty harbour at dawn", "coral reef at night", "paper lanterns over water")
MARKS = (20, 50, 100, 200)
AT_ONCE, MEASURED, PRIOR_DRAWS = 4, 16, 200
PERCENTILE, MEMORY, FLIPPED = 60, 24, 0.1


@dataclass(frozen=True)
class Reached:
    """After so many labels."""

    taste: float  # of proposals, in prior standard deviations
    distance: float  # of the last images shown, two by two, in units of prior draws


@dataclass(frozen=True)
class Sitting:
    """One judge in front of one proposer."""

    proposer: str
    taste: str
    seed: int
    labels: int


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="end within 45 seconds on two cores")
    parser.add_argument("--plot", type=Path, help="where to draw the curves")
    given = parser.parse_args()
    proposers = (DEFAULT, RANDOM, CLASSIC) if given.quick else (*PROPOSERS, CLASSIC)
    seeds, labels = (1, 100) if given.quick else (3, 200)
    sittings = [
        Sitting(proposer, taste, seed, labels)
        for proposer in proposers
        for taste in TASTES
        for seed in range(seeds)
    ]
    curved_tastes = list(CURVED_TASTES)[: 1 if given.quick else None]
    bent = [Sitting(DEFAULT, taste, seed, 100) for taste in curved_tastes for seed in range(seeds)]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        curves = dict(zip([*sittings, *bent], pool.map(sit, [*sittings, *bent]), strict=True))
    figures: dict[str, float] = {}
    for proposer in proposers:
        name = "default" if proposer == DEFAULT else proposer
        for mark in (mark for mark in MARKS if mark <= labels):
            reached = [measured(curves, proposer, taste, mark) for taste in TASTES]
            by_taste = np.array([[one.taste for one in seeds] for seeds in reached])
            figures[f"{name}_sd_at_{mark}"] = float(np.median(by_taste.mean(1)))
            figures[f"{name}_mean_at_{mark}"] = float(by_taste.mean())
            figures[f"{name}_se_at_{mark}"] = float(by_taste.std() / np.sqrt(by_taste.size))
            distances = [[one.distance for one in seeds] for seeds in reached]
            figures[f"{name}_distance_at_{mark}"] = float(np.mean(distances))
    for taste in (*TASTES, *curved_tastes):
        at_100 = measured(curves, DEFAULT, taste, 100)
        figures[f"default_{taste.replace(' ', '_')}_at_100"] = float(np.mean([one.taste for one in at_100]))
    publish("preference_sim", figures, quick=given.quick)
    if given.plot:
        draw(figures, proposers, given.plot)


def measured(
    curves: dict[Sitting, dict[int, Reached]], proposer: str, taste: str, mark: int
) -> list[Reached]:
    """What one proposer reached for one taste after `mark` labels, seed by seed."""
    return [
        curve[mark]
        for sitting, curve in curves.items()
        if (sitting.proposer, sitting.taste) == (proposer, taste)
    ]


def sit(sitting: Sitting) -> dict[int, Reached]:
    """What was reached, by number of labels."""
    with threadpool_limits(1):
        return dict(_sit(sitting))


def _sit(sitting: Sitting) -> Iterator[tuple[int, Reached]]:
    rng = np.random.default_rng([sitting.seed, [*TASTES, *CURVED_TASTES].index(sitting.taste)])
    judge = Judge(sitting.taste, PROMPTS[sitting.seed % len(PROMPTS)], rng)
    shape = latents.grid_shape(SIZE)
    learner = Learner(sitting.proposer, judge.prompt, shape, rng)
    for count in range(AT_ONCE, sitting.labels + 1, AT_ONCE):
        batch = learner.batch(AT_ONCE)
        learner.learn(batch, [judge.label(z) for z in batch])
        for mark in (mark for mark in MARKS if count - AT_ONCE < mark <= count):
            likes = float(np.mean([judge.likes(z) for z in learner.batch(MEASURED)]))
            yield mark, Reached(likes, mean_distance(learner.shown))


def mean_distance(read: NDArray[np.float32]) -> float:
    """Of features `(n, d)`, two by two; that of prior draws is 1 on average."""
    square = (read**2).sum(1)
    apart = np.maximum(square[:, None] + square - 2 * read @ read.T, 0)[np.triu_indices(len(read), 1)]
    return float(np.mean(np.sqrt(apart / 2)))


class Judge:
    """Likes images by a hidden taste, relative to what was shown lately, and errs at times."""

    def __init__(self, taste: str, prompt: str, rng: np.random.Generator) -> None:
        self.prompt = prompt
        self._rng = rng
        self._shown: list[float] = []
        bent = CURVED_TASTES.get(taste)
        self._feature = TASTES[taste] if bent is None else bent.feature
        features = np.array([self._feature(image) for image in prior_images(prompt)])
        self._bent, self._centre, self._spread = bent, float(features.mean()), float(features.std())
        prior = [self._value(feature) for feature in features]
        self._mean, self._sd = float(np.mean(prior)), float(np.std(prior))

    def likes(self, z: Latent) -> float:
        """In standard deviations above the prior mean."""
        return (self._value(self._feature(decoded(z, self.prompt))) - self._mean) / self._sd

    def label(self, z: Latent) -> int:
        self._shown.append(self.likes(z))
        good = self._shown[-1] > np.percentile(self._shown[-MEMORY:], PERCENTILE)
        return 1 if good != (self._rng.random() < FLIPPED) else -1

    def _value(self, feature: float) -> float:
        return feature if self._bent is None else self._bent.of((feature - self._centre) / self._spread)


@cache
def prior_images(prompt: str) -> list[Pixels]:
    """What the prior shows under a prompt: the same images whatever the taste, decoded once a process."""
    draws = np.random.default_rng(99)
    return [decoded(latents.prior(latents.grid_shape(SIZE), draws), prompt) for _ in range(PRIOR_DRAWS)]


def decoded(z: Latent, prompt: str) -> Pixels:
    image = ProceduralDecoder().decode(z[None], prompt, {"size": SIZE}, context=SILENT)[0]
    return np.asarray(image / np.float32(255), np.float32)


class Learner:
    """The app's own proposers and Ridge, without lanes and disk."""

    def __init__(self, proposer: str, prompt: str, shape: tuple[int, ...], rng: np.random.Generator) -> None:
        self._proposer = proposer
        self._shape = shape
        self._rng = rng
        self._anchor = latents.anchor(prompt, shape)
        self._pool = TrainingSet(int(np.prod(shape)), latents.projection(shape))
        self._ridge = RidgeModel(Gram(), latents.projection(shape))
        self._fit: RidgeFit | None = None

    @property
    def shown(self) -> NDArray[np.float32]:
        """Features of the last images that were judged."""
        rows = self._pool.snapshot()
        last: NDArray[np.float32] = rows.features[rows.index[-LAST_SHOWN:]]
        return last

    def batch(self, count: int) -> list[Latent]:
        """Proposals, each made knowing those that wait before it."""
        batch: list[Latent] = []
        for _ in range(count):
            pending = latents.features(np.stack(batch)) if batch else None
            batch.append(self._propose(pending))
        return batch

    def learn(self, batch: list[Latent], labels: list[int]) -> None:
        for z, label in zip(batch, labels, strict=True):
            self._pool.add(str(len(self._pool)), latents.features(z[None])[0], label)
        rows = self._pool.snapshot()
        if len(set(rows.y)) == 2:
            self._fit = self._ridge.refit(rows.features, rows.index, rows.y, points=rows.points)

    def _propose(self, pending: NDArray[np.float32] | None) -> Latent:
        if self._proposer == CLASSIC:
            return self._classic()
        guide = ProposalContext(None, self._fit, self._anchor, pending, self.shown)
        return propose(ProposerSettings(self._proposer), self._shape, guide, self._rng).z

    def _classic(self) -> Latent:
        direction = self._rng.standard_normal(self._shape, dtype=np.float32)
        direction /= np.linalg.norm(direction)
        sign = 1.0
        if self._fit is not None:
            sign = float(np.sign(self._fit.w @ latents.features(direction[None])[0]))
        return np.asarray(self._anchor + 0.8 * sign * direction, np.float32)


def draw(figures: dict[str, float], proposers: tuple[str, ...], path: Path) -> None:
    """Mean taste against labels, one line per proposer, with standard errors."""
    import plotly.graph_objects as go

    figure = go.Figure()
    for proposer in proposers:
        name = "default" if proposer == DEFAULT else proposer
        marks = [mark for mark in MARKS if f"{name}_mean_at_{mark}" in figures]
        figure.add_scatter(
            x=marks,
            y=[figures[f"{name}_mean_at_{mark}"] for mark in marks],
            error_y={"array": [figures[f"{name}_se_at_{mark}"] for mark in marks]},
            name=proposer,
        )
    figure.update_layout(
        xaxis_title="labels",
        yaxis_title="hidden taste of proposals, sd above the prior mean",
        template="simple_white",
    )
    figure.write_html(path)


if __name__ == "__main__":
    main()
