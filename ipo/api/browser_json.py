"""The border where data leave Python for a browser: JSON knows no NaN, no Inf and no numpy.

Python's own encoder writes `NaN` where a number is not there, which no browser parses; what goes out says
`null`.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np


def browser_json(value: Any, where: str = "data") -> Any:
    """The same as plain JSON: numbers that are not finite become `None`, arrays and tuples lists.

    Raises `TypeError` that names the place of anything else.
    """
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, np.generic | np.ndarray):
        return browser_json(value.tolist(), where)
    if isinstance(value, Mapping):
        return {_name(key, where): browser_json(part, f"{where}.{key}") for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [browser_json(part, f"{where}[{place}]") for place, part in enumerate(value)]
    raise TypeError(
        f"{where} is {type(value).__name__}, which no browser reads; "
        "numbers, text, lists or dicts would be right."
    )


def _name(key: Any, where: str) -> str:
    """The name of an entry: text, or a number as text, as JSON has it."""
    if isinstance(key, str | int):
        return str(key)
    raise TypeError(f"{where} has an entry named {key!r}; text would be right.")
