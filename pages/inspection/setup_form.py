"""The first line of the toolbar: which session to set up, with what."""

from typing import Any, Literal

import streamlit as st

from ipo.inspector.errors import UnknownName
from ipo.inspector.inspected import Inspected
from ipo.inspector.recipes import registry
from ipo.inspector.recipes.code import RecipeError
from ipo.inspector.recipes.options import Option
from ipo.inspector.recipes.recipe import Recipe
from ipo.keys import Keys
from ipo.ui.glossary import INSPECTOR, explain, more
from ipo.ui.text import in_words, plain
from pages.inspection import state
from pages.inspection.trainings import draw_trainings

SETUP_HELP = "\n\n".join(
    [
        "Builds a new model from what is chosen here. It takes the place of the present session; save "
        "that first to "
        "keep it.",
        explain(INSPECTOR, "recipe", "condition", "mask", "pull"),
        more(),
    ]
)
BESIDE_HELP = INSPECTOR["beside"]
ALGORITHM = "algorithm"  # the option that has a place of its own
_SMALL_STEP = 0.01  # of a box whose number begins at 0, or next to it


def draw_setup(main: Inspected | None) -> None:
    """What to set up, and what differs from the session at hand."""
    name = st.selectbox(
        "Recipe",
        registry.names(),
        key=Keys.INSPECT_RECIPE,
        accept_new_options=True,
        on_change=_read_recipe,
        format_func=lambda name: in_words(name) if name in registry.names() else name,
        width=160,
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
            help="Reads the code again, once you have corrected it.",
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
        format_func=in_words,
        width=130,
        label_visibility="collapsed",
    )
    overrides, seed = _draw_options(recipe)
    how = recipe.name, str(condition), seed, overrides
    same = main is not None and how == (main.recipe, main.condition, main.seed, dict(main.overrides))
    alike = main is not None and (recipe.name, seed) == (main.recipe, main.seed)
    busy = state.inspecting().work.lasting
    lacks_mnist = state.inspecting().lacks_mnist(recipe.name)
    st.button(
        "Set up afresh" if main else "Set up",
        key=Keys.INSPECT_SETUP,
        type="secondary" if same or lacks_mnist else "primary",
        icon=":material/restart_alt:",
        on_click=_set_up,
        args=how,
        disabled=busy or lacks_mnist,
        help="Fetch the digits first." if lacks_mnist else SETUP_HELP,
    )
    st.button(
        "Beside",
        key=Keys.INSPECT_BESIDE,
        icon=":material/splitscreen_right:",
        on_click=_set_up_beside,
        args=(str(condition), _against(main, recipe, overrides)),
        disabled=busy or not alike or same,
        help=BESIDE_HELP
        if alike and not same
        else BESIDE_HELP + " First choose another condition or other options, with the same recipe and seed.",
    )
    st.button(
        "Tear down",
        key=Keys.INSPECT_TEARDOWN,
        icon=":material/delete:",
        on_click=_tear_down,
        disabled=busy or main is None,
        help=INSPECTOR["tear down"],
    )
    draw_trainings()


def _against(main: Inspected | None, recipe: Recipe, overrides: dict[str, Any]) -> dict[str, Any]:
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
            "Seed",
            0,
            2**31 - 1,
            0,
            key=Keys.INSPECT_SEED,
            width=260,
            help="Decides the first weights and the order of the batches.",
        )
        for option in options.values():
            chosen[option.name] = _draw_option(option, width=260)
        if recipe.fixed:
            st.caption(f"Set in the code and not here: {plain(', '.join(recipe.fixed))}.")
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
            format_func=lambda choice: in_words(str(choice)),
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


def _read_recipe() -> None:
    state.inspecting().recipes.refresh(str(st.session_state[Keys.INSPECT_RECIPE]), state.SOON_SECONDS)


def _set_up(recipe: str, condition: str, seed: int, overrides: dict[str, Any]) -> None:
    state.choose(None)
    state.inspecting().setup(recipe, condition, seed, overrides)


def _set_up_beside(condition: str, overrides: dict[str, Any]) -> None:
    state.inspecting().beside(condition, overrides)


def _tear_down() -> None:
    state.choose(None)
    state.inspecting().teardown()
