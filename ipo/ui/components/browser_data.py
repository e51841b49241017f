"""The border where data leave Python for a component in the browser: JSON knows no NaN, no Inf and no numpy.

Streamlit writes `NaN` where a number is not there, which no browser parses, and the text of the whole data
where JSON has no word for a part of them. Every component of the app is a `Component`, and says `null`.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st


class Component:
    """A component of Streamlit (v2), made of these sources, whose data are plain JSON."""

    def __init__(self, name: str, *, html: str, js: str, css: str | None = None) -> None:
        self.name = name
        self._mount = st.components.v2.component(name, html=html, css=css, js=js)

    def __call__(self, *, data: Any = None, **how: Any) -> Any:
        """Draw it with `data`. Raises `TypeError` for data that JSON has no word for."""
        return self._mount(data=browser_json(data, self.name), **how)


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
