"""Ridge: its learning curve, and the path of λ with the choice of one and of the kernel."""

from dataclasses import replace

import streamlit as st

from ipo.keys import Keys
from ipo.preference.session import PreferenceSession
from ipo.preference.state import RIDGE
from ipo.services.ridge_diagnostics import RidgeDiagnostics
from ipo.ui.components.plot.component import plot
from ipo.ui.figures.learning import learning_figure
from ipo.ui.figures.path import path_figure
from ipo.ui.glossary import JUDGING, explain
from ipo.ui.panels import heading, panel, placeholder
from ipo.ui.preference import selection
from ipo.ui.runtime.process import workspace
from ipo.ui.runtime.shared_values import on_choice, shared_value
from ipo.ui.text import clock, plain, time_left
from ipo.value.curves import LEAST
from ipo.value.kernel_choice import CURVED, KERNELS, MARGIN, STRAIGHT
from ipo.value.lambda_path import PATH, LambdaPath
from ipo.value.ridge import RidgeFit
from pages.training.value_model.features import draw_features
from value_model import train_and_record

CHOSEN, MANUAL = "chosen", "manual"
KERNEL_WIDTH = 130  # pixels of the list: its longest word whole
LAMBDAS = [float(relative) for relative in PATH]
WHY_LEARNING = (
    "Ridge is fitted to more and more of your labels, and each fit is tested on rows that none of them "
    "has seen. "
    "While the curve still rises, more labels will help. Intervals are 95 %."
)
WHY_PATH = "\n\n".join(
    [
        explain(JUDGING, "λ", "relative λ", "leave-one-out", "curved"),
        "The curve is the mean squared error of these predictions; an error of 1 is what predicting 0 "
        "everywhere gets. λ is chosen anew each time an eighth of the rows has changed, and with auto "
        "whether values are straight or curved.",
    ]
)


@panel("The learning curve")
def draw_learning(session: PreferenceSession) -> None:
    """The curve, or how far it is."""
    study = workspace().diagnostics(session)
    work = study.learning
    with st.container(horizontal=True, vertical_alignment="center", height=40, border=False):
        heading("Learning curve", WHY_LEARNING)
        if work is None:
            _compute_button(session, study)
        else:
            st.progress(work.fraction, f"{plain(work.message or 'waiting')}{time_left(work)}")
            st.button("Cancel", key=Keys.VALUE_MODEL_CANCEL_CURVE, on_click=work.cancel)
    learned = study.learned
    if learned is None:
        placeholder(
            "Would more labels help? The curve tells: accuracy on rows not seen, by number of labels."
        )
        st.caption(f":red[{plain(study.problem)}]" if study.problem else _why_no_curve(session))
        return
    plot(learning_figure(learned.curve), key=Keys.VALUE_MODEL_CURVE)
    curve = learned.curve
    tested = f"{curve.repeats:d} repeats, {curve.tested:d} of {learned.rows:d} rows held out"
    note = f"{tested} · {clock(learned.ended_at)}"
    if study.problem:
        note = f":red[{plain(study.problem)}] {note}"
    if study.stale:
        st.caption(f"{note} · :orange[stale]", help="Rows, labels or λ have changed since.")
    else:
        st.caption(note)


def _why_no_curve(session: PreferenceSession) -> str:
    good, bad = session.state.counts()
    if min(good, bad) >= LEAST:
        return "not computed yet"
    return f"It needs {LEAST} Good and {LEAST} Bad; there are {good:d} and {bad:d}."


def _compute_button(session: PreferenceSession, study: RidgeDiagnostics) -> None:
    enough = min(session.state.counts()) >= LEAST
    st.button(
        "Compute curve",
        key=Keys.VALUE_MODEL_COMPUTE_CURVE,
        type="tertiary",
        icon=":material/show_chart:",
        on_click=_compute_curve,
        disabled=not enough,
        help=None if enough else f"A learning curve needs at least {LEAST} Good and {LEAST} Bad rows.",
    )


def _compute_curve() -> None:
    session = selection.selected()
    if session is not None:
        workspace().diagnostics(session).learn()


@panel("The λ path")
def draw_path(session: PreferenceSession) -> None:
    """The path with the λ in use, and how it is set."""
    study, belief = workspace().diagnostics(session), session.state.belief
    path = study.path()
    with st.container(horizontal=True, vertical_alignment="center", height=40, border=False):
        heading("λ path", WHY_PATH)
        _lambda_control(session, belief)
    if belief is None:
        placeholder("How strongly Ridge is held back. Label at least one image Good and one Bad.")
        st.caption("no fit yet")
        return
    if path is None:
        placeholder(study.path_problem or "Computing the path …")
    else:
        plot(path_figure(path, belief.relative_lambda), key=Keys.VALUE_MODEL_PATH)
    by = _chosen_by(session, path)
    fitting = " · fitting now" if session.state.train_status[RIDGE].in_flight else ""
    problem = f" · :red[{plain(study.path_problem)}]" if path is not None and study.path_problem else ""
    kernel = _kernel_in_use(session, belief)
    says = f"λ {belief.relative_lambda:.3g} in use, {by} · {kernel}{fitting}{problem}"
    with st.container(horizontal=True, vertical_alignment="center", border=False):
        st.caption(says, width="stretch")
        if session.state.may_curve:
            _kernel_control(session)
    draw_features(session)


def _chosen_by(session: PreferenceSession, path: LambdaPath | None) -> str:
    if session.state.params.ridge_lambda is not None:
        return "set by hand"
    if path is not None and path.flat:
        return "the default: leave-one-out cannot tell one λ from another yet"
    return "chosen by leave-one-out"


def _kernel_in_use(session: PreferenceSession, belief: RidgeFit) -> str:
    """Whether values are straight or curved, and why."""
    choice, asked = belief.choice, session.state.params.kernel
    name = CURVED if choice.kernel.curved else STRAIGHT
    if asked == name:
        return f"{name}, as set"
    if not choice.rows:
        return f"{name}: too few rows to tell" if session.state.may_curve else name
    if choice.kernel.curved:
        return f"{name}: errs {100 * choice.gain:.0f} % less"
    if choice.gain > 0:
        return f"{name}: curved errs less by under {100 * MARGIN:.0f} %"
    return f"{name}: curved errs {-100 * choice.gain:.0f} % more"


def _kernel_control(session: PreferenceSession) -> None:
    asked = shared_value(Keys.VALUE_MODEL_KERNEL, session.state.params.kernel, session.key.id)
    st.selectbox(
        "Values",
        KERNELS,
        index=KERNELS.index(asked.value),
        key=asked.key,
        on_change=on_choice,
        args=(asked, _set_kernel),
        label_visibility="collapsed",
        width=KERNEL_WIDTH,
    )


def _lambda_control(session: PreferenceSession, belief: RidgeFit | None) -> None:
    manual = session.state.params.ridge_lambda
    manner = shared_value(Keys.VALUE_MODEL_LAMBDA, CHOSEN if manual is None else MANUAL, session.key.id)
    st.segmented_control(
        "λ",
        [CHOSEN, MANUAL],
        default=manner.value,
        key=manner.key,
        required=True,
        on_change=on_choice,
        args=(manner, _set_manner),
        label_visibility="collapsed",
        disabled=belief is None,
        format_func=lambda manner: f"λ {plain(manner)}",
    )
    if manual is not None:
        relative = shared_value(Keys.VALUE_MODEL_RELATIVE_LAMBDA, _nearest(manual), session.key.id)
        st.select_slider(
            "relative λ",
            LAMBDAS,
            relative.value,
            key=relative.key,
            format_func=lambda relative: f"{relative:.3g}",
            on_change=on_choice,
            args=(relative, _set_lambda),
            label_visibility="collapsed",
        )


def _nearest(relative: float) -> float:
    return min(LAMBDAS, key=lambda other: abs(other - relative))


def _set_manner(manner: str) -> None:
    session = selection.selected()
    if session is None:
        return
    belief = session.state.belief
    manual = manner == MANUAL and belief is not None
    _refit(session, _nearest(belief.relative_lambda) if manual and belief is not None else None)


def _set_kernel(shape: str) -> None:
    session = selection.selected()
    if session is not None:
        session.state.params = replace(session.state.params, kernel=shape)
        _refit(session, session.state.params.ridge_lambda)


def _set_lambda(relative: float) -> None:
    session = selection.selected()
    if session is not None:
        _refit(session, float(relative))


def _refit(session: PreferenceSession, relative: float | None) -> None:
    session.state.params = replace(session.state.params, ridge_lambda=relative)
    session.save_settings()
    train_and_record(session.state, workspace().background, on_adopt=session.queue.predict_again)
