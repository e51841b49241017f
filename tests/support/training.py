"""A state that is labelled without images, and the fits that follow."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from background import Background, Job, Lane
from ipo.preference.state import MODELS, PreferenceState
from ipo.value.status import FitState
from tests.support.lanes import drain
from value_model import train_and_record

D = 32


class Diary(PreferenceState):
    """A state that writes down the states its models go through."""

    def __init__(self) -> None:
        super().__init__(D)
        self.diary: dict[str, list[FitState]] = {model: [] for model in MODELS}

    def update_status(self, model: str, **changes: Any) -> None:
        super().update_status(model, **changes)
        state = self.train_status[model].state
        if self.diary[model][-1:] != [state]:
            self.diary[model].append(state)


class Labeller:
    """Adds rows whose label follows one direction of the features."""

    def __init__(self, state: PreferenceState) -> None:
        self.state = state
        self.rng = np.random.default_rng(5)
        self.taste = self.rng.standard_normal(D)
        self.given = 0

    def label(self, labels: Iterable[int]) -> list[str]:
        ids = []
        for label in labels:
            x = self.rng.standard_normal(D) + label * self.taste / 4
            ids.append(f"c{self.given}")
            self.given += 1
            with self.state.w_lock:
                self.state.pool.add(ids[-1], (x / np.sqrt(D)).astype(np.float32), label)
        return ids

    def label_nan(self) -> str:
        """A row that no model can be fitted to."""
        with self.state.w_lock:
            self.state.pool.add("nan", np.full(D, np.nan, np.float32), 1)
        return "nan"

    def remove(self, id_: str) -> None:
        with self.state.w_lock:
            self.state.pool.remove(id_)


def states(state: PreferenceState) -> set[FitState]:
    return {status.state for status in state.train_status.values()}


def fits(background: Background, lane: Lane = Lane.RIDGE) -> list[Job]:
    return [job for job in background.jobs(lane) if job.label.startswith("fit")]


def train(state: PreferenceState, background: Background) -> None:
    """Fit to the labels as they are and wait for it."""
    train_and_record(state, background)
    drain(background)


def marks(state: PreferenceState) -> dict[str, str]:
    return {model: state.fingerprint(model) for model in MODELS}
