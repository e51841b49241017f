"""The second line of the toolbar: going on by one batch or many, and where the sessions are."""

import streamlit as st

from ipo.inspector.attach.remote_session import RemoteSession
from ipo.inspector.inspected import Inspected
from ipo.inspector.recipes.recipe import Recipe
from ipo.inspector.stopping import Until, kinds_of
from ipo.keys import Keys
from ipo.ui.components.live_html.component import live_html
from ipo.ui.components.stepper.component import stepper
from ipo.ui.components.timeline.lines import COURSE_COLOURS
from ipo.ui.html import Html, div, element, span
from ipo.ui.text import in_words
from pages.inspection import state
from pages.inspection.keeping.session_menu import draw_keeping
from pages.inspection.trainings import draw_hold

COUNTS = (1, 10, 50)
MOST = 1000  # steps of a *run until*, to begin with
UNTIL = {
    "cosine": "mean cosine of weights above",
    "loss": "loss below",
    "dead": "the first feature is dead",
    "nan": "a NaN or Inf appears",
}
COSINE = 0.9  # to begin with


def draw_stepping(main: Inspected | None) -> None:
    work, live = state.inspecting().work, state.view().live
    stepper(live, COUNTS, _may_step, key=Keys.INSPECT_STEP)
    # A popover with a state of its own can be closed when its button is pressed.
    off = main is None or work.lasting
    with st.popover("Run until …", key=Keys.INSPECT_UNTIL, on_change="rerun", disabled=off):
        _draw_until(main)
    st.button(
        "Cancel",
        key=Keys.INSPECT_CANCEL,
        icon=":material/stop:",
        on_click=_cancel,
        disabled=not work.lasting,
        help="Stops after the batch that is under way; the steps done so far stay.",
    )
    if isinstance(main, RemoteSession):
        draw_hold(main)
    live_html(live, sessions_text, key=Keys.INSPECT_NUMBERS, width="content")
    draw_keeping(main)


def _may_step() -> bool:
    """Not while anything is under way: what is asked for then is left undone."""
    inspecting = state.inspecting()
    main = inspecting.inspector.main
    there = main is not None and (not isinstance(main, RemoteSession) or main.there)
    return there and not inspecting.work.busy


def sessions_text() -> Html:
    """The numbers of each session, in figures of one width."""
    sessions = state.sessions()
    if not sessions:
        says = "Setting up …" if state.inspecting().work.busy else "No session is set up."
        return div(says, class_="ipo-sessions ipo-quiet")
    lines = zip(sessions, COURSE_COLOURS, strict=False)
    return div(*(_session_text(session, colour) for session, colour in lines), class_="ipo-sessions")


def _session_text(session: Inspected, colour: str) -> Html:
    now = session.state()
    loss = "–" if now.loss is None else f"{now.loss:.4f}"
    return div(
        *(span("■", style=f"color:{colour}"), f" {in_words(session.condition)} · ", _bold(now.steps)),
        *(" step" if now.steps == 1 else " steps", " · loss ", _bold(loss)),
        *([] if not isinstance(session, RemoteSession) else [f" · {_doing(session)}"]),
        *([] if now.alive is None else [" · alive ", _bold(now.alive), f"/{now.features}"]),
    )


def _doing(training: RemoteSession) -> str:
    """What a training of another process is at."""
    if not training.there:
        return "not there"
    return "waits" if not training.state().running else "runs"


def _bold(number: object) -> Html:
    return element("b", str(number))


def _draw_until(main: Inspected | None) -> None:
    kinds = list(UNTIL) if main is None else kinds_of(main.specs)
    kind = st.radio("Stop when", kinds, key=Keys.INSPECT_UNTIL_KIND, format_func=lambda name: UNTIL[name])
    goal = Recipe.goal if main is None else main.goal
    threshold = {"cosine": COSINE, "loss": goal}.get(kind)
    if threshold is not None:
        threshold = st.number_input(
            "Threshold",
            value=threshold,
            step=threshold / 10,
            key=f"{Keys.INSPECT_UNTIL_THRESHOLD}_{kind}_{'' if main is None else main.recipe}",
        )
    most = st.number_input("At most this many steps", 1, 100_000, MOST, key=Keys.INSPECT_UNTIL_MOST)
    st.button(
        "Run",
        key=Keys.INSPECT_UNTIL_RUN,
        type="primary",
        on_click=_run_until,
        args=(int(most), Until(kind, threshold)),
        width="stretch",
    )


def _run_until(most: int, until: Until) -> None:
    st.session_state[Keys.INSPECT_UNTIL] = False
    state.inspecting().step(most, until)


def _cancel() -> None:
    job = state.inspecting().work.job
    if job is not None:
        job.cancel()
