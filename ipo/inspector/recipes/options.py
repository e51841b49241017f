"""Options of a recipe, said once: as fields of a dataclass, from which forms and checks follow.

@dataclass(frozen=True)
class Options:
    features: int = option(64, "Features D", most=4096)
"""

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, TypeVar

from ipo.inspector.errors import UnknownName, unknown

_OPTION = "option"  # in the metadata of a field

T = TypeVar("T")


@dataclass(frozen=True)
class Option:
    """An override that a recipe understands, for forms."""

    name: str
    default: Any
    label: str
    choices: tuple[Any, ...] = ()
    most: int | None = None  # the largest whole number that can be asked for


def option(default: Any, label: str, *, choices: Iterable[Any] = (), most: int | None = None) -> Any:
    """A field of a dataclass of options. `None` as the default: what the condition says."""
    return field(default=default, metadata={_OPTION: (label, tuple(choices), most)})


def options_of(options: type[Any]) -> tuple[Option, ...]:
    """The options that a dataclass says, in order."""
    return tuple(_option(declared) for declared in fields(options))


def parse_options(options: type[T], overrides: Mapping[str, Any], owner: str) -> T:
    """The options with these overrides.

    Raises `UnknownName` for an override or a choice that does not exist, `ValueError` for too large a number.
    """
    offered = {each.name: each for each in options_of(options)}
    for name in overrides:
        if name not in offered:
            raise UnknownName(unknown("override", name, offered, owner=owner))
    for name, value in overrides.items():
        choices, most = offered[name].choices, offered[name].most
        if choices and value not in choices:
            raise UnknownName(unknown(name, str(value), map(str, choices), owner=owner))
        if most is not None and isinstance(value, int) and value > most:
            raise ValueError(f"{name} is {value}; at most {most} would be right.")
    return options(**overrides)


def _option(declared: Field[Any]) -> Option:
    assert declared.default is not MISSING
    label, choices, most = declared.metadata[_OPTION]
    return Option(declared.name, declared.default, label, choices, most)
