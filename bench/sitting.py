"""A scripted judge with a hidden taste before the app's own proposers and Ridge, without lanes and disk."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from bench.tastes import CONTENT_TASTES, CURVED_TASTES, TASTES, Pixels, efficientnet
from ipo.decoders.procedural.decoder import ProceduralDecoder
from ipo.jobs import SILENT
from ipo.preference import latents
from ipo.preference.latents import Latent
from ipo.preference.proposals.proposers import (
    LAST_SHOWN,
    ProposalContext,
    ProposerSettings,
    propose,
    propose_several,
)
from ipo.preference.proposals.rank_images import PROPOSALS, best_looking
from ipo.preference.state import ModelParams
from ipo.preference.training_set import TrainingSet
from ipo.value.gram import Gram
from ipo.value.ridge import RidgeFit
from ipo.value.ridge_model import RidgeModel
from ipo.value.two_kernels import LATENT, TwoKernelFit, fit_two_kernels

CLASSIC = "classic"
SIZE = 224
PROMPTS = ("misty harbour at dawn", "coral reef at night", "paper lanterns over water")
MARKS = (20, 50, 100, 200)
AT_ONCE, MEASURED, PRIOR_DRAWS = 4, 16, 200
PERCENTILE, MEMORY, FLIPPED = 60, 24, 0.1
ALL_TASTES = (*TASTES, *CURVED_TASTES, *CONTENT_TASTES)


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
    features: str = LATENT  # that values are learnt from
    kernel: str = ModelParams().kernel  # of the latents


def sit(sitting: Sitting) -> dict[int, Reached]:
    """What was reached, by number of labels."""
    with threadpool_limits(1):
        return dict(_sit(sitting))


def _sit(sitting: Sitting) -> Iterator[tuple[int, Reached]]:
    rng = np.random.default_rng([sitting.seed, ALL_TASTES.index(sitting.taste)])
    judge = Judge(sitting.taste, PROMPTS[sitting.seed % len(PROMPTS)], rng)
    shape = latents.grid_shape(SIZE)
    learner = Learner(sitting, judge.prompt, shape, rng)
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
        self._feature = {**TASTES, **CONTENT_TASTES}[taste] if bent is None else bent.feature
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
    return np.asarray(image_of(z, prompt) / np.float32(255), np.float32)


def image_of(z: Latent, prompt: str) -> NDArray[np.uint8]:
    return ProceduralDecoder().decode(z[None], prompt, {"size": SIZE}, context=SILENT)[0]


class Learner:
    """The app's own proposers and Ridge, without lanes and disk."""

    def __init__(
        self, sitting: Sitting, prompt: str, shape: tuple[int, ...], rng: np.random.Generator
    ) -> None:
        self._sitting, self._prompt = sitting, prompt
        self._shape = shape
        self._rng = rng
        self._anchor = latents.anchor(prompt, shape)
        self._pool = TrainingSet(int(np.prod(shape)), latents.projection(shape))
        self._ridge = RidgeModel(Gram(), latents.projection(shape))
        self._fit: RidgeFit | None = None
        self._embeddings: list[NDArray[np.float32]] = []  # of what was judged
        self._by_image: TwoKernelFit | None = None

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
        features = self._sitting.features
        if features != LATENT:
            self._embeddings.extend(self._embedded(batch))
        if len(set(rows.y)) == 2:
            self._fit = self._ridge.refit(
                rows.features, rows.index, rows.y, points=rows.points, shape=self._sitting.kernel
            )
            if features != LATENT:
                known = np.stack(self._embeddings)[self._fit.places]
                self._by_image = fit_two_kernels(self._fit, self._ridge.gram, known, features)

    def _propose(self, pending: NDArray[np.float32] | None) -> Latent:
        if self._sitting.proposer == CLASSIC:
            return self._classic()
        how = ProposerSettings(self._sitting.proposer)
        guide = ProposalContext(None, self._fit, self._anchor, pending, self.shown)
        if self._by_image is None:
            return propose(how, self._shape, guide, self._rng).z
        proposals = propose_several(how, self._shape, guide, self._rng, PROPOSALS)
        looks = self._embedded([proposed.z for proposed in proposals])
        return proposals[best_looking(how, proposals, looks, self._by_image, self._rng)].z

    def _embedded(self, zs: list[Latent]) -> NDArray[np.float32]:
        return efficientnet().embed(np.stack([image_of(z, self._prompt) for z in zs]))

    def _classic(self) -> Latent:
        direction = self._rng.standard_normal(self._shape, dtype=np.float32)
        direction /= np.linalg.norm(direction)
        sign = 1.0
        if self._fit is not None:
            sign = float(np.sign(self._fit.w @ latents.features(direction[None])[0]))
        return np.asarray(self._anchor + 0.8 * sign * direction, np.float32)
