"""What the gate of the guardrail does to the mails of a run: the one of the run, and the one as edited."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ipo.mail.model.guardrail import GuardParams, in_band
from ipo.mail.training.params import TrainParams
from ipo.mail.training.run import TEST, TrainRun

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class GatePreview:
    """A gate over the probabilities of a run's test part."""

    center: float
    band: float
    threshold: float
    consulted: int
    mails: int


def preview_gate(run: TrainRun, params: TrainParams) -> GatePreview:
    """The gate as edited: how many mails would fall in its band, had the run had it."""
    guard = params.guard
    chosen_anew = guard.assist_center_mode == "auto"  # by the next training; until then it is the run's
    center = run.model.guard.assist_center if chosen_anew else guard.assist_center
    edited = GuardParams(assist_center=center, uncertainty_band=guard.uncertainty_band)
    p_text = run.scores.p_text[run.mails.places(TEST)]
    consulted = int(np.count_nonzero(in_band(p_text, edited)))
    return GatePreview(center, guard.uncertainty_band, params.threshold, consulted, len(p_text))


def borderline_rows(run: TrainRun, places: Rows) -> Rows:
    """Which of these mails the gate of the run is open for, as rows of `places`."""
    return np.flatnonzero(in_band(run.scores.p_text[places], run.model.guard))
