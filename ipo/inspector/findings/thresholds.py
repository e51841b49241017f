"""Every number that a rule compares with: what it means, and where it is from.

`docs/findings.md` lists the same table. *Tuned* are numbers for which no source gives one: chosen on
`bench.findings`, seeds 0–2, between its broken and its healthy trainings, and are measured on other seeds.
"""

from collections.abc import Mapping
from types import MappingProxyType

AUTOTRAINER = "AutoTrainer, ICSE 2021"
DEBUGGER = "SageMaker Debugger"
KARPATHY = "CS231n notes, ratio of updates to weights"
CONFIDENT = "after Confident learning, JAIR 2021"
COCKPIT = "after Cockpit, NeurIPS 2021"
DEEPCHECKER = "after TheDeepChecker, TOSEM 2023"
SPECTRUM = "after Roy & Vetterli, EUSIPCO 2007"
TUNED = "tuned"


class Threshold(float):
    """A number with what it means and its source."""

    says: str
    source: str

    def __new__(cls, value: float, says: str, source: str) -> "Threshold":
        made = super().__new__(cls, value)
        made.says, made.source = says, source
        return made


class Limits:
    """By name; the first word is that of the rule."""

    vanishing_ratio = Threshold(1e-3, "gradient of an early layer over that of the last", AUTOTRAINER)
    exploding_ratio = Threshold(70, "gradient at the first layer's output over that at the last", AUTOTRAINER)
    exploding_growth = Threshold(100, "length of the gradient over that of the first steps", TUNED)
    dead_share = Threshold(0.5, "of a layer's units that no batch of the window wakes", DEBUGGER)
    dead_few_share = Threshold(0.1, "of the units, from which on a note says so", TUNED)
    dead_batches = Threshold(20, "batches that a unit must be silent for", TUNED)
    saturated_share = Threshold(0.5, "of a layer's units that are saturated", DEBUGGER)
    saturated_slope = Threshold(1e-3, "of the activation, below which a unit is saturated", DEEPCHECKER)
    update_large = Threshold(0.1, "update over weight, a hundred times the usual 1e-3", KARPATHY)
    update_small = Threshold(1e-6, "update over weight, a thousandth of the usual 1e-3", KARPATHY)
    update_warm_up = Threshold(20, "steps before updates are judged", TUNED)
    slow_update = Threshold(1e-4, "update over weight, a tenth of the usual 1e-3", KARPATHY)
    slow_decrease = Threshold(0.01, "of the loss, which it should have lost since it began", AUTOTRAINER)
    slow_steps = Threshold(100, "steps before a loss is called one that does not fall", TUNED)
    uphill_cosine = Threshold(-0.1, "of update and descent, below which steps lead uphill", COCKPIT)
    uphill_steps = Threshold(20, "steps in a row that lead uphill", TUNED)
    oscillating_swing = Threshold(0.2, "swing of the loss from step to step over the first loss", AUTOTRAINER)
    oscillating_share = Threshold(0.3, "of the steps that turn the loss around, at least", TUNED)
    oscillating_turns = Threshold(-0.2, "mean cosine of an update and the one before", COCKPIT)
    oscillating_steps = Threshold(40, "steps that are looked at", TUNED)
    spike_deviations = Threshold(6, "robust standard deviations above the median of the window", TUNED)
    spike_ratio = Threshold(2, "loss over the median of the window", TUNED)
    spike_share = Threshold(0.25, "of the first loss, from which on a spike is more than a note", TUNED)
    spike_window = Threshold(30, "steps that a spike stands out from", TUNED)
    twin_cosine = Threshold(0.999, "of the weights of two units", DEEPCHECKER)
    twin_share = Threshold(0.5, "of a layer's units that have a twin", TUNED)
    twin_few_share = Threshold(0.1, "of the units, from which on a note says so", TUNED)
    rank_floor = Threshold(1.5, "effective rank of a layer's outputs over the batch", SPECTRUM)
    label_confidence = Threshold(0.5, "probability of another class than the label", CONFIDENT)
    label_given = Threshold(0.1, "probability of the label, below which the model contradicts it", TUNED)
    label_share = Threshold(0.04, "of the window's labels that the model contradicts", TUNED)
    label_accuracy = Threshold(0.6, "on the window, below which the model judges no label", AUTOTRAINER)
    label_batches = Threshold(20, "batches of the window", TUNED)
    sorted_entropy = Threshold(0.6, "entropy of a batch's labels over what shuffled ones have", TUNED)
    sorted_batches = Threshold(10, "batches that are looked at", TUNED)
    repeat_batches = Threshold(5, "batches in a row that come again in the same order", TUNED)
    leak_share = Threshold(0.01, "of the held-out rows that were trained on", TUNED)
    drift_turns = Threshold(-0.2, "mean cosine of two moves of the running means: −½ momentum", TUNED)
    drift_shift = Threshold(0.005, "standard deviations that they move by at a step, at least", TUNED)
    drift_steps = Threshold(20, "steps of the window", TUNED)
    schedule_steps = Threshold(50, "steps after which a scheduler should have been stepped", TUNED)
    unreached_steps = Threshold(10, "steps in a row without a gradient", DEBUGGER)


THRESHOLDS: Mapping[str, Threshold] = MappingProxyType(
    {name: value for name, value in vars(Limits).items() if isinstance(value, Threshold)}
)
