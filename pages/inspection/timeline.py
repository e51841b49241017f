"""The timeline: scalars over all steps, the step on view, and which steps are kept."""

import streamlit as st

from ipo.inspector.capture.tensors import Phase, Renderer, StepTensorKey
from ipo.inspector.session import InspectSession
from ipo.keys import Keys
from ipo.ui.components.plot.component import plot
from ipo.ui.figures.timeline import Course, timeline_figure
from ipo.ui.panels import placeholder
from ipo.ui.runtime.widgets import show_in
from pages.inspection import state

FIRST = (StepTensorKey.LOSS, StepTensorKey.WEIGHT_COSINE)
MOST_TERMS = 5  # scalars of a loss, to begin with
EMPTY_HEIGHT = 172


def draw_timeline() -> None:
    session = state.session()
    if session is None:
        placeholder(state.no_session(), EMPTY_HEIGHT)
        return
    latest = session.state().latest
    if latest is None:
        placeholder(
            "Press Step: one batch runs through the trainer, and every tensor of it is here.", EMPTY_HEIGHT
        )
        return
    chosen = state.chosen_step()
    at = latest if chosen is None else chosen
    scalars = {key: spec.label for key, spec in session.specs.items() if spec.renderer == Renderer.SCALAR}
    with st.container(horizontal=True, vertical_alignment="center", key=Keys.INSPECT_TIMELINE_BAR):
        names = st.multiselect(
            "Scalars",
            list(scalars),
            default=_first(session),
            key=Keys.INSPECT_SCALARS,
            format_func=lambda key: scalars[key],
            label_visibility="collapsed",
            placeholder="Choose what the timeline shows",
        )
        _draw_place(session, at, latest, following=chosen is None)
    if names:
        figure = timeline_figure(
            [course(each) for each in state.sessions()], {key: scalars[key] for key in names}, at
        )
        plot(figure, key=Keys.INSPECT_TIMELINE, on_click=_go_to_point)


def _first(session: InspectSession) -> list[str]:
    """What the timeline shows to begin with: loss and cosine of weights, or the loss with its terms."""
    specs = session.specs
    if StepTensorKey.WEIGHT_COSINE in specs:
        return [key for key in FIRST if key in specs]
    return [
        key for key, spec in specs.items() if spec.renderer == Renderer.SCALAR and spec.phase == Phase.LOSS
    ][:MOST_TERMS]


def course(session: InspectSession) -> Course:
    """A session as the timeline draws it."""
    history, now = session.history(), session.state()
    return Course(
        session.condition,
        history.steps,
        {name: history.columns[name] for name in history.scalars()},
        now.retained,
        now.pinned,
    )


def _draw_place(session: InspectSession, at: int, latest: int, *, following: bool) -> None:
    show_in(Keys.INSPECT_GO_TO, state.chosen_step())
    st.number_input(
        "Go to step",
        0,
        value=None,
        step=1,
        key=Keys.INSPECT_GO_TO,
        on_change=_go_to_number,
        label_visibility="collapsed",
        placeholder=f"step {latest}",
        width=130,
        help="The step that every panel shows. A click on the timeline goes there too.",
    )
    for icon, shortcut, to, says in (
        ("chevron_left", "P", at - 1, "One step back."),
        ("chevron_right", "N", at + 1, "One step on."),
    ):
        st.button(
            "",
            key=f"{Keys.INSPECT_GO}_{icon}",
            icon=f":material/{icon}:",
            on_click=state.choose,
            args=(to,),
            disabled=not 0 <= to <= latest,
            shortcut=shortcut,
            help=says,
        )
    st.button(
        "Latest",
        key=Keys.INSPECT_LATEST,
        icon=":material/last_page:",
        on_click=state.choose,
        args=(None,),
        disabled=following,
        shortcut="L",
        help="Follow the newest step again.",
    )
    pinned = at in session.state().pinned
    retained = at in session.state().retained
    st.button(
        "Unpin" if pinned else "Pin",
        key=Keys.INSPECT_PIN,
        icon=":material/keep_off:" if pinned else ":material/keep:",
        on_click=_pin,
        args=(at, not pinned),
        disabled=not (retained or pinned),
        help="A pinned step stays, however many come after it.",
    )


def _pin(step: int, pinned: bool) -> None:
    session = state.session()
    if session is not None:
        (session.pin if pinned else session.unpin)(step)


def _go_to_number() -> None:
    step = st.session_state[Keys.INSPECT_GO_TO]
    state.choose(None if step is None else int(step))


def _go_to_point(step: float, value: float) -> None:
    state.choose(round(step))
