"""What is remembered of a training for its rules: the numbers of its last steps, and a few of all steps."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from ipo.inspector.findings.measures import FeatureMeasures, ParameterMeasures, StepMeasures

WINDOW = 256  # steps


@dataclass
class TrainingRecord:
    """Bounded by `WINDOW` steps, but for a loss and a digest of 8 bytes for each step."""

    steps: list[StepMeasures] = field(default_factory=list)  # the last ones
    losses: list[float] = field(default_factory=list)  # of all steps that were looked at
    digests: list[int | None] = field(default_factory=list)  # of the batches of all steps
    held_out: frozenset[int] = frozenset()  # digests of rows that are not to be trained on
    trained_held_out: set[int] = field(default_factory=set)  # those of them that were

    @property
    def now(self) -> StepMeasures:
        return self.steps[-1]

    def add(self, measures: StepMeasures) -> None:
        self.steps.append(measures)
        del self.steps[:-WINDOW]
        self.losses.append(measures.loss)
        self.digests.append(None if measures.batch is None else measures.batch.digest)
        self._note_held_out([measures])

    def note_held_out(self, digests: Iterable[int]) -> None:
        """Rows of an evaluation, which no step is to train on."""
        self.held_out = self.held_out | frozenset(digests)
        self._note_held_out(self.steps)

    def forget_after(self, step: int) -> None:
        """As if the steps after `step` had not been."""
        first = self.now.step + 1 - len(self.losses) if self.steps else 0
        kept = max(0, step + 1 - first)
        del self.losses[kept:], self.digests[kept:]
        self.steps = [one for one in self.steps if one.step <= step]
        if not self.steps:  # the window is behind: what rules compare would have a hole
            self.losses, self.digests = [], []
        self.trained_held_out = set()
        self._note_held_out(self.steps)

    def last(self, count: float) -> list[StepMeasures]:
        """The last steps, as many of them as there are."""
        return self.steps[-int(count) :]

    def parameter(self, key: str, count: float) -> list[ParameterMeasures]:
        """A parameter in the last steps, as far as they have it."""
        steps = self.last(count)
        return [one for step in steps if (one := step.parameter_by_key.get(key)) is not None]

    def median(
        self, key: str, count: float, read: Callable[[ParameterMeasures], float | None]
    ) -> float | None:
        """Of what is read of a parameter in the last steps; `None` where it is missing in half of them."""
        values = [value for one in self.parameter(key, count) if (value := read(one)) is not None]
        return float(np.median(values)) if 2 * len(values) > min(count, len(self.steps)) else None

    @property
    def features(self) -> tuple[FeatureMeasures, ...]:
        """Of this step; they are not measured at each."""
        return self.now.features

    @property
    def first_loss(self) -> float | None:
        """The median of the first ten finite losses."""
        finite = [loss for loss in self.losses[:10] if np.isfinite(loss)]
        return float(np.median(finite)) if finite else None

    def _note_held_out(self, steps: Iterable[StepMeasures]) -> None:
        if not self.held_out:
            return
        for one in steps:
            if one.batch is not None and one.batch.digests is not None:
                self.trained_held_out |= self.held_out & set(one.batch.digests.tolist())
