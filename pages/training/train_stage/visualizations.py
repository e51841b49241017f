"""Finished charts of this page: each draws itself from a run."""

import numpy as np
import streamlit as st

from ipo.keys import Keys
from ipo.mail.evaluation.costs import CostCurve, CoverageCurve
from ipo.mail.evaluation.metrics import reliability
from ipo.mail.mails import MailSet
from ipo.mail.model.calibration import SigmoidCalibration
from ipo.mail.training.run import TEST, TrainRun
from ipo.ui.components.plot.component import plot
from ipo.ui.figures.mail_calibration import reliability_figure
from ipo.ui.figures.mail_probabilities import band_figure, margin_figure
from ipo.ui.figures.mail_thresholds import center_figure, cost_figure, coverage_figure
from pages.training.train_stage import callbacks
from pages.training.train_stage.helpers import meaning_map
from pages.training.train_stage.helpers.guardrail import GatePreview

FRAME = 252  # px, of a frame of the storyboard
CHART = 260
MAP = 520
PREVIEW = 84


def draw_gate_preview(run: TrainRun, gate: GatePreview) -> None:
    """The band over the probabilities of the run."""
    p_text = run.scores.p_text[run.mails.places(TEST)]
    figure = band_figure(p_text, gate.center, gate.band, gate.threshold, PREVIEW)
    plot(figure, key=f"{Keys.TRAIN_STAGE_CHART}_gate")


def draw_calibration(run: TrainRun) -> None:
    """Before and after calibration, on the test part."""
    test = run.mails.places(TEST)
    before = SigmoidCalibration().probability(run.scores.text_logit[test])
    spam = run.mails.spam[test]
    figure = reliability_figure(reliability(spam, before), reliability(spam, run.scores.p_text[test]), CHART)
    plot(figure, key=f"{Keys.TRAIN_STAGE_CHART}_calibration")


def draw_map_frame(run: TrainRun, mails: MailSet | None) -> None:
    """The first frame of the story: where the mails lie."""
    plot(meaning_map.build_overview(run, mails, FRAME), key=f"{Keys.TRAIN_STAGE_CHART}_frame")


def draw_zoom_frame(run: TrainRun, mails: MailSet | None) -> None:
    """The second frame: where the line runs."""
    plot(meaning_map.build_zoom(run, mails, FRAME), key=f"{Keys.TRAIN_STAGE_CHART}_zoom")


def draw_meaning_map(run: TrainRun, mails: MailSet | None, projection: meaning_map.AnyProjection) -> None:
    """The map with what is switched on; a click chooses a mail."""
    flags = st.session_state

    def choose(x: float, y: float) -> None:
        callbacks.choose_mail(meaning_map.mail_at(run, projection, x, y))

    figure = meaning_map.build_map(run, mails, projection, flags, MAP)
    plot(figure, key=Keys.MEANING_MAP, on_click=choose)


def draw_margins(run: TrainRun) -> None:
    """How far the mails of the test part lie from the decision."""
    test = run.mails.places(TEST)
    decision = run.model.calibration.logit_at(run.model.threshold)
    if not np.isfinite(decision):
        st.caption("No probability by text reaches the threshold, or all do.")
        return
    logits = run.scores.text_logit[test] - decision
    plot(margin_figure(logits, run.mails.spam[test], CHART), key=f"{Keys.TRAIN_STAGE_CHART}_margins")


def draw_center_curve(run: TrainRun) -> None:
    """What each centre of the gate would have gained on the tune part."""
    plot(center_figure(run.center, CHART), key=f"{Keys.TRAIN_STAGE_CHART}_centers")


def draw_costs(curve: CostCurve, in_use: float) -> None:
    """Cost by threshold on the tune part."""
    plot(cost_figure(curve, in_use, CHART), key=f"{Keys.TRAIN_STAGE_CHART}_costs")


def draw_coverage(curve: CoverageCurve, coverage: float) -> None:
    """Mistakes among what is decided, by how much that is."""
    plot(coverage_figure(curve, coverage, CHART), key=f"{Keys.TRAIN_STAGE_CHART}_coverage")
