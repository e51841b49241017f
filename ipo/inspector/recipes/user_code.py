"""Recipes that are functions of the user's: what their signatures say, and what they raise as sentences."""

import functools
import inspect
import math
from collections.abc import Callable
from dataclasses import replace
from enum import Enum
from typing import Any

import numpy as np

from ipo.claims import Claimed
from ipo.datasets.errors import DatasetError
from ipo.inspector.recipes import code
from ipo.inspector.recipes.code import RecipeError
from ipo.inspector.recipes.loop import setup_of
from ipo.inspector.recipes.options import Option
from ipo.inspector.recipes.recipe import NAMED_BESIDE, Build, Recipe
from ipo.inspector.training.setup import Setup
from ipo.jobs import Cancelled

_MOST_INTEGER = 2**53 - 1  # that a browser knows from its neighbours
_PASSING = (DatasetError, Claimed, Cancelled)  # which say by themselves what to do


def load_recipe(name: str) -> Recipe:
    """The recipe at `package.module:function`, as it is on disk now.

    Raises `RecipeError` for code that cannot be imported or makes no recipe.
    """
    found = code.load(name)
    with code.blaming(name):
        recipe = found if isinstance(found, Recipe) else _recipe_of(name, found)
        return _of_a_user(name, recipe)


def _recipe_of(name: str, found: Any) -> Recipe:
    """The recipe that a function of a user is."""
    if not callable(found):
        raise RecipeError(f"{name} is not a function but {type(found).__name__}.")
    try:
        options = parameters_as_options(found)
        taken = list(inspect.signature(found).parameters)
    except (ValueError, TypeError) as error:
        raise RecipeError(
            f"{name} does not say what it takes, so that it is not a recipe: {error}."
        ) from None
    asked = (*NAMED_BESIDE, *(option.name for option in options))
    fixed = tuple(parameter for parameter in taken if parameter not in asked)
    conditions = getattr(found, "conditions", ("default",))
    return Recipe(name, _adapted(found), conditions, label=name, options=options, fixed=fixed)


def _of_a_user(name: str, recipe: Recipe) -> Recipe:
    """A recipe from a user's module under the name it was asked for by, with what a form can hold."""
    conditions = recipe.conditions
    if not (isinstance(conditions, list | tuple) and conditions) or not all(
        isinstance(condition, str) and condition for condition in conditions
    ):
        raise RecipeError(f"The conditions of {name} are {conditions!r}; a tuple of names would be right.")
    offered = tuple(option for option in recipe.options if _can_be_asked_for(option))
    left = tuple(option.name for option in recipe.options if option not in offered)
    return replace(
        recipe,
        name=name,
        build=_guarded(name, _brought_to_its_first_yield(name, recipe.build)),
        conditions=tuple(conditions),
        default=recipe.default if recipe.default in conditions else conditions[0],
        options=offered,
        validate=None if recipe.validate is None else _guarded(name, recipe.validate),
        fixed=(*recipe.fixed, *left),
        sources=code.source_hashes(name.partition(":")[0]),
    )


def _brought_to_its_first_yield(name: str, build: Callable[..., Any]) -> Callable[..., Any]:
    """Of a generator that part runs here which prepares the training: it may raise as the recipe does."""

    @functools.wraps(build)
    def prepared(*args: Any, **keywords: Any) -> Any:
        made = build(*args, **keywords)
        return setup_of(name, made) if inspect.isgenerator(made) else made

    return prepared


def _guarded(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """What a user's function raises is said as a sentence."""

    @functools.wraps(function)
    def guarded(*args: Any, **keywords: Any) -> Any:
        with code.blaming(name, _PASSING):
            return function(*args, **keywords)

    return guarded


def parameters_as_options(function: Callable[..., Any]) -> tuple[Option, ...]:
    """The parameters of a function that a form can ask for: numbers and switches, which have a default."""
    options = [
        Option(
            parameter.name,
            parameter.default.item() if isinstance(parameter.default, np.generic) else parameter.default,
            parameter.name,
            (False, True) if isinstance(parameter.default, bool | np.bool) else (),
        )
        for parameter in inspect.signature(function).parameters.values()
        if parameter.name not in NAMED_BESIDE
    ]
    return tuple(option for option in options if option.default is not None and _can_be_asked_for(option))


def _can_be_asked_for(option: Option) -> bool:
    """Whether a box of a page can hold the default."""
    value = option.default
    if option.choices:
        return value in option.choices
    if isinstance(value, Enum) or not isinstance(value, int | float | None):
        return False
    return value is None or (
        math.isfinite(value) and (isinstance(value, float) or abs(value) <= _MOST_INTEGER)
    )


def _adapted(function: Callable[..., Any]) -> Build:
    """A function may leave out `condition` and `seed`."""
    taken = inspect.signature(function).parameters
    if {"condition", "seed"} <= set(taken) or any(p.kind == p.VAR_KEYWORD for p in taken.values()):
        return function

    def build(condition: str, seed: int, **overrides: Any) -> Setup:
        given = {"condition": condition, "seed": seed} | overrides
        training: Setup = function(**{name: value for name, value in given.items() if name in taken})
        return training

    build.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
    return build
