"""The figures of tensors: heatmap, thumbnails, neighbourhoods and bars, drawn by the browser from raw values.

Values travel once, as bytes with an address; colours, what the pointer is on and what is followed are the
browser's. Figures of one `draw` stand side by side in one component, because components cost.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from ipo.api.tensors import tensor_address
from ipo.services.tensor_store import TensorStore
from ipo.ui.components.browser_data import Component
from ipo.ui.components.bundle import shared_scripts
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
from ipo.ui.components.tensors.linked_selection import Followed

__all__ = [
    "FEATURE",
    "IMAGE",
    "Colours",
    "Figure",
    "Followed",
    "ScaleMode",
    "TensorId",
    "bars",
    "draw",
    "heatmap",
    "images",
    "matrix",
    "neighbourhoods",
    "weight_grid",
]

_HERE = Path(__file__).parent
_SCRIPTS = (
    *("shared.js", "numbers.js", "colours.js", "pictures.js", "tiles.js"),
    *("save.js", "figure.js", "tensors.js"),
)
_tensors = Component(
    "ipo_tensors",
    html='<section class="tensors"></section>\n',
    css=(_HERE / "tensors.css").read_text(),
    js=shared_scripts("mount", "keyboard", "theme")
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
    descriptions = [described(figure, store) for figure in figures]
    _check_keys([description["key"] for description in descriptions])

    def on_followed() -> None:
        state = st.session_state.get(key)
        update = followed.updated(state.get("followed") if state else None)
        if update is not followed:
            on_follow(update)

    _tensors(
        key=key,
        data={
            "key": key,
            "figures": descriptions,
            "followed": {
                "places": dict(followed.places),
                "number": followed.number,
                "origin": followed.origin,
            },
            "mode": str(scale_mode),
        },
        on_followed_change=on_followed,
        on_redraw_change=lambda: None,  # values had left the store: drawing puts them back
    )


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
