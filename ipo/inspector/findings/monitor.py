"""Looks at one step after the other and says what is wrong with the training; never touches it."""

import logging
from collections.abc import Iterable
from typing import Any

import numpy as np

from ipo.inspector.findings.log import FindingsLog, Held
from ipo.inspector.findings.measuring.batch import row_digests
from ipo.inspector.findings.measuring.step import TWINS, UNITS, StepBefore, measure
from ipo.inspector.findings.observed import ObservedStep, ObservedTraining, first_tensor
from ipo.inspector.findings.record import TrainingRecord
from ipo.inspector.findings.rules.table import RULES

logger = logging.getLogger(__name__)


class FindingsMonitor:
    """The findings of one training. One thread looks; what was found may be read by any."""

    def __init__(self, training: ObservedTraining) -> None:
        self.training: ObservedTraining | None = training  # another one where it was set up again
        self._record = TrainingRecord()
        self._before = StepBefore()
        self._log = FindingsLog()
        self.dismissed: frozenset[str] = frozenset()  # ids that nobody wants to see in this run
        self.failed = ""  # why the last step could not be looked at

    @property
    def held(self) -> tuple[Held, ...]:
        """What was found, worst first."""
        return self._log.held

    @property
    def looked(self) -> int:
        """Steps that were looked at without a gap, up to the latest."""
        return len(self._record.losses)

    @property
    def unseen(self) -> str:
        """What no rule could look for in the latest step, since tensors are not whole; empty if nothing."""
        if not self._record.steps:
            return ""
        missing = self._record.now.missing
        return " ".join(
            f"Not looked for: {what} ({missing[what]})." for what in (UNITS, TWINS) if what in missing
        )

    def dismiss(self, id_: str) -> None:
        """Have a finding out of sight for this run."""
        self.dismissed = self.dismissed | {id_}

    def restore(self) -> None:
        """Have all in sight again."""
        self.dismissed = frozenset()

    def look(self, step: ObservedStep) -> None:
        """Look at the step after the last one, unless closed. Never raises for what a user's tensors are."""
        if self.training is None:
            return
        try:
            with np.errstate(all="ignore"):
                measures, self._before = measure(step, self.training, self._before)
                self._record.add(measures)
                found = [finding for rule in RULES.values() for finding in rule(self._record)]
        except Exception as error:
            logger.warning("Step %d could not be looked at", step.index, exc_info=True)
            self.failed = f"Step {step.index} could not be looked at: {error or type(error).__name__}"
            self._record.forget_after(-1)  # rules compare steps that follow each other
            return
        self.failed = ""
        self._log.add(step.index, found)

    def note_held_out(self, inputs: Any) -> None:
        """Inputs of an evaluation: rows that no step is to train on."""
        tensor = first_tensor(inputs)
        if tensor is not None:
            self._record.note_held_out(row_digests(tensor).tolist())

    def forget_after(self, step: int) -> None:
        """As if the steps after `step` had not been."""
        self._before = StepBefore()
        self._record.forget_after(step)
        self._log.forget_after(step)

    def close(self) -> None:
        """Let go of the training and of all that was found."""
        self.forget_after(-1)
        self.training = None

    def adopt(self, held: Iterable[Held]) -> None:
        """Take over what was found of the same training before."""
        self._log.adopt(held)
