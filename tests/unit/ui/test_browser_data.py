"""What leaves Python for the browser is JSON that every browser parses, whichever component it is for."""

import importlib
import json
import math
import pkgutil
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

import ipo.ui
from ipo.api.browser_json import browser_json
from ipo.ui.components.browser_data import Component
from tests.support.app_server import ROOT

NUMBERS: dict[str, tuple[Any, Any]] = {
    "nan": (math.nan, None),
    "infinity": (math.inf, None),
    "less": (-math.inf, None),
    "numpy nan": (np.float32("nan"), None),
    "numpy infinity": (np.float64("-inf"), None),
    "numpy number": (np.float32(0.5), 0.5),
    "numpy whole": (np.int64(7), 7),
    "numpy truth": (np.bool_(True), True),
    "array": (np.array([[1.5, np.nan], [-np.inf, 2.0]], np.float32), [[1.5, None], [None, 2.0]]),
    "tuple": ((1, math.nan, "a"), [1, None, "a"]),
    "nested": ({"deep": [{"deeper": (np.float16("inf"),)}]}, {"deep": [{"deeper": [None]}]}),
    "numbered": ({3: math.nan}, {"3": None}),
}


def strictly(text: str) -> Any:
    """As a browser parses it."""

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    return json.loads(text, parse_constant=refuse)


def modules() -> list[ModuleType]:
    found = pkgutil.walk_packages(ipo.ui.__path__, "ipo.ui.")
    return [importlib.import_module(module.name) for module in found if module.name != "ipo.ui.main"]


def components() -> dict[str, tuple[str, str]]:
    """Every component of the app: its module and what it is called there."""
    return {
        value.name: (module.__name__, name)
        for module in modules()
        for name, value in vars(module).items()
        if isinstance(value, Component)
    }


def mounted(module: str, name: str) -> None:
    """A page with a component that is sent `NUMBERS`."""
    import importlib

    from tests.unit.ui.test_browser_data import NUMBERS

    component = getattr(importlib.import_module(module), name)
    component(key="tested", data={"numbers": {name: given for name, (given, _) in NUMBERS.items()}})


def test_every_component_of_the_app_goes_through_the_border() -> None:
    sources = [*(ROOT / "ipo").rglob("*.py"), *(ROOT / "pages").rglob("*.py")]
    past_it = [
        path.relative_to(ROOT)
        for path in sources
        if any(word in path.read_text() for word in ("components.v2", "components.v1", "declare_component"))
    ]
    assert past_it == [Path("ipo/ui/components/browser_data.py")]
    assert {"ipo_deck", "ipo_gallery", "ipo_tensors"} <= set(components())


@pytest.mark.parametrize("component", sorted(components()))
def test_no_component_is_sent_a_number_that_no_browser_parses(component: str) -> None:
    module, name = components()[component]
    page = AppTest.from_function(mounted, args=(module, name)).run()
    assert not page.exception
    (element,) = page.get("bidi_component")
    assert element.proto.component_name == component
    sent = strictly(element.proto.json)
    assert sent == {"numbers": {name: right for name, (_, right) in NUMBERS.items()}}


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text() | st.floats(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=12,
)


@given(value=_VALUES)
def test_whatever_is_sent_comes_through_with_nothing_but_missing_numbers_changed(value: Any) -> None:
    def expected(value: Any) -> Any:
        if isinstance(value, float) and not math.isfinite(value):
            return None
        if isinstance(value, list | tuple):
            return [expected(part) for part in value]
        if isinstance(value, dict):
            return {name: expected(part) for name, part in value.items()}
        return value

    assert strictly(json.dumps(browser_json(value))) == expected(value)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"rows": [{"png": b"\x89"}]}, "data.rows[0].png is bytes, which no browser reads"),
        ({"at": {1, 2}}, "data.at is set, which no browser reads"),
        ({(1, 2): 3}, "data has an entry named (1, 2); text would be right"),
        (np.array([1j]), "data[0] is complex, which no browser reads"),
    ],
)
def test_what_json_has_no_word_for_is_refused_by_its_place(value: Any, says: str) -> None:
    """Streamlit would send the text of the whole data instead, which no component understands."""
    with pytest.raises(TypeError) as caught:
        browser_json(value)
    assert str(caught.value).startswith(says)


def test_figures_leave_a_gap_where_a_number_is_missing() -> None:
    figure = go.Figure().add_scatter(x=[1, 2, 3], y=[1.0, math.nan, math.inf])
    figure.add_vline(x=math.nan)
    sent = strictly(figure.to_json())
    assert sent["data"][0]["y"] == [1.0, None, None]
