"""What can be stepped: a recipe is a function that prepares one training.

A recipe is found by name: one that was registered, or any importable function, `package.module:function`.
"""

import difflib
import functools
import inspect
import math
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Protocol

import numpy as np
from torch import Tensor, nn
from torch.optim import Optimizer

from ipo.claims import Claimed
from ipo.datasets.errors import DatasetError
from ipo.inspector.capture.snapshots import Derivation, Snapshot
from ipo.inspector.capture.step_inspector import StepInspector
from ipo.inspector.capture.tensors import TensorSpec
from ipo.inspector.determinism import Randomness
from ipo.inspector.recipes import code
from ipo.inspector.recipes.code import RecipeError
from ipo.inspector.training.trainer import Metrics, Trainer, TrainStep
from ipo.jobs import Cancelled

MOST_SEED = 2**63 - 1
BESIDE_OVERRIDES = ("condition", "seed")  # which every recipe gets by these names

_MOST_INTEGER = 2**53 - 1  # that a browser knows from its neighbours
_PASSING = (DatasetError, Claimed, Cancelled)  # which say by themselves what to do


class Handle(Protocol):
    """A hook that can be taken off again."""

    def remove(self) -> None: ...


class Stateful(Protocol):
    """What a checkpoint must hold besides model and optimizer."""

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state: dict[str, Any], /) -> None: ...


@dataclass(frozen=True)
class Observation:
    """What watches a training: hooks, and what is called after each backward."""

    metrics: Metrics
    handles: tuple[Handle, ...] = ()


@dataclass(frozen=True, eq=False)
class Setup:
    """One training, ready to run. Only the first four are needed; the rest makes more of it visible.

    A loader with `state_dict` and `load_state_dict` lets a session rewind from a checkpoint; with any other
    loader it replays from step 0.

    A loop that is not ours is a `step`: a function of the batch that does all that one step does (closure,
    scheduler, clipping, accumulation) and returns the loss. What it changes besides model, optimizer and
    gradients (schedulers, scalers, further optimizers) is to be named in `stateful`.
    """

    model: nn.Module
    loader: Iterable[Any]
    loss: Callable[[Any, Any], Tensor] | None  # (output, batch) → scalar; None with a `step`
    optimizer: Optimizer
    forward: Callable[[nn.Module, Any], Any] | None = None  # (model, batch) → output
    hooks: tuple[Handle, ...] = ()  # that belong to the training itself
    stateful: Mapping[str, Stateful] = field(default_factory=dict)
    observe: Callable[[StepInspector], Observation] | None = None
    specs: Mapping[str, TensorSpec] = field(default_factory=dict)
    derivations: tuple[Derivation, ...] = ()
    layers: tuple[str, ...] | None = None  # layers to capture by name; None: none if observed, else all
    outputs: bool = True  # also what goes out of these layers and what comes back, not only their weights
    sizes: Mapping[str, int] = field(default_factory=dict)
    image_shape: tuple[int, int] | None = None
    class_names: tuple[str, ...] = ()
    evaluate: Callable[[], float] | None = None  # loss on images that are not trained on
    resource: str = "model"  # what is claimed while a session has it
    check: Callable[[Snapshot], None] | None = None  # asserts the identities of one step
    step: TrainStep | None = None  # batch → loss: a whole step of a loop that is not ours
    settings: Mapping[str, Any] | None = None  # of torch, as they were when it was built

    def trainer(self) -> Trainer:
        return Trainer(self.model, self.loader, self.loss, self.optimizer, self.forward, self.step)


class Build(Protocol):
    """The function itself. Overrides are its further keyword arguments."""

    def __call__(self, condition: str, seed: int, **overrides: Any) -> Setup: ...


class UnknownName(ValueError):
    """A recipe, condition or override that does not exist; the message says which do."""


@dataclass(frozen=True)
class Option:
    """An override that a recipe understands, for forms."""

    name: str
    default: Any
    label: str
    choices: tuple[Any, ...] = ()
    most: int | None = None  # the largest whole number that can be asked for


@dataclass(frozen=True)
class Recipe:
    """A named recipe with the conditions and options that it offers."""

    name: str
    build: Build
    conditions: tuple[str, ...] = ("default",)
    default: str = "default"
    label: str = ""
    options: tuple[Option, ...] = ()
    goal: float = 0.12  # a loss worth running until, for forms
    validate: Callable[[str, Mapping[str, Any]], None] | None = None  # None: by the function's signature
    fixed: tuple[str, ...] = ()  # overrides that a form cannot ask for
    sources: Mapping[str, str] = field(default_factory=dict)  # sha256 of the user's files, by module
    needs_mnist: bool = False  # steps on the digits of the project folder

    def check(self, condition: str, overrides: Mapping[str, Any]) -> None:
        """Raises `UnknownName` or `ValueError` for what the recipe would not understand."""
        if condition not in self.conditions:
            raise UnknownName(unknown("condition", condition, self.conditions, of=self.name))
        for name in BESIDE_OVERRIDES:
            if name in overrides:
                raise UnknownName(f"{name} is no override of {self.name}; it is named beside them.")
        if self.validate is not None:
            self.validate(condition, overrides)
            return
        names = _keywords(self.build)
        for name in overrides:
            if names is not None and name not in names:
                raise UnknownName(unknown("override", name, names, of=self.name))

    def setup(self, condition: str, seed: int, overrides: Mapping[str, Any]) -> Setup:
        """Build the training; what it draws from torch's random numbers follows from the seed."""
        if not 0 <= seed <= MOST_SEED:
            raise ValueError(f"seed is {seed}; a whole number from 0 to 2⁶³ − 1 would be right.")
        self.check(condition, overrides)
        randomness = Randomness(seed)
        with randomness():
            made = self.build(condition=condition, seed=seed, **overrides)
        if not isinstance(made, Setup):
            raise TypeError(
                f"{self.name} returned {type(made).__name__}; ipo.inspector.recipes.Setup would be right."
            )
        return replace(made, settings=randomness.settings)


_offered = {"autoencoder_bcl": "ipo.inspector.recipes.autoencoder:RECIPE"}
_registered: dict[str, Recipe] = {}


def register(recipe: Recipe) -> None:
    """Offer a recipe under its name."""
    _registered[recipe.name] = recipe


def offer(name: str, place: str) -> None:
    """Offer the recipe at `package.module:name`, which is imported when somebody asks for it."""
    _offered[name] = place


def names() -> tuple[str, ...]:
    """Recipes that can be found by a plain name."""
    return tuple({**_offered, **_registered})


def find(name: str) -> Recipe:
    """A registered recipe, or what is at `package.module:function`, as it is on disk now.

    Raises `UnknownName`, and `RecipeError` for code of a user that cannot be imported or makes no recipe.
    """
    if name in _registered:
        return _registered[name]
    if name in _offered:
        offered = pkgutil.resolve_name(_offered[name])
        assert isinstance(offered, Recipe)
        return offered
    if ":" not in name:
        raise UnknownName(unknown("recipe", name, names()) + " Any function is package.module:function.")
    found = code.load(name)
    with code.blaming(name):
        recipe = found if isinstance(found, Recipe) else _recipe_of(name, found)
        return _of_a_user(name, recipe)


def unknown(kind: str, name: str, right: Iterable[str], of: str = "") -> str:
    """`Unknown condition 'slo' of autoencoder_bcl; did you mean 'slow'? Known are …`"""
    right = list(right)
    close = difflib.get_close_matches(name, right, 1)
    hint = f"; did you mean {close[0]!r}?" if close else "."
    known = f" Known are {', '.join(right)}." if right else f" No {kind} is known."
    return f"Unknown {kind} {name!r}{f' of {of}' if of else ''}{hint}{known}"


def _recipe_of(name: str, found: Any) -> Recipe:
    """The recipe that a function of a user is."""
    if not callable(found):
        raise RecipeError(f"{name} is no function but {type(found).__name__}.")
    try:
        options = options_of(found)
        taken = list(inspect.signature(found).parameters)
    except (ValueError, TypeError) as error:
        raise RecipeError(f"{name} does not say what it takes, so that it is no recipe: {error}.") from None
    asked = (*BESIDE_OVERRIDES, *(option.name for option in options))
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
        build=_guarded(name, recipe.build),
        conditions=tuple(conditions),
        default=recipe.default if recipe.default in conditions else conditions[0],
        options=offered,
        validate=None if recipe.validate is None else _guarded(name, recipe.validate),
        fixed=(*recipe.fixed, *left),
        sources=code.source_hashes(name.partition(":")[0]),
    )


def _guarded(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """What a user's function raises is said as a sentence."""

    @functools.wraps(function)
    def guarded(*args: Any, **keywords: Any) -> Any:
        with code.blaming(name, _PASSING):
            return function(*args, **keywords)

    return guarded


def _keywords(build: Callable[..., Any]) -> list[str] | None:
    """Overrides that a function takes; `None` if it takes anything."""
    parameters = inspect.signature(build).parameters.values()
    if any(parameter.kind == parameter.VAR_KEYWORD for parameter in parameters):
        return None
    return [parameter.name for parameter in parameters if parameter.name not in ("condition", "seed")]


def options_of(function: Callable[..., Any]) -> tuple[Option, ...]:
    """The parameters of a function that a form can ask for: numbers and switches, which have a default."""
    options = [
        Option(
            parameter.name,
            parameter.default.item() if isinstance(parameter.default, np.generic) else parameter.default,
            parameter.name,
            (False, True) if isinstance(parameter.default, bool | np.bool) else (),
        )
        for parameter in inspect.signature(function).parameters.values()
        if parameter.name not in BESIDE_OVERRIDES
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
        made: Setup = function(**{name: value for name, value in given.items() if name in taken})
        return made

    build.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
    return build
