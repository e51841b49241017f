"""The capture plan: which tensors are kept whole, which as summaries, and how to have it otherwise."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from ipo.inspector.attach.connection import Refused, Unreachable
from ipo.inspector.inspected import Inspected
from ipo.inspector.summaries.plan import STEP_BYTES, PlanState
from ipo.keys import Keys
from ipo.ui.components.live_html.component import live_html
from ipo.ui.glossary import INSPECTOR, explain
from ipo.ui.html import Html
from ipo.ui.runtime.shared_values import on_choice, shared_value
from ipo.ui.text import plain
from pages.inspection import state
from pages.inspection.section import caption, draw_in_section
from pages.inspection.state import Shown

MB = 2**20
MOST_MB = 4096  # that a page lets a step have


def draw_plan() -> None:
    draw_in_section("Capture plan", Keys.INSPECT_PLAN, _draw)


def described(plan: PlanState) -> str:
    """`212 tensors are whole, 421 are summaries: 3.9 of 4 MB a step.`"""
    if not plan.whole + plan.summarized:
        return "No step yet: what is whole is decided as it is seen."
    if not plan.summarized:
        says = "Every tensor is whole"
    else:
        says = f"{plan.whole:,} tensors are whole, {plan.summarized:,} are summaries"
    used = f"{plan.used / MB:.1f}"
    if plan.budget is None:
        return f"{says}: {used} MB a step."
    over = " What is followed and the summaries take more than that." if plan.used > plan.budget else ""
    return f"{says}: {used} of {plan.budget / MB:g} MB a step.{over}"


def follow(keys: Sequence[str]) -> None:
    """Have tensors whole from the next step on, in all sessions. For callbacks."""
    for session in state.sessions():
        plan = session.plan
        _change(session, plan.budget, [*plan.followed, *(key for key in keys if key not in plan.followed)])


def _draw(session: Inspected) -> None:
    live_html(state.view().live, state.live(_says), key=Keys.INSPECT_PLAN_SAYS)
    plan = session.plan
    left, right = st.columns([1, 4])
    budget = shared_value(
        Keys.INSPECT_PLAN_BYTES, (STEP_BYTES if plan.budget is None else plan.budget) / MB, session.id
    )
    left.number_input(
        "MB a step",
        0.0,
        float(MOST_MB),
        value=float(budget.value),
        step=1.0,
        format="%g",
        key=budget.key,
        on_change=on_choice,
        args=(budget, _set_budget),
        help=explain(INSPECTOR, "capture plan", "summary"),
    )
    offered = sorted({key.partition("/")[0] for key in session.specs if "/" in key})
    tensors = [key for key in session.specs if "/" in key and not key.endswith("_length")]
    followed = shared_value(Keys.INSPECT_PLAN_FOLLOWED, list(plan.followed), session.id)
    right.multiselect(
        "Whole whatever they weigh",
        list(dict.fromkeys([*plan.followed, *offered, *tensors])),
        default=followed.value,
        key=followed.key,
        on_change=on_choice,
        args=(followed, _set_followed),
        placeholder="Layers or tensors",
        help="From the next step on. The other tensors are whole from the smallest up, as far as the MB go.",
    )


def _says(shown: Shown) -> Html:
    disk = shown.session.disk
    return caption("\n".join([described(shown.session.plan), "" if disk is None else disk.problem]).strip())


def _set_budget(megabytes: float) -> None:
    for session in state.sessions():
        _change(session, int(megabytes * MB), session.plan.followed)


def _set_followed(followed: Sequence[str]) -> None:
    for session in state.sessions():
        _change(session, session.plan.budget, followed)


def _change(session: Inspected, step_bytes: int | None, followed: Sequence[str]) -> None:
    try:
        session.change_plan(step_bytes=step_bytes, followed=followed)
    except (Unreachable, Refused) as error:  # a training elsewhere, which may leave at any time
        st.toast(plain(f"The plan stays: {error}"), icon=":material/error:")


def draw_whole_button(keys: Sequence[str], section: str) -> None:
    """A way to have those of these tensors whole that are summaries in the step on view."""
    session = state.session()
    now = None if session is None else state.shown(session, state.view()).snapshot
    wanted = [] if now is None or session is None else [key for key in keys if key in now.summaries]
    following = [] if session is None else [key for key in wanted if key in session.plan.followed]
    if not wanted:
        return
    if len(following) == len(wanted):
        st.caption("Whole from the next step on.")
        return
    many = "it" if len(wanted) == 1 else f"these {len(wanted)}"
    st.button(
        f"Keep {many} whole",
        key=f"{Keys.INSPECT_WHOLE}_{section}",
        icon=":material/select_all:",
        type="tertiary",
        on_click=partial(follow, wanted),
        help="From the next step on, beyond the bytes of the capture plan where they are too large for it.",
    )
