"""How good decisions are, each number with a 95 % interval.

Proportions (accuracy, precision, recall) have Wilson's interval. The others are bootstrapped over groups of
near-duplicates (1,000 resamples, percentiles): mails that are nearly the same are no independent evidence.
A number that cannot be had, such as precision where nothing was called spam, is NaN.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ipo.proportions import Proportion

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

RESAMPLES = 1_000
ECE_BINS = 10
_PERCENTILES = (2.5, 97.5)


@dataclass(frozen=True)
class Metric:
    """A number and the interval that it lies in, 95 times of 100. NaN where there is none."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Resamples:
    """How often each mail is drawn, of each bootstrap sample: `(resamples, n)`; the first row is the data as
    they are.
    """

    weights: Floats

    def metric(self, statistic: Callable[[Floats], Floats]) -> Metric:
        """The interval of a statistic that maps weights `(r, n)` to `(r,)`."""
        values = statistic(self.weights)
        drawn = values[1:][np.isfinite(values[1:])]
        low, high = np.percentile(drawn, _PERCENTILES) if len(drawn) else (np.nan, np.nan)
        return Metric(float(values[0]), float(low), float(high))


def resample(groups: NDArray[np.int32], seed: int, count: int = RESAMPLES) -> Resamples:
    """Draw groups with replacement, as many as there are."""
    _, members = np.unique(groups, return_inverse=True)
    number = int(members.max(initial=-1)) + 1
    if not number:
        return Resamples(np.ones((1, 0)))
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(number, np.full(number, 1 / number), count)
    return Resamples(np.vstack([np.ones(len(groups)), drawn[:, members]]).astype(np.float64))


def evaluate(spam: Flags, probability: Floats, decision: Flags, resamples: Resamples) -> dict[str, Metric]:
    """All metrics of `n` mails: what they are, how probable that seemed, what was decided."""
    hits, called, actual = int((spam & decision).sum()), int(decision.sum()), int(spam.sum())
    return {
        "accuracy": proportion(int((spam == decision).sum()), len(spam)),
        "precision": proportion(hits, called),
        "recall": proportion(hits, actual),
        "f1": f1_metric(spam, decision, resamples),
        "roc_auc": resamples.metric(lambda weights: roc_auc(spam, probability, weights)),
        "pr_auc": resamples.metric(lambda weights: average_precision(spam, probability, weights)),
        "brier": resamples.metric(lambda weights: _mean(np.square(probability - spam), weights)),
        "ece": resamples.metric(lambda weights: expected_calibration_error(spam, probability, weights)),
    }


def proportion(successes: int, trials: int) -> Metric:
    """With Wilson's interval."""
    if not trials:
        return Metric(np.nan, np.nan, np.nan)
    found = Proportion(successes, trials)
    return Metric(found.share, *found.interval)


def f1_metric(spam: Flags, decision: Flags, resamples: Resamples) -> Metric:
    """F1 of `n` decisions.

    Where all samples have the same, as without any mistake, its interval is Wilson's of the proportion
    j = hits / (hits + mistakes): F1 = 2j / (1 + j).
    """
    found = resamples.metric(lambda weights: f1(spam, decision, weights))
    hits, mistakes = int((spam & decision).sum()), int((spam != decision).sum())
    if found.low != found.high or not hits + mistakes:
        return found
    share = proportion(hits, hits + mistakes)
    return Metric(found.value, *(2 * end / (1 + end) for end in (share.low, share.high)))


def confusion(spam: Flags, decision: Flags) -> NDArray[np.int64]:
    """`(2, 2)`: rows are what mails are (safe, spam), columns what was decided."""
    table = np.zeros((2, 2), np.int64)
    np.add.at(table, (spam.astype(int), decision.astype(int)), 1)
    return table


def f1(spam: Flags, decision: Flags, weights: Floats) -> Floats:
    """`(r,)`: 2·hits / (called + actual)."""
    return _ratio(2 * weights @ (spam & decision), weights @ decision.astype(float) + weights @ spam)


def roc_auc(spam: Flags, probability: Floats, weights: Floats) -> Floats:
    """`(r,)`: chance that a spam mail has a higher probability than a safe one; ties count half."""
    positives, negatives = _by_probability(spam, probability, weights)
    below = np.cumsum(negatives, axis=1) - negatives
    pairs = (positives * (below + negatives / 2)).sum(1)
    return _ratio(pairs, positives.sum(1) * negatives.sum(1))


def average_precision(spam: Flags, probability: Floats, weights: Floats) -> Floats:
    """`(r,)`: Σ (recall step) · precision from the highest probability down, as scikit-learn's."""
    positives, negatives = (table[:, ::-1] for table in _by_probability(spam, probability, weights))
    hits = np.cumsum(positives, axis=1)
    precision = _ratio(hits, hits + np.cumsum(negatives, axis=1))
    return _ratio((positives * np.nan_to_num(precision)).sum(1), hits[:, -1] if hits.size else weights.sum(1))


def expected_calibration_error(spam: Flags, probability: Floats, weights: Floats) -> Floats:
    """`(r,)`: Σ share · |mean probability − share of spam| over ten equal bins (Naeini et al. 2015)."""
    bins = np.minimum((probability * ECE_BINS).astype(int), ECE_BINS - 1)
    members = (bins[:, None] == np.arange(ECE_BINS)).astype(float)
    gaps = np.abs(weights @ (members * (probability - spam)[:, None])).sum(1)
    return _ratio(gaps, weights.sum(1))


@dataclass(frozen=True, eq=False)
class Reliability:
    """Share of spam by probability, in bins that have mails."""

    probability: Floats  # (b,) mean of the bin
    spam: NDArray[np.int64]  # (b,)
    mails: NDArray[np.int64]  # (b,)


def reliability(spam: Flags, probability: Floats) -> Reliability:
    """The calibration curve in ten bins of equal width."""
    bins = np.minimum((probability * ECE_BINS).astype(int), ECE_BINS - 1)
    mails = np.bincount(bins, minlength=ECE_BINS)
    sums = np.bincount(bins, probability, ECE_BINS)
    counts = np.bincount(bins, spam, ECE_BINS).astype(np.int64)
    filled = mails > 0
    return Reliability(sums[filled] / mails[filled], counts[filled], mails[filled])


def _by_probability(spam: Flags, probability: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Weight of spam and of safe mails at each different probability, rising: two of `(r, values)`."""
    order = np.argsort(probability, kind="stable")
    values = probability[order]
    if not len(values):
        return np.zeros((len(weights), 0)), np.zeros((len(weights), 0))
    starts = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))
    sorted_weights, sorted_spam = weights[:, order], spam[order]
    return (
        np.add.reduceat(sorted_weights * sorted_spam, starts, axis=1),
        np.add.reduceat(sorted_weights * ~sorted_spam, starts, axis=1),
    )


def _mean(values: Floats, weights: Floats) -> Floats:
    return _ratio(weights @ values, weights.sum(1))


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    """NaN where the denominator is 0."""
    ratio = np.full(np.shape(numerator), np.nan)
    np.divide(numerator, denominator, out=ratio, where=np.asarray(denominator) > 0)
    return ratio
