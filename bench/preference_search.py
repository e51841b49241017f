"""Pair mode's proposer on Ackley-6 and Hartmann-6, beside qEUBO in the same run, as qEUBO's runners set them.

Astudillo et al., AISTATS 2023: 24 initial pairs, drawn evenly from the box, then one pair at a time. Of a
pair the point is preferred whose value is higher after Gumbel noise (a logistic answer), of a scale that
errs about once in five pairs of good points. The peer is botorch's `PairwiseGP` with a logistic likelihood
and `qExpectedUtilityOfBestOption`, optimised with as many restarts and raw samples as there. Both see the
same initial pairs and answers. Regret is the optimum less the value at what the model holds for the best
point, after 20, 30 and 60 pairs: median over seeds. A proposal's seconds are those of the fit and of both
points. With `--quick` the peer makes one proposal, which tells its time alone. It needs the extra `bench`.

A point of the box becomes a latent as an image's coarse look does: six of its 24 entries, through the
normal distribution, are the point. The other 18 do nothing, and leave the six free to go where they like on
the shell ‖z‖ = √24, so that a prior draw is a point drawn almost evenly from the box. The curved part of
the kernel reads the six, as it reads 16 coarse coordinates of an image; the straight part and the proposer
know only the latent.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from botorch.acquisition.analytic import PosteriorMean
from botorch.acquisition.preference import qExpectedUtilityOfBestOption
from botorch.fit import fit_gpytorch_mll
from botorch.models.likelihoods.pairwise import PairwiseLogitLikelihood
from botorch.models.pairwise_gp import PairwiseGP, PairwiseLaplaceMarginalLogLikelihood
from botorch.optim.optimize import optimize_acqf
from botorch.sampling.normal import SobolQMCNormalSampler
from botorch.test_functions.synthetic import Ackley, Hartmann
from numpy.typing import NDArray
from scipy.special import ndtr

from bench.report import publish, quick
from ipo.preference.latents import Latent, features, prior
from ipo.preference.proposals.proposers import LAST_SHOWN, UCB, ProposalContext, ProposerSettings, propose
from ipo.preference.training_set import TrainingSet
from ipo.value.gram import Gram
from ipo.value.ridge import RidgeFit
from ipo.value.ridge_model import RidgeModel

Box = NDArray[np.float64]  # (n, 6) in 0…1

SIDES, ENTRIES = 6, 24
SHAPE = (ENTRIES, 1, 1)
INITIAL = 24  # pairs
MARKS = (20, 30, 60)  # pairs after these
RESTARTS, RAW_SAMPLES = 12, 360  # of the peer's acquisition function; three times as many of its best point
ASKED = 12  # proposals without exploration, of which the best is what ours holds for the best point


@dataclass(frozen=True)
class Problem:
    """A function to be maximised over the box, and the scale of the noise of an answer."""

    values: Callable[[Box], NDArray[np.float64]]
    optimum: float
    noise: float


def ackley(x: Box) -> NDArray[np.float64]:
    return -Ackley(dim=SIDES).evaluate_true(torch.as_tensor(4 * x - 2)).numpy()


def hartmann(x: Box) -> NDArray[np.float64]:
    return -Hartmann().evaluate_true(torch.as_tensor(x)).numpy()


PROBLEMS = {
    "ackley": Problem(ackley, 0.0, 0.1416),
    "hartmann": Problem(hartmann, 3.32237, 0.1619),
}


class Judge:
    """Prefers, of two points, the one with the higher value and noise."""

    def __init__(self, problem: Problem, rng: np.random.Generator) -> None:
        self._problem, self._rng = problem, rng

    def prefers(self, pair: Box) -> int:
        """The side, 0 or 1."""
        noise = self._rng.gumbel(0, self._problem.noise, 2)
        return int(np.argmax(self._problem.values(pair) + noise))


class Ours:
    """The app's own pairs, Ridge and proposer, without lanes and disk."""

    def __init__(self, zs: Sequence[Latent], answers: Sequence[int], rng: np.random.Generator) -> None:
        to_coordinates = np.zeros((ENTRIES, SIDES), np.float32)
        to_coordinates[:SIDES] = np.sqrt(ENTRIES) * np.eye(SIDES)
        self._rng = rng
        self._pool = TrainingSet(ENTRIES, to_coordinates)
        self._ridge = RidgeModel(Gram(), to_coordinates)
        self._shown: list[Latent] = []
        for pair, answer in zip(zip(zs[::2], zs[1::2], strict=True), answers, strict=True):
            self._add(list(pair), answer)
        self.fit = self._refit()

    def pair(self) -> list[Latent]:
        """Two proposals, the second made knowing the first."""
        first = self._propose(None)
        return [first, self._propose(features(first[None]))]

    def learn(self, pair: list[Latent], answer: int) -> None:
        self._add(pair, answer)
        self.fit = self._refit()

    def best(self) -> Latent:
        """What the model holds for the best, of what it would show and of what was shown."""
        greedy = ProposalContext(belief=self.fit)
        asked = [propose(ProposerSettings(UCB, 0), SHAPE, greedy, self._rng).z for _ in range(ASKED)]
        every = np.stack([*asked, *self._shown])
        best: Latent = every[int(np.argmax(self.fit.predict(features(every))))]
        return best

    def _propose(self, pending: NDArray[np.float32] | None) -> Latent:
        shown = features(np.stack(self._shown[-LAST_SHOWN:]))
        context = ProposalContext(belief=self.fit, pending=pending, shown=shown)
        return propose(ProposerSettings(), SHAPE, context, self._rng).z

    def _add(self, pair: list[Latent], answer: int) -> None:
        self._pool.add_pair(
            str(self._pool.count_pairs()), features(np.stack([pair[answer], pair[1 - answer]]))
        )
        self._shown += pair

    def _refit(self) -> RidgeFit:
        rows = self._pool.snapshot()
        ones, zeros = np.ones(len(rows.pairs), np.float32), np.zeros(len(rows.pairs))
        return self._ridge.refit(rows.features, rows.pairs, ones, None, zeros, rows.points)


class Peer:
    """botorch's preference model and acquisition function."""

    bounds = torch.tensor([[0.0] * SIDES, [1.0] * SIDES], dtype=torch.float64)

    def __init__(self, points: Box, answers: Sequence[int]) -> None:
        self._points = torch.as_tensor(points)
        self._preferred = [
            [2 * place + answer, 2 * place + 1 - answer] for place, answer in enumerate(answers)
        ]
        self._model = self._fitted()

    def pair(self) -> Box:
        sampler = SobolQMCNormalSampler(torch.Size([64]))
        best_option = qExpectedUtilityOfBestOption(self._model, sampler=sampler)
        return self._optimised(best_option, 2, RESTARTS, RAW_SAMPLES)

    def learn(self, pair: Box, answer: int) -> None:
        count = len(self._points)
        self._points = torch.cat([self._points, torch.as_tensor(pair)])
        self._preferred.append([count + answer, count + 1 - answer])
        self._model = self._fitted()

    def best(self) -> Box:
        return self._optimised(PosteriorMean(self._model), 1, 3 * RESTARTS, 3 * RAW_SAMPLES)

    def _fitted(self) -> PairwiseGP:
        model = PairwiseGP(self._points, torch.tensor(self._preferred), likelihood=PairwiseLogitLikelihood())
        fit_gpytorch_mll(PairwiseLaplaceMarginalLogLikelihood(model.likelihood, model))
        return model

    def _optimised(self, function: torch.nn.Module, q: int, restarts: int, raw: int) -> Box:
        found, _ = optimize_acqf(
            function, self.bounds, q, restarts, raw, options={"maxiter": 100, "batch_limit": 4}
        )
        return np.asarray(found.detach().numpy(), np.float64)


@dataclass(frozen=True)
class Search:
    """Regret by mark, and the seconds of each proposal."""

    regret: dict[int, float]
    seconds: list[float]


def main() -> None:
    short = quick()
    seeds, marks = (1, MARKS[:1]) if short else (6, MARKS)
    peers_pairs = 1 if short else marks[-1]  # it takes seconds for each
    figures: dict[str, float] = {}
    for name, problem in PROBLEMS.items():
        searches = {"ours": [ours(problem, seed, marks) for seed in range(seeds)]}
        searches["qeubo"] = [qeubo(problem, seed, marks, peers_pairs) for seed in range(seeds)]
        for who, found in searches.items():
            for mark in found[0].regret:
                figures[f"{name}_{who}_regret_at_{mark}"] = statistics.median(
                    one.regret[mark] for one in found
                )
            seconds = [second for one in found for second in one.seconds]
            figures[f"{name}_{who}_seconds"] = statistics.median(seconds)
        figures[f"{name}_seconds_ratio"] = figures[f"{name}_ours_seconds"] / figures[f"{name}_qeubo_seconds"]
    publish("preference_search", figures, quick=short)


def begun(problem: Problem, seed: int) -> tuple[list[Latent], list[int], Judge, np.random.Generator]:
    """Initial pairs, two latents each, their answers, and who goes on answering."""
    rng = np.random.default_rng(seed)
    judge = Judge(problem, rng)
    zs = [prior(SHAPE, rng) for _ in range(2 * INITIAL)]
    answers = [judge.prefers(box_of(zs[place : place + 2])) for place in range(0, 2 * INITIAL, 2)]
    return zs, answers, judge, rng


def box_of(zs: Sequence[Latent]) -> Box:
    """The points of the box that latents stand for."""
    return np.asarray(ndtr(np.stack(zs)[:, :SIDES, 0, 0].astype(np.float64)), np.float64)


def ours(problem: Problem, seed: int, marks: Sequence[int]) -> Search:
    zs, answers, judge, rng = begun(problem, seed)
    learner, search = Ours(zs, answers, rng), Search({}, [])
    for count in range(1, marks[-1] + 1):
        began = time.perf_counter()
        pair = learner.pair()
        seconds = time.perf_counter() - began
        answer = judge.prefers(box_of(pair))
        began = time.perf_counter()
        learner.learn(pair, answer)
        search.seconds.append(seconds + time.perf_counter() - began)
        if count in marks:
            search.regret[count] = problem.optimum - float(problem.values(box_of([learner.best()]))[0])
    return search


def qeubo(problem: Problem, seed: int, marks: Sequence[int], pairs: int) -> Search:
    """The peer, for at most so many pairs; regret at the marks among them."""
    zs, answers, judge, _ = begun(problem, seed)
    torch.manual_seed(seed)
    learner, search = Peer(box_of(zs), answers), Search({}, [])
    for count in range(1, pairs + 1):
        began = time.perf_counter()
        pair = learner.pair()
        seconds = time.perf_counter() - began
        answer = judge.prefers(pair)
        began = time.perf_counter()
        learner.learn(pair, answer)
        search.seconds.append(seconds + time.perf_counter() - began)
        if count in marks:
            search.regret[count] = problem.optimum - float(problem.values(learner.best())[0])
    return search


if __name__ == "__main__":
    main()
