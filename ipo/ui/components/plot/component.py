"""A Plotly figure that stays on the page: another one under the same key is drawn in its place.

`st.plotly_chart` takes a changed figure for a new chart, and its place is empty until Plotly has drawn anew.
"""

from collections.abc import Callable
from pathlib import Path

import plotly.graph_objects as go
import streamlit as st

from ipo.api.plotly_script import script_address
from ipo.ui.components.browser_data import Component
from ipo.ui.components.bundle import shared_scripts

_HERE = Path(__file__).parent
_plot = Component(
    "ipo_plot",
    html='<div class="plot"></div>\n',
    js=shared_scripts("mount", "theme") + (_HERE / "plot.js").read_text(),
    isolate_styles=False,  # Plotly's own go to the head of the page
)


def plot(figure: go.Figure, *, key: str, on_click: Callable[[float, float], None] | None = None) -> None:
    """Draw a figure in the colours of the page; it says its own height.

    `on_click` gets x and y of the point that was clicked, before the rerun of the fragment that this
    stands in.
    """

    def on_point() -> None:
        state = st.session_state.get(key)
        point = state.get("point") if state else None
        match point:
            case [int() | float() as x, int() | float() as y] if on_click is not None:
                on_click(float(x), float(y))

    _plot(
        key=key,
        data={
            "key": key,
            "script": script_address(),
            "figure": figure.to_json(),
            "height": figure.layout.height,
        },
        on_point_change=on_point,
    )
