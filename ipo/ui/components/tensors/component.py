"""The figures of tensors: heatmap, thumbnails, neighbourhoods and bars, drawn by the browser from raw values.

Values travel once, as bytes with an address; colours, what the pointer is on and what is followed are the
browser's. Figures of one `draw` stand side by side in one component, because components cost.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ipo.api.inspector.tensors import tensor_address
from ipo.services.inspector.live_content import LiveContent
from ipo.services.inspector.tensor_store import TensorStore
from ipo.ui.components.browser_data import Component
from ipo.ui.components.bundle import shared_scripts
from ipo.ui.components.live_source import live_source
from ipo.ui.components.tensors.encode import encode
from ipo.ui.components.tensors.figure import (
    FEATURE,
    IMAGE,
    Colours,
    Figure,
    ScaleMode,
    Tensor,
    TensorId,
    bars,
    heatmap,
    images,
    matrix,
    neighbourhoods,
    weight_grid,
)
from ipo.ui.components.tensors.linked_selection import Followed, draw_following

__all__ = [
    "FEATURE",
    "IMAGE",
    "Colours",
    "Figure",
    "Followed",
    "ScaleMode",
    "TensorId",
    "bars",
    "described_together",
    "draw",
    "draw_live",
    "heatmap",
    "images",
    "matrix",
    "neighbourhoods",
    "weight_grid",
]

_HERE = Path(__file__).parent
_SCRIPTS = (
    *("shared.js", "colours.js", "pictures.js", "tiles.js"),
    *("save.js", "figure.js", "tensors.js"),
)
_tensors = Component(
    "ipo_tensors",
    html='<section class="tensors"></section><div class="says"></div>\n',
    css=(_HERE / "tensors.css").read_text(),
    js=shared_scripts("mount", "keyboard", "theme", "numbers", "versions", "live")
    + "".join((_HERE / name).read_text() for name in _SCRIPTS),
)


def draw(
    figures: Sequence[Figure],
    *,
    store: TensorStore,
    followed: Followed,
    on_follow: Callable[[Followed], None],
    key: str,
    scale_mode: ScaleMode = ScaleMode.GRID,
) -> None:
    """Draw figures side by side, in as many rows as it takes.

    A click in the browser shows at once in every figure of the page and then calls `on_follow` with what is
    followed now, before the rerun of the fragment that this stands in.
    """
    shown = {"figures": described_together(figures, store), "mode": str(scale_mode)}
    draw_following(_tensors, shown, followed, on_follow, key=key)


def draw_live(
    live: LiveContent,
    content: Callable[[], Mapping[str, Any] | None],
    *,
    followed: Followed,
    on_follow: Callable[[Followed], None],
    key: str,
) -> None:
    """`draw`, again whenever the figures may be others, without a run of the page.

    `content` gives `{"figures": described_together(…), "says": […]}`, on threads of the server, or
    `None` for nothing; what it says stands below the figures.
    """
    shown = {"source": live_source(live, key, content), "mode": str(ScaleMode.GRID)}
    draw_following(_tensors, shown, followed, on_follow, key=key)


def described_together(figures: Sequence[Figure], store: TensorStore) -> list[dict[str, Any]]:
    """Figures that stand side by side, as the browser reads them. Raises `ValueError` for two of one key."""
    descriptions = [described(figure, store) for figure in figures]
    _check_keys([description["key"] for description in descriptions])
    return descriptions


def described(figure: Figure, store: TensorStore) -> dict[str, Any]:
    """A figure as the browser reads it."""
    id_ = figure.tensor.id
    return {
        "key": f"{id_.session}/{id_.key}",
        "kind": str(figure.kind),
        "name": figure.name,
        "step": id_.step,
        "tensor": _stored(figure.tensor, store),
        "weights": None if figure.weights is None else _stored(figure.weights, store),
        "axes": figure.axes,
        "colours": str(figure.colours),
        "fixed": figure.fixed,
        "locked": figure.locked,
        "panels": figure.panels,
        "square": figure.square,
        "tile": figure.tile,
        "perRow": figure.per_row,
        "labels": figure.labels,
        "zoom": figure.zoom,
    }


def _check_keys(keys: Sequence[str]) -> None:
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise ValueError(
            f"Two figures beside each other are both {', '.join(twice)}: give them keys of their own."
        )


def _stored(tensor: Tensor, store: TensorStore) -> dict[str, Any]:
    encoded = encode(tensor.values)
    return {
        "address": tensor_address(store.put(encoded.data, encoded.dtype)),
        "dtype": encoded.dtype,
        "unit": encoded.unit,
        "shape": encoded.shape,
        "low": encoded.low,
        "high": encoded.high,
        "nan": encoded.nan,
        "inf": encoded.inf,
    }
