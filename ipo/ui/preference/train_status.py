"""The part of the sidebar that follows judging: numbers, cross-validation, fits, values along ŵ."""

from dataclasses import replace
from typing import Any

import streamlit as st

from background import Background, Lane
from ipo.keys import Keys
from ipo.preference.analysis.verdicts import last_verdicts
from ipo.preference.proposals.proposers import STEP_ANGLES, THOMPSON, UCB
from ipo.preference.session import PreferenceSession
from ipo.preference.state import MODELS, NAMES, RIDGE
from ipo.preference.storage.rows import GOOD
from ipo.proportions import percent
from ipo.ui.glossary import JUDGING, explain
from ipo.ui.html import Html, div, draw, span
from ipo.ui.preference import selection
from ipo.ui.preference.cv_control import cv_control
from ipo.ui.runtime.process import workspace
from ipo.ui.runtime.shared_values import on_choice, shared_value
from ipo.ui.text import clock, plain
from ipo.value.boosting import BoostParams
from ipo.value.status import CrossValidation, FitState, FitStatus
from value_model import request_cross_validation, train_and_record

STEPS_HELP = explain(JUDGING, "line", "anchor", "ŵ", "θ")
ALL_GOOD = (
    "Nearly all that you are shown is Good, so the model is sure and learns little. Nearer to *explore* it "
    "shows images that differ more and that it is less sure of."
)
ALL_BAD = (
    "Hardly anything that you are shown is Good, so the model cannot tell what you like. Nearer to "
    "*exploit* it stays with what you liked; another prompt may help too."
)
SAYS = {
    FitState.UNTRAINED: "Label at least one image Good and one Bad.",
    FitState.QUEUED: "Waiting to be fitted.",
    FitState.RUNNING: "Fitting now.",
    FitState.OK: "Up to date.",
    FitState.ERROR: "The last fit failed; the one before is in use.",
}


def render_train_status(session: PreferenceSession, numbers: bool) -> None:
    """All of it, top to bottom, or without the numbers."""
    background = workspace().background
    render_last_verdicts(session)
    if numbers:
        render_numbers(session)
        render_cross_validation(session, background)
    render_train_results(session, background)
    render_step_scores(session)


def train_status_version(session: PreferenceSession) -> Any:
    """Another one whenever something that is drawn may be another."""
    state = session.state
    fits = dict(state.train_status), state.cv, [state.fingerprint(model) for model in MODELS]
    settings = session.queue.proposing, state.params, state.cv_after_fit, dict(session.queue.steps)
    return fits, settings, state.counts(), state.pairs(), session.labels_per_minute()


def render_last_verdicts(session: PreferenceSession) -> None:
    """Always one line, right below the slider that a one-sided run asks to move."""
    last = last_verdicts(session.rows())
    if not last.judged:
        st.caption("Nothing judged yet")
        return
    says = f"{last.good:d} Good of the last {last.judged:d}"
    if last.one_sided is None:
        st.caption(says)
        return
    good = last.one_sided == GOOD
    moves = session.queue.proposing.how.proposer in (UCB, THOMPSON)
    remedy = f": {'explore' if good else 'exploit'} more?" if moves else ""
    st.caption(f":orange[{says}{remedy}]", help=ALL_GOOD if good else ALL_BAD)


def render_numbers(session: PreferenceSession) -> None:
    """Rows, labels and how well held-out rows are predicted."""
    good, bad = session.state.counts()
    status = session.state.train_status[RIDGE]
    score = status.score
    left, right = st.columns(2)
    left.metric("Dataset rows", f"{good + bad:d}", help="Judged images of this session on disk.")
    right.metric("Good / Bad", f"{good:d} / {bad:d}")
    pairs = session.state.pairs()  # shown without any too: nothing below may move when the first comes
    left.caption(rf"\+ {pairs:d} pair" if pairs == 1 else rf"\+ {pairs:d} pairs", help=JUDGING["pair"])
    left, right = st.columns(2)
    left.metric(
        "Train score",
        "n/a" if score is None else score.accuracy.share_text,
        help="Held-out accuracy of Ridge: the share of rows whose label it predicts while they are held out "
        "of its fit (five folds), with a 95 % interval. n/a until there are two Good and two Bad.",
    )
    rate = session.labels_per_minute()
    right.metric(
        "Labels / min",
        "–" if rate is None else f"{rate:d}",
        help="How fast you judge, over the last minute of it. It begins with the second label.",
    )
    last = "Not trained yet" if status.ended_at is None else f"Last train {clock(status.ended_at)}"
    if score is None:
        st.caption("Label two images Good and two Bad.")
    else:
        st.caption(
            f"{score.accuracy.interval_text} · majority {percent(score.baseline)}", help=JUDGING["majority"]
        )
    st.caption(last)


def render_cross_validation(session: PreferenceSession, background: Background) -> None:
    job = background.latest(Lane.CV, session.state)
    cv_control(
        session, job, compute=Keys.SIDEBAR_COMPUTE_CV, cancel=Keys.SIDEBAR_CANCEL_CV, on_click=_compute_cv
    )
    cv = session.state.cv
    if cv is not None and not (job is not None and job.in_flight):
        stale = [model for model in MODELS if cv.fingerprints[model] != session.state.fingerprint(model)]
        draw(_scores_table(cv))
        note = f"{clock(cv.ended_at)} · {cv.k:d}-fold · {cv.seconds:.1f} s"
        st.caption(f"{note} · :orange[stale]" if stale else note, help=_why_stale(stale))


def _scores_table(cv: CrossValidation) -> Html:
    """Accuracy and AUC of each model above their intervals, and the majority baseline."""
    cells = [span(), span("accuracy", class_="ipo-quiet"), span("AUC", class_="ipo-quiet")]
    for model, score in cv.scores.items():
        accuracy = score.accuracy
        cells.append(span(NAMES[model]))
        cells.append(_with_interval(accuracy.share_text, accuracy.interval_text))
        cells.append(_with_interval(f"{score.auc:.2f}", score.auc_interval_text))
    majority = next(iter(cv.scores.values())).baseline
    cells += [span("majority"), span(f"{percent(majority)}"), span("0.50")]
    return div(*cells, class_="ipo-scores")


def _with_interval(value: str, interval: str) -> Html:
    return div(value, div(interval, class_="ipo-quiet"))


def _why_stale(stale: list[str]) -> str | None:
    names = " and ".join(NAMES[model] for model in stale)
    return f"Rows, labels or settings of {names} have changed since." if stale else None


def _compute_cv() -> None:
    session = selection.selected()
    if session is not None:
        request_cross_validation(session.state, workspace().background)


def render_train_results(session: PreferenceSession, background: Background) -> None:
    panel = st.expander("Train results", key=Keys.SIDEBAR_TRAIN_RESULTS, on_change="rerun")
    if not panel.open:
        return
    raw = shared_value(
        Keys.SIDEBAR_RAW_LATENTS, session.state.params.boost.components is None, session.key.id
    )
    after_fit = shared_value(Keys.SIDEBAR_CV_AFTER_FIT, session.state.cv_after_fit, session.key.id)
    with panel:
        for model in MODELS:
            status = session.state.train_status[model]
            st.markdown(f"{_lamp(status)} **{NAMES[model]}** {_says(status, session)}")
            if status.rows:
                st.caption(_result(status))
        if any(status.state == FitState.ERROR for status in session.state.train_status.values()):
            st.button("Retry", key=Keys.SIDEBAR_RETRY_FIT, on_click=_fit_again)
        st.toggle(
            f"XGBoost on raw {'latents' if session.pool is None else 'vectors'}",
            raw.value,
            key=raw.key,
            on_change=on_choice,
            args=(raw, _set_raw_latents),
            help="On: XGBoost reads every number of an image's latent or vector. Off: it reads a summary of "
            "them (principal components), which takes a fraction of the time.",
        )
        st.toggle(
            "CV after each fit",
            after_fit.value,
            key=after_fit.key,
            on_change=on_choice,
            args=(after_fit, _set_cv_after_fit),
        )


def _says(status: FitStatus, session: PreferenceSession) -> str:
    if status.state == FitState.ERROR:
        return f"{SAYS[status.state]} :red[{plain(status.error)}]"
    good, bad = session.state.counts()
    if status.state == FitState.UNTRAINED and good + bad:
        return f"Label at least one {'Bad' if good else 'Good'} too."
    return SAYS[status.state]


def _result(status: FitStatus) -> str:
    return f"{status.rows:d} rows in {1000 * (status.seconds or 0):.0f} ms at {clock(status.ended_at or 0)}"


def _lamp(status: FitStatus) -> str:
    return {
        FitState.OK: ":green[:material/check_circle:]",
        FitState.ERROR: ":red[:material/error:]",
        FitState.UNTRAINED: ":gray[:material/circle:]",
    }.get(status.state, ":gray[:material/pending:]")


def _fit_again() -> None:
    session = selection.selected()
    if session is not None:
        train_and_record(session.state, workspace().background, on_adopt=session.queue.predict_again)


def _set_raw_latents(raw: bool) -> None:
    session = selection.selected()
    if session is not None:
        params = session.state.params
        boost = replace(params.boost, components=None if raw else BoostParams().components)
        session.state.params = replace(params, boost=boost)
        session.save_settings()
        _fit_again()


def _set_cv_after_fit(wanted: bool) -> None:
    session = selection.selected()
    if session is not None:
        session.state.cv_after_fit = wanted
        session.save_settings()


def render_step_scores(session: PreferenceSession) -> None:
    if session.pool is not None:
        return  # there is no line between the pictures of a folder
    panel = st.expander("Step scores", key=Keys.SIDEBAR_STEP_SCORES, on_change="rerun")
    if not panel.open:
        return
    scores = session.queue.steps.get(session.queue.proposing.model, [])
    with panel:
        if not scores:
            st.caption("Not yet: label at least one image Good and one Bad.")
            return
        st.caption("Predicted values of nine points along the line.", help=STEPS_HELP)
        draw(*_bars(scores))


def _bars(scores: list[float]) -> list[Html]:
    """One line per step: angle, bar about zero, value."""
    largest = max(abs(score) for score in scores) or 1.0
    lines = []
    for angle, score in zip(STEP_ANGLES, scores, strict=True):
        half = 50 * abs(score) / largest
        left = 50 if score >= 0 else 50 - half
        bar = span(class_="bar", style=f"left:{left:.1f}%;width:{half:.1f}%")
        lines.append(
            div(
                span(f"{angle:+.1f}", class_="angle"),
                span(bar, class_="range"),
                span(f"{score:+.2f}", class_="value"),
                class_="ipo-step",
            )
        )
    return lines
