"""All rules, causes before their effects: of two findings that are equally bad, the one above comes first."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from ipo.inspector.findings.finding import Finding
from ipo.inspector.findings.record import TrainingRecord
from ipo.inspector.findings.rules.data import leaked_rows, unshuffled_data
from ipo.inspector.findings.rules.features import rank_collapse, twin_features
from ipo.inspector.findings.rules.gradients import exploding_gradients, not_finite, vanishing_gradients
from ipo.inspector.findings.rules.labels import wrong_labels
from ipo.inspector.findings.rules.losses import loss_spike, oscillating_loss, slow_learning
from ipo.inspector.findings.rules.parameters import (
    frozen_parameters,
    unoptimized_parameters,
    unreached_parameters,
)
from ipo.inspector.findings.rules.training import drifting_statistics, idle_scheduler
from ipo.inspector.findings.rules.units import dead_units, saturated_units
from ipo.inspector.findings.rules.updates import large_updates, small_updates, wrong_loss_sign

Rule = Callable[[TrainingRecord], Iterator[Finding]]

_IN_ORDER: tuple[Rule, ...] = (
    wrong_loss_sign,
    leaked_rows,
    exploding_gradients,
    vanishing_gradients,
    dead_units,
    not_finite,
    unreached_parameters,
    unoptimized_parameters,
    unshuffled_data,
    wrong_labels,
    saturated_units,
    twin_features,
    rank_collapse,
    oscillating_loss,
    large_updates,
    drifting_statistics,
    idle_scheduler,
    slow_learning,
    small_updates,
    loss_spike,
    frozen_parameters,
)
RULES: Mapping[str, Rule] = MappingProxyType({rule.__name__: rule for rule in _IN_ORDER})
RANKS: Mapping[str, int] = MappingProxyType({name: rank for rank, name in enumerate(RULES)})
