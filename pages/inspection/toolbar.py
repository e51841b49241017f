"""The toolbar: which session there is, going on with it, and how the last work went."""

import streamlit as st

from background import Job, JobStatus, Lane
from ipo.claims import Claimed
from ipo.inspector.attach.connection import Refused, Unreachable
from ipo.keys import Keys
from ipo.ui.fetch_mnist import draw_without_mnist
from ipo.ui.html import draw_style
from ipo.ui.runtime.process import workspace
from ipo.ui.text import in_words, plain, time_left
from pages.inspection import state
from pages.inspection.setup_form import draw_setup
from pages.inspection.stepping import draw_stepping

# The bar stays on screen, and hides what scrolls under it: it has the page's background, whatever the theme.
STYLE = """
[data-testid="stMainBlockContainer"] { padding-left: 2rem; padding-right: 2rem; }
[data-testid="stLayoutWrapper"]:has(> div > [data-testid="stLayoutWrapper"] > .st-key-inspect_toolbar) {
  position: sticky; top: 0; z-index: 99; }
.stApp :has(.st-key-inspect_toolbar), .st-key-inspect_toolbar { background: inherit; }
.st-key-inspect_toolbar {
  padding: 8px 0 6px; border-bottom: 1px solid color-mix(in srgb, currentColor 18%, transparent); }
.st-key-inspect_batch_and_features > * > .stHorizontalBlock { flex-wrap: wrap; }
.st-key-inspect_batch_and_features > * > .stHorizontalBlock > .stColumn { min-width: min(100%, 488px); }
@media (max-width: 1399px) {
  .st-key-inspect_trainings button [data-testid="stMarkdownContainer"] {
    position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
}
@media (max-width: 1280px) {
  .st-key-inspect_toolbar .stHorizontalBlock { gap: 8px; }
  .st-key-inspect_recipe { width: 150px !important; }
  .st-key-inspect_condition { width: 112px !important; }
  .st-key-inspect_toolbar .ipo-sessions { min-width: 0; max-width: 320px; }
  .st-key-inspect_toolbar :is(.st-key-inspect_overrides, .st-key-inspect_beside, .st-key-inspect_teardown,
    .st-key-inspect_cancel) button [data-testid="stMarkdownContainer"] {
    position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
}
"""


def draw_toolbar() -> None:
    main = state.session()
    draw_style(STYLE)
    with st.container(key=Keys.INSPECT_TOOLBAR, gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            draw_setup(main)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            draw_stepping(main)
        _draw_job()


def _draw_job() -> None:
    """Progress, or what stopped the last work. Always something: a run that is cut short removes nothing."""
    inspecting, place = state.inspecting(), st.empty()
    work = inspecting.work
    job = work.job
    if job is not None and work.lasting:
        does = f"waiting for {work.ahead}" if work.ahead else job.message or "under way"
        place.progress(job.fraction, f"{plain(job.label)}: {plain(does)}{time_left(job)}")
    elif lacking := _lacking_mnist():
        with place.container():
            draw_without_mnist(
                f"{plain(in_words(lacking))} steps a model through MNIST, one batch at a time.",
                workspace().fetches.mnist,
                inspecting.set_up_again,
            )
    elif work.problem:
        with place.container(horizontal=True, vertical_alignment="center"):
            training = _in_the_way()
            says = "" if training is None else f" {training.label}: under way{time_left(training)}."
            st.error(plain(f"{work.problem}{says}"), icon=":material/error:")
            if training is not None:
                st.button(
                    "Stop the training",
                    key=Keys.INSPECT_STOP_TRAINING,
                    icon=":material/stop:",
                    on_click=training.cancel,
                    help="After the batch under way. What was learnt is kept; then set up once more.",
                )
            st.button("Dismiss", key=Keys.INSPECT_DISMISS, on_click=_dismiss)
    else:
        with place.container():
            _draw_stops(job)


def _in_the_way() -> Job | None:
    """The training that has the model which was asked for."""
    job = state.inspecting().work.job
    refused = job is not None and isinstance(job.error, Claimed)
    return workspace().background.running(Lane.TRAIN) if refused else None


def _lacking_mnist() -> str:
    """The recipe that is chosen or waits to be set up, where it needs digits that are not there."""
    inspecting, chosen = state.inspecting(), str(st.session_state.get(Keys.INSPECT_RECIPE))
    main, job = state.session(), inspecting.work.job
    connecting = job is not None and isinstance(job.error, Unreachable | Refused) and inspecting.work.problem
    if connecting or (main is not None and not main.replays):
        return ""  # a training elsewhere needs none
    if inspecting.lacks_mnist(chosen):
        return chosen
    return inspecting.wanted if inspecting.needs_mnist else ""


def _draw_stops(job: Job | None) -> None:
    """Why the sessions are where they are."""
    if job is not None and job.status == JobStatus.CANCELLED:
        st.caption("Cancelled; the steps done so far are here.")
    for session in state.sessions():
        stop = session.state().stop
        if stop is not None and stop.kind != "cancelled":
            st.warning(plain(f"{in_words(session.condition)}: {stop.message}"), icon=":material/front_hand:")
        if session.remark:
            st.warning(plain(session.remark), icon=":material/difference:")


def _dismiss() -> None:
    state.inspecting().work.dismiss()
