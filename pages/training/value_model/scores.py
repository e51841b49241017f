"""The numbers at the top, and the last cross-validation of both models side by side."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ipo.keys import Keys
from ipo.preference.session import PreferenceSession
from ipo.preference.state import MODELS, NAMES, RIDGE
from ipo.proportions import percent
from ipo.ui.components.plot.component import plot
from ipo.ui.figures.scores import scores_figure
from ipo.ui.glossary import JUDGING, explain
from ipo.ui.judge_button import draw_judge_button
from ipo.ui.panels import heading, panel, placeholder
from ipo.ui.preference import selection
from ipo.ui.preference.cv_control import FEWEST, cv_control
from ipo.ui.runtime.process import workspace
from ipo.ui.text import clock, plain
from pages.training.value_model.versions import cv_job, stale_models
from value_model import request_cross_validation

CV_HEIGHT = 140
HELD_OUT = (
    "The share of rows whose label {name} predicts correctly while they are held out, with its 95 % "
    "interval, the rows of all five folds together: those of the last cross-validation, and of Ridge, which "
    "needs no second fit for it, those of its last fit where that is newer."
)
WHY = (
    "Both models on the same folds, with 95 % intervals. Dashed: the accuracy of always answering with "
    "the more "
    "frequent label, and an AUC of 0.5. People who judge the same image twice agree with themselves in about "
    "65–78 % of cases, so be suspicious of a model that does much better after a few dozen labels.\n\n"
    + explain(JUDGING, "cross-validation", "AUC", "majority")
)


@panel("The scores")
def draw_scores(session: PreferenceSession) -> None:
    """Four numbers, and the button that computes the first two."""
    status = session.state.train_status[RIDGE]
    if session.opened and session.state.belief is None and not (status.in_flight or status.error):
        _draw_without_fit()
    columns = [column.container(gap=None) for column in st.columns([1, 1, 0.8, 1, 1.2])]
    *accuracies, rows, last, control = columns
    for column, model in zip(accuracies, MODELS, strict=True):
        _accuracy(column, session, model)
    good, bad = session.state.counts()
    rows.metric("Rows", f"{good + bad:d}", help="Judged images of this session on disk.")
    rows.caption(f"{good:d} good · {bad:d} bad")
    _last_fit(last, session)
    with control:
        _control(session)


def _draw_without_fit() -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.info(
            "Nothing has been learnt yet. Judge at least one image Good and one Bad, and the panels below "
            "fill by themselves.",
            icon=":material/insights:",
        )
        draw_judge_button(Keys.VALUE_MODEL_JUDGE)


@panel("The cross-validation")
def draw_cross_validation(session: PreferenceSession) -> None:
    """Accuracy and AUC of both models."""
    cv = session.state.cv
    heading("Cross-validation of both models", WHY)
    if cv is None:
        placeholder("Accuracy and AUC of Ridge and XGBoost, once you have pressed Compute CV now.", CV_HEIGHT)
        return
    plot(scores_figure({NAMES[model]: score for model, score in cv.scores.items()}), key=Keys.VALUE_MODEL_CV)
    score = next(iter(cv.scores.values()))
    stale = " · :orange[stale]" if stale_models(session) else ""
    rows, majority = score.accuracy.trials, score.baseline
    when = f"{clock(cv.ended_at)} in {cv.seconds:.1f} s"
    st.caption(f"{rows:d} rows · majority {percent(majority)} · {cv.k:d}-fold · {when}{stale}")


def _accuracy(column: DeltaGenerator, session: PreferenceSession, model: str) -> None:
    cv, name = session.state.cv, NAMES[model]
    score = None if cv is None else cv.scores[model]
    fitted = session.state.train_status[model].score  # by the same folds, with each fit of Ridge
    if fitted is not None and (score is None or model in stale_models(session)):
        column.metric(
            f"{name}, held-out accuracy", fitted.accuracy.share_text, help=HELD_OUT.format(name=name)
        )
        column.caption(fitted.accuracy.interval_text)
        return
    column.metric(
        f"{name}, held-out accuracy",
        "n/a" if score is None else score.accuracy.share_text,
        help=HELD_OUT.format(name=name),
    )
    if cv is None or score is None:
        column.caption("Compute CV now tells")
    elif model in stale_models(session):
        column.caption(
            f"{score.accuracy.interval_text} · :orange[stale]",
            help=f"Rows, labels or settings of {name} have changed since.",
        )
    else:
        column.caption(score.accuracy.interval_text)


def _last_fit(column: DeltaGenerator, session: PreferenceSession) -> None:
    status = session.state.train_status[RIDGE]
    column.metric(
        "Last fit",
        "none yet" if status.ended_at is None else clock(status.ended_at),
        help="When the present Ridge model was fitted, to how many rows, and how long it took.",
    )
    if status.in_flight:
        column.caption("fitting now")
    elif status.error:
        column.caption(f":red[{plain(status.error)}]")
    elif status.rows:
        column.caption(f"{status.rows:d} rows in {1000 * (status.seconds or 0):.0f} ms")
    else:
        column.caption("one Good, one Bad to begin")


def _control(session: PreferenceSession) -> None:
    """The same job as on Preferences."""
    job = cv_job(session)
    compute, cancel = Keys.VALUE_MODEL_COMPUTE_CV, Keys.VALUE_MODEL_CANCEL_CV
    cv_control(session, job, compute=compute, cancel=cancel, on_click=_compute)
    if min(session.state.counts()) < FEWEST:
        st.caption("It needs two Good and two Bad.")


def _compute() -> None:
    session = selection.selected()
    if session is not None:
        request_cross_validation(session.state, workspace().background)
