"""The figures of tensors: heatmap, thumbnails, neighbourhoods and bars, drawn by the browser from raw values.

Values travel once, as bytes with an address; colours, what the pointer is on and what is followed are the
browser's. Figures of one `draw` stand side by side in one component, because components cost.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ipo.api.inspector.tensors import tensor_address
from ipo.services.inspector.live_content import LiveContent
from ipo.services.inspector.tensor_store import TensorStore
from ipo.ui.components.browser_data import Component
from ipo.ui.components.live_source import live_source
from ipo.ui.components.tensors.describe import describe_together
from ipo.ui.components.tensors.figure import (
    FEATURE,
    IMAGE,
    Colours,
    Figure,
    ScaleMode,
    TensorId,
    bars,
    heatmap,
    images,
    matrix,
    neighbourhoods,
    weight_grid,
)
from ipo.ui.components.tensors.linked_selection import Followed, draw_following
from ipo.ui.components.tensors.sources import TENSORS

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

_tensors = Component("ipo_tensors", html=TENSORS.html, css=TENSORS.css, js=TENSORS.live_script)


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
    return describe_together(figures, lambda data, dtype: tensor_address(store.put(data, dtype)))
