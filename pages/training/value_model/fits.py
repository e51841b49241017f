"""How far the values can be trusted, and how the fits went."""

import streamlit as st

from ipo.keys import Keys
from ipo.preference.analysis.disagreement import calibrated
from ipo.preference.session import PreferenceSession
from ipo.preference.state import NAMES, RIDGE
from ipo.ui.components.plot.component import plot
from ipo.ui.figures.calibration import calibration_figure
from ipo.ui.figures.history import history_figure
from ipo.ui.glossary import JUDGING, explain
from ipo.ui.panels import heading, panel, placeholder, table
from ipo.ui.text import clock
from ipo.value.status import FitRecord

LAST = 6  # fits in the table
WHY_CALIBRATION = (
    "Whether values mean what they say. Rows are sorted by the value that a Ridge fit without them "
    "predicts, and "
    "grouped in bins of about equal size. Each point is the share of Good in a bin, with its 95 % "
    "interval (Wilson). "
    "Points on the dashed line are as good as predicted: a value v there means a share of (1 + v)/2."
)
WHY_HISTORY = (
    "Held-out accuracy of each Ridge fit (five folds, in closed form) with its 95 % interval, against the "
    "generation of labels that it has seen. The sidebar calls the last one train score.\n\n"
    + explain(JUDGING, "generation", "train score")
)
WHY_FITS = "The last fits in use, newest first. λ is relative; XGBoost has none.\n\n" + explain(
    JUDGING, "generation", "relative λ"
)


@panel("The calibration")
def draw_calibration(session: PreferenceSession) -> None:
    """Values against the share of Good."""
    heading("Calibration", WHY_CALIBRATION)
    found = calibrated(session.state.snapshot(), session.state.held_out)
    if found is None:
        placeholder("Whether values mean what they say. Label at least one image Good and one Bad.")
        return
    plot(calibration_figure(found), key=Keys.VALUE_MODEL_CALIBRATION)


@panel("The history of held-out accuracy")
def draw_history(session: PreferenceSession) -> None:
    """Held-out accuracy from fit to fit."""
    heading("Held-out accuracy, fit by fit", WHY_HISTORY)
    scored = [(fit, fit.score) for fit in _history(session) if fit.model == RIDGE and fit.score is not None]
    if not scored:
        placeholder("How accuracy grows from fit to fit. Label at least two images Good and two Bad.")
        return
    generations, rows = [fit.generation for fit, _ in scored], [fit.rows for fit, _ in scored]
    plot(history_figure(generations, rows, [score for _, score in scored]), key=Keys.VALUE_MODEL_HISTORY)


@panel("The list of the last fits")
def draw_fits(session: PreferenceSession) -> None:
    """A compact table of the last fits."""
    heading("Last fits", WHY_FITS)
    last = _history(session)[: -LAST - 1 : -1]
    if not last:
        st.caption("No fit yet.")
        return
    table(("model", "time", "rows", "λ", "held-out accuracy", "ms"), [_line(fit) for fit in last])


def _history(session: PreferenceSession) -> list[FitRecord]:
    with session.state.w_lock:
        return list(session.state.history)


def _line(fit: FitRecord) -> tuple[str, ...]:
    score, relative = fit.score, fit.relative_lambda
    return (
        NAMES[fit.model],
        clock(fit.ended_at),
        str(fit.rows),
        "–" if relative is None else f"{relative:.3g}",
        "–" if score is None else str(score.accuracy),
        f"{1000 * fit.seconds:.0f}",
    )
