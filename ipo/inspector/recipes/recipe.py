"""A recipe: a function that prepares one training, with the conditions and options that it offers."""

import inspect
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from ipo.inspector.determinism import Randomness
from ipo.inspector.errors import UnknownName, unknown
from ipo.inspector.recipes.loop import setup_of
from ipo.inspector.recipes.options import Option
from ipo.inspector.training.setup import Setup

MOST_SEED = 2**63 - 1
NAMED_BESIDE = ("condition", "seed")  # which every recipe gets by these names, and no override


class Build(Protocol):
    """The function itself. Overrides are its further keyword arguments."""

    def __call__(self, condition: str, seed: int, **overrides: Any) -> Setup | Generator[Any, Any, Any]: ...


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
            raise UnknownName(unknown("condition", condition, self.conditions, owner=self.name))
        for name in NAMED_BESIDE:
            if name in overrides:
                raise UnknownName(f"{name} is not an override of {self.name}; it is named beside them.")
        if self.validate is not None:
            self.validate(condition, overrides)
            return
        names = keywords_of(self.build)
        for name in overrides:
            if names is not None and name not in names:
                raise UnknownName(unknown("override", name, names, owner=self.name))

    def setup(self, condition: str, seed: int, overrides: Mapping[str, Any]) -> Setup:
        """Build the training; what it draws from torch's random numbers follows from the seed."""
        if not 0 <= seed <= MOST_SEED:
            raise ValueError(f"seed is {seed}; a whole number from 0 to 2⁶³ − 1 would be right.")
        self.check(condition, overrides)
        randomness = Randomness(seed)
        with randomness():
            training = self.build(condition=condition, seed=seed, **overrides)
            if inspect.isgenerator(training):
                training = setup_of(self.name, training)
        if not isinstance(training, Setup):
            raise TypeError(
                f"{self.name} returned {type(training).__name__}; ipo.inspector.recipes.Setup would be right."
            )
        return replace(training, settings=randomness.settings)


def keywords_of(build: Callable[..., Any]) -> list[str] | None:
    """Overrides that a function takes; `None` if it takes anything."""
    parameters = inspect.signature(build).parameters.values()
    if any(parameter.kind == parameter.VAR_KEYWORD for parameter in parameters):
        return None
    return [parameter.name for parameter in parameters if parameter.name not in NAMED_BESIDE]
