"""What all figures share: size, axes, and colours that are told apart on light and on dark by every eye."""

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

# Blue and orange of Okabe & Ito, shifted to a contrast of 3 : 1 or more on white and on the dark page.
BLUE, ORANGE, GREY = "#2A86C8", "#C67A00", "#7F8B8F"
HEIGHT = 232

_FONT = 12


def figure(x: str, y: str, *, height: int = HEIGHT) -> go.Figure:
    """An empty figure with two titled axes."""
    axis = {"title_font_size": _FONT, "tickfont_size": _FONT, "title_standoff": 6, "automargin": True}
    return go.Figure(  # all at once: each update of a figure takes milliseconds
        layout={
            "height": height,
            "margin": {"l": 4, "r": 10, "t": 26, "b": 4},
            "font_size": _FONT,
            "hovermode": "x",
            "dragmode": False,
            "showlegend": True,
            "legend": {
                "orientation": "h",
                "x": 0,
                "y": 1,
                "xanchor": "left",
                "yanchor": "bottom",
                "font_size": _FONT,
            },
            "xaxis": {**axis, "title_text": x, "zeroline": False, "showgrid": False},
            "yaxis": {**axis, "title_text": y, "zeroline": False, "nticks": 6},
        }
    )


def add_band(
    chart: go.Figure, x: NDArray[np.number], low: NDArray[np.number], high: NDArray[np.number], colour: str
) -> None:
    """Shade between `low` and `high` `(p,)`."""
    chart.add_scatter(
        x=small(np.concatenate([x, x[::-1]])),
        y=small(np.concatenate([high, low[::-1]])),
        fill="toself",
        fillcolor=faint(colour),
        line_width=0,
        mode="lines",
        hoverinfo="skip",
        showlegend=False,
    )


def add_line(
    chart: go.Figure, x: NDArray[np.number], y: NDArray[np.number], name: str, colour: str, **more: object
) -> None:
    """A line with a marker at each of its points `(p,)`."""
    look = {"mode": "lines+markers", "line": {"color": colour, "width": 2}, "marker": {"size": 5}}
    chart.add_scatter(x=small(x), y=small(y), name=name, **(look | more))


def faint(colour: str, opacity: float = 0.18) -> str:
    """A colour `#rrggbb` that lets what is behind it through."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def small(values: NDArray[np.number]) -> NDArray[np.float32]:
    """Numbers as they travel to the browser."""
    return np.asarray(values, np.float32)


def signed(number: float, digits: int = 2) -> str:
    """A number with its sign, the minus as wide as the plus; zero has none."""
    text = f"{number:+.{digits}f}".replace("-", "−")
    return text if text.strip("+−0.") else text[1:]
