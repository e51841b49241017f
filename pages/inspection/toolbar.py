"""The toolbar: which session there is, and going on with it by one batch or many."""

from typing import Any, Literal

import streamlit as st

from background import Job, JobStatus
from ipo.inspector.errors import UnknownName
from ipo.inspector.recipes import registry
from ipo.inspector.recipes.code import RecipeError
from ipo.inspector.recipes.options import Option
from ipo.inspector.recipes.recipe import Recipe
from ipo.inspector.session import InspectSession
from ipo.inspector.stopping import Until, kinds_of
from ipo.keys import Keys
from ipo.ui.fetch_mnist import draw_without_mnist
from ipo.ui.figures.timeline import COURSE_COLOURS
from ipo.ui.html import Html, draw, draw_style, element, span
from ipo.ui.moments import time_left
from ipo.ui.runtime.process import workspace
from ipo.ui.text import plain
from pages.inspection import state
from pages.inspection.session_menu import draw_keeping

ALGORITHM = "algorithm"  # the option that has a place of its own
MANY = (10, 50)
MOST = 1000  # steps of a *run until*, to begin with
UNTIL = {
    "cosine": "mean cosine of weights above",
    "loss": "loss below",
    "dead": "the first feature is dead",
    "nan": "a NaN or Inf appears",
}
COSINE = 0.9  # to begin with
STYLE = """
[data-testid="stMainBlockContainer"] { padding-left: 2rem; padding-right: 2rem; }
[data-testid="stLayoutWrapper"]:has(> div > [data-testid="stLayoutWrapper"] > .st-key-inspect_toolbar) {
  position: sticky; top: 0; z-index: 99; }
.st-key-inspect_toolbar { padding: 8px 0 6px; background: BACKGROUND;
  border-bottom: 1px solid BORDER; }
"""


def draw_toolbar() -> None:
    main = state.session()
    draw_style(_style())
    with st.container(key=Keys.INSPECT_TOOLBAR, gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            _draw_setup(main)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            _draw_stepping(main)
        _draw_job()


def _style() -> str:
    """The bar stays on screen, and hides what scrolls under it."""
    theme = f"theme.{st.context.theme.type or 'light'}"
    look = STYLE.replace("BACKGROUND", st.get_option(f"{theme}.backgroundColor"))
    return look.replace("BORDER", st.get_option(f"{theme}.borderColor"))


def _draw_setup(main: InspectSession | None) -> None:
    """What to set up, and what differs from the session at hand."""
    name = st.selectbox(
        "Recipe",
        registry.names(),
        key=Keys.INSPECT_RECIPE,
        accept_new_options=True,
        on_change=_read_recipe,
        width=180,
        label_visibility="collapsed",
        placeholder="package.module:function",
    )
    try:
        recipe = state.inspecting().recipes.find(str(name))
    except (UnknownName, RecipeError) as error:
        st.error(plain(error), icon=":material/error:")
        st.button(
            "Read again",
            key=Keys.INSPECT_READ_AGAIN,
            icon=":material/refresh:",
            on_click=_read_recipe,
            help="Once the code is mended.",
        )
        return
    if recipe is None:
        st.caption(f":material/hourglass_top: Reading {plain(name)} …")
        return
    condition = st.selectbox(
        "Condition",
        recipe.conditions,
        index=recipe.conditions.index(recipe.default),
        key=Keys.INSPECT_CONDITION,
        width=130,
        label_visibility="collapsed",
    )
    overrides, seed = _draw_options(recipe)
    how = recipe.name, str(condition), seed, overrides
    same = main is not None and how == (main.recipe, main.condition, main.seed, dict(main.overrides))
    alike = main is not None and (recipe.name, seed) == (main.recipe, main.seed)
    busy = state.inspecting().work.busy
    lacks_mnist = state.inspecting().lacks_mnist(recipe.name)
    st.button(
        "Set up afresh" if main else "Set up",
        key=Keys.INSPECT_SETUP,
        type="secondary" if same or lacks_mnist else "primary",
        icon=":material/restart_alt:",
        on_click=_set_up,
        args=how,
        disabled=busy or lacks_mnist,
        help="Fetch the digits first."
        if lacks_mnist
        else "A new model from this seed. The session at hand is let go; save it first to keep it.",
    )
    st.button(
        "Beside",
        key=Keys.INSPECT_BESIDE,
        icon=":material/splitscreen_right:",
        on_click=_set_up_beside,
        args=(str(condition), _against(main, recipe, overrides)),
        disabled=busy or not alike or same,
        help="A second session on the same batches, brought to the same step; both are stepped together."
        if alike and not same
        else "Choose another condition or other options first, of the recipe and the seed that are set up.",
    )
    st.button(
        "Tear down",
        key=Keys.INSPECT_TEARDOWN,
        icon=":material/delete:",
        on_click=_tear_down,
        disabled=busy or main is None,
        help="Let go of model, history and snapshots.",
    )


def _against(main: InspectSession | None, recipe: Recipe, overrides: dict[str, Any]) -> dict[str, Any]:
    """Overrides of a session beside `main`, which has its own unless told that the default is meant."""
    changed = {} if main is None else main.overrides
    return {option.name: option.default for option in recipe.options if option.name in changed} | overrides


def _draw_options(recipe: Recipe) -> tuple[dict[str, Any], int]:
    """The options that were changed, by name, and the seed."""
    chosen: dict[str, Any] = {}
    options = {option.name: option for option in recipe.options}
    if algorithm := options.pop(ALGORITHM, None):
        chosen[ALGORITHM] = _draw_option(algorithm, width=140, label_visibility="collapsed")
    with st.popover("Options", key=Keys.INSPECT_OVERRIDES, icon=":material/tune:"):
        seed = st.number_input(
            "Seed", 0, 2**31 - 1, 0, key=Keys.INSPECT_SEED, width=260, help="Of weights and order of batches."
        )
        for option in options.values():
            chosen[option.name] = _draw_option(option, width=260)
        if recipe.fixed:
            st.caption(f"As the code says: {plain(', '.join(recipe.fixed))}. No box of a form can hold them.")
    defaults = {option.name: option.default for option in recipe.options}
    return {name: value for name, value in chosen.items() if value != defaults[name]}, int(seed)


def _draw_option(
    option: Option, width: int, label_visibility: Literal["visible", "collapsed"] = "visible"
) -> Any:
    key = f"{Keys.INSPECT_OVERRIDE}_{option.name}"
    if option.choices:
        return st.selectbox(
            plain(option.label),
            option.choices,
            index=option.choices.index(option.default),
            key=key,
            width=width,
            label_visibility=label_visibility,
        )
    if isinstance(option.default, int):
        return st.number_input(
            plain(option.label),
            max_value=option.most,
            value=option.default,
            step=1,
            key=key,
            width=width,
        )
    return st.number_input(
        plain(option.label),
        value=option.default,
        step=None if option.default is None else abs(option.default) / 10 or _SMALL_STEP,
        format="%.5g",
        key=key,
        width=width,
        placeholder="as the condition says",
    )


def _draw_stepping(main: InspectSession | None) -> None:
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


def _draw_job() -> None:
    """Progress, or what stopped the last work. Always something: a run that is cut short removes nothing."""
    inspecting, place = state.inspecting(), st.empty()
    work = inspecting.work
    job = work.job
    if job is not None and job.in_flight and (job.elapsed > _QUICK or work.ahead):
        does = f"waiting for {work.ahead}" if work.ahead else job.message or "under way"
        place.progress(job.fraction, f"{plain(job.label)}: {plain(does)}{time_left(job)}")
    elif lacking := _lacking_mnist():
        with place.container():
            draw_without_mnist(
                f"{plain(lacking)} steps a model through MNIST, one batch at a time.",
                workspace().mnist_fetch,
                inspecting.set_up_again,
            )
    elif work.problem:
        with place.container(horizontal=True, vertical_alignment="center"):
            st.error(plain(work.problem), icon=":material/error:")
            st.button("Dismiss", key=Keys.INSPECT_DISMISS, on_click=_dismiss)
    else:
        with place.container():
            _draw_stops(job)


def _lacking_mnist() -> str:
    """The recipe that is chosen or waits to be set up, where it needs digits that are not there."""
    inspecting, chosen = state.inspecting(), str(st.session_state.get(Keys.INSPECT_RECIPE))
    if inspecting.lacks_mnist(chosen):
        return chosen
    return inspecting.wanted if inspecting.needs_mnist else ""


def _draw_stops(job: Job | None) -> None:
    """Why the sessions are where they are."""
    if job is not None and job.status == JobStatus.CANCELLED:
        st.caption("Cancelled; the steps done so far are here.")
    for of in state.sessions():
        stop = of.state().stop
        if stop is not None:
            st.warning(plain(f"{of.condition}: {stop.message}"), icon=":material/front_hand:")
        if of.remark:
            st.warning(plain(of.remark), icon=":material/difference:")


_SMALL_STEP = 0.01  # of a box whose number begins at 0, or next to it
_QUICK = 0.4  # seconds of work that need no progress bar
_SOON = 0.1  # seconds to wait for what takes a few ms, as one batch: drawn once, it shows that


def _read_recipe() -> None:
    state.inspecting().recipes.refresh(str(st.session_state[Keys.INSPECT_RECIPE]), _SOON)


def _set_up(recipe: str, condition: str, seed: int, overrides: dict[str, Any]) -> None:
    state.choose(None)
    state.inspecting().setup(recipe, condition, seed, overrides)


def _set_up_beside(condition: str, overrides: dict[str, Any]) -> None:
    state.inspecting().beside(condition, overrides)


def _tear_down() -> None:
    state.choose(None)
    state.inspecting().teardown()


def _step(count: int, until: Until | None = None) -> None:
    inspecting = state.inspecting()
    inspecting.step(count, until)
    if count == 1 and inspecting.work.job is not None:
        inspecting.work.job.wait(_SOON)


def _run_until(most: int, until: Until) -> None:
    st.session_state[Keys.INSPECT_UNTIL] = False
    _step(most, until)


def _cancel() -> None:
    job = state.inspecting().work.job
    if job is not None:
        job.cancel()


def _dismiss() -> None:
    state.inspecting().work.dismiss()
