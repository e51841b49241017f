"""What a page shows of a strategy: the images to label next, and a score of every candidate."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ipo.digits.acquisition.candidate_scores import score_bytes, score_candidates
from ipo.digits.acquisition.pool import Rows, suggestion_pool
from ipo.digits.acquisition.strategies import Strategy, Suggestion, default_strategy, suggest
from ipo.digits.labels.store import NONE, Values
from ipo.digits.predictions import Predictions
from ipo.jobs import SILENT, Progress


@dataclass(frozen=True, eq=False)
class Ranking:
    """By one state of the model and the labels."""

    strategy: Strategy
    why: str  # this strategy, in a sentence
    suggestions: list[Suggestion]  # the first one first
    scores: NDArray[np.uint8]  # (n,), 0 for what is no candidate


def rank(
    predictions: Predictions,
    codes: Values,
    held_out: Rows,
    strategy: Strategy | None,
    count: int,
    seed: int,
    progress: Progress = SILENT,
) -> Ranking:
    """Up to `count` suggestions, by the default strategy for `None`.

    `codes` `(n,)` are labels, or below for images that nobody is to be asked about. What the model says
    nothing of is not suggested. Raises `Cancelled`.
    """
    labels = np.maximum(codes, NONE)
    chosen, why = default_strategy(labels, predictions.probabilities.shape[1])
    if strategy is not None:
        chosen, why = strategy, "You chose it."
    pool = suggestion_pool(predictions, codes, held_out)
    pool = replace(pool, allowed=pool.allowed & np.isfinite(predictions.probabilities).all(1))
    rng = np.random.default_rng([seed, predictions.step, int(np.count_nonzero(labels != NONE))])
    progress.check()
    suggestions = suggest(chosen, pool, count, rng)
    progress.check()
    return Ranking(chosen, why, suggestions, score_bytes(pool, score_candidates(chosen, pool, rng)))
