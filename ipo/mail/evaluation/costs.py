"""The operating point by what mistakes cost, and which mails to ask about.

With a calibrated p, calling a mail spam costs (1 − p)·c_lost on average and letting it pass p·c_passed: the
threshold is c_lost / (c_lost + c_passed) (Elkan 2001). It is looked for on *tune* among the decisions that
mails there allow; *test* says what it costs. Between two thresholds a mail is left to the reader (Chow
1970).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ipo.mail.evaluation.metrics import Metric, Resamples

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

LOWEST, HIGHEST, STEP = 0.01, 0.99, 0.01
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Costs:
    """In any unit; only their ratio decides."""

    lost_good: float  # a good mail that lands among the spam
    passed_spam: float  # a spam that lands among the good
    asked: float = 0.1  # a mail that the reader is asked about

    def __post_init__(self) -> None:
        if min(self.lost_good, self.passed_spam) <= 0 or self.asked < 0:
            raise ValueError("A mistake costs more than 0, and a question at least 0.")

    @property
    def balance(self) -> float:
        """The threshold that a calibrated probability asks for."""
        return self.lost_good / (self.lost_good + self.passed_spam)


@dataclass(frozen=True, eq=False)
class CostCurve:
    """Mean cost of a mail by threshold."""

    thresholds: Floats  # (t,)
    costs: Floats  # (t,)
    threshold: float  # what `choose_threshold` takes


@dataclass(frozen=True, eq=False)
class CoverageCurve:
    """Mistakes among the mails that are decided, the surest first."""

    coverage: Floats  # (n,) share of mails that are decided
    error: Floats  # (n,) share of wrong decisions among them


@dataclass(frozen=True)
class AskMe:
    """Mails with `low < p < high` are left to the reader."""

    low: float
    high: float


def choose_threshold(spam: Flags, probability: Floats, costs: Costs) -> CostCurve:
    """The threshold for `n` mails of *tune*; with none the balance of costs.

    Of all that cost no more than the cheapest and one standard error, the one nearest to the balance: a curve
    that is flat and noisy has its lowest point anywhere.
    """
    thresholds = np.round(np.linspace(LOWEST, HIGHEST, round((HIGHEST - LOWEST) / STEP) + 1), 2)
    if not len(spam):
        return CostCurve(thresholds, np.full(len(thresholds), np.nan), costs.balance)
    each = np.array([mail_costs(spam, probability >= threshold, costs) for threshold in thresholds])
    mean = each.mean(1)
    cheapest = each[mean.argmin()]
    tolerance = cheapest.std() / np.sqrt(len(spam))
    good = np.flatnonzero(mean <= mean.min() + tolerance + _ROUNDING)
    best = min(good, key=lambda place: abs(thresholds[place] - costs.balance))
    return CostCurve(thresholds, mean, float(thresholds[best]))


def mail_costs(spam: Flags, decision: Flags, costs: Costs) -> Floats:
    """What each decision cost, `(n,)`."""
    return costs.lost_good * (decision & ~spam) + costs.passed_spam * (spam & ~decision)


def expected_cost(spam: Flags, decision: Flags, costs: Costs, resamples: Resamples) -> Metric:
    """Mean cost of a mail of *test*."""
    each = mail_costs(spam, decision, costs)
    return resamples.metric(lambda weights: weights @ each / np.maximum(weights.sum(1), 1e-12))


def ask_me(costs: Costs) -> AskMe:
    """The mails for which asking is cheaper than either decision; none where asking costs too much."""
    low, high = costs.asked / costs.passed_spam, 1 - costs.asked / costs.lost_good
    return AskMe(low, high) if low < high else AskMe(costs.balance, costs.balance)


def expected_cost_asking(
    spam: Flags, probability: Floats, region: AskMe, costs: Costs, resamples: Resamples
) -> Metric:
    """Mean cost of a mail where those in the region are asked about."""
    asked = (probability > region.low) & (probability < region.high)
    decided = mail_costs(spam, probability >= region.high, costs)
    each = np.where(asked, costs.asked, decided)
    return resamples.metric(lambda weights: weights @ each / np.maximum(weights.sum(1), 1e-12))


def coverage_curve(spam: Flags, probability: Floats, threshold: float) -> CoverageCurve:
    """Mails ordered by how far their probability is from the threshold, in logits; ties as they come."""
    clipped = np.clip(probability, 1e-9, 1 - 1e-9)
    distance = np.abs(np.log(clipped / (1 - clipped)) - np.log(threshold / (1 - threshold)))
    order = np.argsort(-distance, kind="stable")
    wrong = ((probability >= threshold) != spam)[order]
    counts = np.arange(1, len(order) + 1)
    return CoverageCurve(counts / max(1, len(order)), np.cumsum(wrong) / counts)
