"""The second line of the toolbar: going on by one batch or many, and where the sessions are."""

import streamlit as st

from ipo.inspector.recipes.recipe import Recipe
from ipo.inspector.session import InspectSession
from ipo.inspector.stopping import Until, kinds_of
from ipo.keys import Keys
from ipo.ui.figures.timeline import COURSE_COLOURS
from ipo.ui.html import Html, draw, element, span
from pages.inspection import state
from pages.inspection.session_menu import draw_keeping

MANY = (10, 50)
MOST = 1000  # steps of a *run until*, to begin with
UNTIL = {
    "cosine": "mean cosine of weights above",
    "loss": "loss below",
    "dead": "the first feature is dead",
    "nan": "a NaN or Inf appears",
}
COSINE = 0.9  # to begin with


def draw_stepping(main: InspectSession | None) -> None:
    inspecting = state.inspecting()
    off = main is None or inspecting.work.busy
    st.button(
        "Step",
        key=f"{Keys.INSPECT_STEP}_1",
        type="primary",
        icon=":material/skip_next:",
        on_click=_step,
        args=(1,),
        disabled=off,
        shortcut="S",
        help="One batch through the trainer.",
    )
    for count in MANY:
        st.button(
            f"×{count}", key=f"{Keys.INSPECT_STEP}_{count}", on_click=_step, args=(count,), disabled=off
        )
    # A popover with a state of its own can be closed when its button is pressed.
    with st.popover("Run until …", key=Keys.INSPECT_UNTIL, on_change="rerun", disabled=off):
        _draw_until(main)
    st.button(
        "Cancel",
        key=Keys.INSPECT_CANCEL,
        icon=":material/stop:",
        on_click=_cancel,
        disabled=not inspecting.work.busy,
        help="Stops after the batch that is under way; the steps done so far stay.",
    )
    draw(_sessions_text(main))
    draw_keeping(main)


def _sessions_text(main: InspectSession | None) -> Html:
    """The numbers of each session, in figures of one width."""
    if main is None:
        return span("No session is set up.", class_="ipo-sessions ipo-quiet")
    parts: list[str] = []
    for session, colour in zip(state.sessions(), COURSE_COLOURS, strict=False):
        now = session.state()
        loss = "–" if now.loss is None else f"{now.loss:.4f}"
        parts += [
            *(["\u00a0 | \u00a0"] if parts else []),
            *(span("■", style=f"color:{colour}"), f" {session.condition} · ", _bold(now.steps)),
            *(" step" if now.steps == 1 else " steps", " · loss ", _bold(loss)),
            *([] if now.alive is None else [" · alive ", _bold(now.alive), f"/{now.features}"]),
        ]
    return span(*parts, class_="ipo-sessions")


def _bold(number: object) -> Html:
    return element("b", str(number))


def _draw_until(main: InspectSession | None) -> None:
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


def _step(count: int, until: Until | None = None) -> None:
    inspecting = state.inspecting()
    inspecting.step(count, until)
    if count == 1 and inspecting.work.job is not None:
        inspecting.work.job.wait(state.SOON_SECONDS)


def _run_until(most: int, until: Until) -> None:
    st.session_state[Keys.INSPECT_UNTIL] = False
    _step(most, until)


def _cancel() -> None:
    job = state.inspecting().work.job
    if job is not None:
        job.cancel()
