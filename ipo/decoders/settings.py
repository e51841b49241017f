"""What can be chosen about a decoder: declared by it, drawn by the page, kept in every row."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_MOST_NUMBER = 2**63  # far beyond it a whole number is more than a float can hold

Value = int | float | str | bool
Settings = Mapping[str, Value]


@dataclass(frozen=True)
class Setting:
    """One choice. Its kind is that of its default: a switch, a number or text; or one of `choices`.

    What changes no pixels (where to compute, how much memory to take) is no part of a session.
    """

    name: str  # in rows and addresses
    label: str  # on the page
    default: Value
    help: str = ""
    choices: tuple[Value, ...] = ()  # nothing else is right, if there are any
    low: float = -math.inf  # of a number
    high: float = math.inf
    step: float | None = None
    changes_pixels: bool = True

    def parse(self, value: object) -> Value:
        """A value as it is kept. Raises `ValueError` with what would be right."""
        if self.choices:
            for choice in self.choices:
                if value == choice and isinstance(value, bool) == isinstance(choice, bool):
                    return choice
            right = " or ".join(map(str, self.choices))
            raise ValueError(f"{self.label} is {value!r}; {right} would be right.")
        if isinstance(self.default, bool):
            if isinstance(value, bool):
                return value
            raise ValueError(f"{self.label} is {value!r}; true or false would be right.")
        if isinstance(self.default, str):
            if isinstance(value, str):
                return value
            raise ValueError(f"{self.label} is {value!r}; text would be right.")
        return self._parse_number(value)

    def _parse_number(self, value: object) -> int | float:
        whole = isinstance(self.default, int)
        if (
            not isinstance(value, int | float)
            or isinstance(value, bool)
            or not self.low <= value <= self.high
            or not -_MOST_NUMBER <= value <= _MOST_NUMBER
            or (whole and value != int(value))
        ):
            kind = "a whole number" if whole else "a number"
            within = f" from {self.low:g} to {self.high:g}" if math.isfinite(self.high - self.low) else ""
            raise ValueError(f"{self.label} is {value!r}; {kind}{within} would be right.")
        return int(value) if whole else float(value)


def complete(declared: Iterable[Setting], chosen: Settings) -> dict[str, Value]:
    """Every declared setting, as chosen or by default; those that are not declared are left out.

    Raises `ValueError` for a value that is not right.
    """
    return {one.name: one.parse(chosen.get(one.name, one.default)) for one in declared}


def pixel_settings(declared: Iterable[Setting], chosen: Settings) -> dict[str, Value]:
    """Those settings that an image depends on. Raises `ValueError` for a value that is not right."""
    return complete((one for one in declared if one.changes_pixels), chosen)
