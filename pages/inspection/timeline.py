"""The timeline: scalars over all steps, the step on view, and which steps are kept."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from ipo.inspector.inspected import Inspected
from ipo.keys import Keys
from ipo.ui.components.timeline.component import live_timeline
from ipo.ui.components.timeline.lines import Course, timeline
from ipo.ui.glossary import INSPECTOR
from ipo.ui.inspection.scalars import first_scalars, scalar_names
from ipo.ui.panels import placeholder
from ipo.ui.runtime.widgets import show_in
from ipo.ui.text import in_words
from pages.inspection import state
from pages.inspection.state import Shown, View

EMPTY_HEIGHT = 184


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
    scalars = scalar_names(session.specs)
    with st.container(horizontal=True, vertical_alignment="center", key=Keys.INSPECT_TIMELINE_BAR):
        names = st.multiselect(
            "Scalars",
            list(scalars),
            default=first_scalars(session.specs),
            key=Keys.INSPECT_SCALARS,
            format_func=lambda key: scalars[key],
            label_visibility="collapsed",
            placeholder="Choose what the timeline shows",
        )
        _draw_place(session, state.view())
    if names:
        live_timeline(
            state.view().live,
            state.live(partial(_lines, {key: scalars[key] for key in names})),
            rows=len(names),
            on_click=state.choose,
            key=Keys.INSPECT_TIMELINE,
        )


def _lines(names: Mapping[str, str], shown: Shown) -> dict[str, Any]:
    return timeline([_course(session) for session in state.sessions()], names, shown.step)


def _course(session: Inspected) -> Course:
    """A session as the timeline draws it."""
    history, now = session.history(), session.state()
    return Course(
        in_words(session.condition),
        history.steps,
        {name: history.columns[name] for name in history.scalars()},
        now.retained,
        now.pinned,
    )


def _draw_place(session: Inspected, view: View) -> None:
    now, at = session.state(), state.step_on_view(session, view)
    show_in(Keys.INSPECT_GO_TO, view.step)
    st.number_input(
        "Go to step",
        0,
        value=None,
        step=1,
        key=Keys.INSPECT_GO_TO,
        on_change=_go_to_number,
        label_visibility="collapsed",
        placeholder="go to",
        width=130,
        help="The step that all panels show. A click on the timeline goes there, too.",
    )
    for icon, shortcut, by, says in (
        ("chevron_left", "P", -1, "One step back."),
        ("chevron_right", "N", 1, "One step on."),
    ):
        st.button(
            says,  # for screen readers: page.css shows the icon alone
            key=f"{Keys.INSPECT_GO}_{icon}",
            icon=f":material/{icon}:",
            on_click=_go,
            args=(by,),
            disabled=at == (0 if by < 0 else now.latest),
            shortcut=shortcut,
            help=says,
        )
    st.button(
        "Latest",
        key=Keys.INSPECT_LATEST,
        icon=":material/last_page:",
        on_click=state.choose,
        args=(None,),
        disabled=view.step is None,
        shortcut="L",
        help="Follow the newest step again.",
    )
    pinned = at in now.pinned
    st.button(
        "Unpin" if pinned else "Pin",
        key=Keys.INSPECT_PIN,
        icon=":material/keep_off:" if pinned else ":material/keep:",
        on_click=_pin,
        args=(not pinned,),
        disabled=not (at in now.retained or pinned),
        help=INSPECTOR["pin"],
    )


def _pin(pinned: bool) -> None:
    session = state.session()
    step = None if session is None else state.step_on_view(session, state.view())
    if session is not None and step is not None:
        (session.pin if pinned else session.unpin)(step)


def _go(by: int) -> None:
    session = state.session()
    step = None if session is None else state.step_on_view(session, state.view())
    if step is not None:
        state.choose(step + by)


def _go_to_number() -> None:
    step = st.session_state[Keys.INSPECT_GO_TO]
    state.choose(None if step is None else int(step))
