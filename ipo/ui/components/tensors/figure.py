"""What to draw: one tensor, how its axes are named, and which colours its values get.

Pure builders: they check shapes and copy nothing; values are encoded when they are drawn. An axis is named
by the noun for one of its places; figures with the same axis share what is followed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

IMAGE, FEATURE = "image", "feature"  # the axes that are followed
IMAGES_PER_ROW = 16

Range = tuple[float, float]


class Kind(StrEnum):
    """How the browser lays a tensor out."""

    HEATMAP = "heatmap"
    TILES = "tiles"
    NEIGHBOURHOODS = "neighbourhoods"
    BARS = "bars"


class Colours(StrEnum):
    """What a value looks like."""

    SEQUENTIAL = "sequential"  # viridis from the lowest to the highest
    DIVERGING = "diverging"  # blue, white, red; white at zero, both sides as far as the farther one
    COSINE = "cosine"  # as diverging, always −1 … 1
    GREY = "grey"  # black to white, always 0 … 1 (0 … 255 for bytes)


class ScaleMode(StrEnum):
    """What the ends of a colour scale are taken from. Figures with a fixed scale keep theirs."""

    PANELS = "panels"  # `panels` of the figure: what it is compared with has the same; without, as `GRID`
    TILE = "tile"  # each thumbnail by itself; elsewhere as `GRID`
    GRID = "grid"  # the whole tensor of this step
    LOCKED = "locked"  # `locked` of the figure, or else the range at the step at which it was locked


@dataclass(frozen=True)
class TensorId:
    """Which tensor a figure is of, and of which step; figures beside each other differ in session or key."""

    session: str
    step: int
    key: str


@dataclass(frozen=True, eq=False)
class Tensor:
    """Values, and what they are."""

    id: TensorId
    values: NDArray[np.generic]


@dataclass(frozen=True, eq=False)
class Figure:
    """One tensor to draw; made by the builders below."""

    kind: Kind
    name: str
    tensor: Tensor
    axes: tuple[str, ...]
    colours: Colours
    fixed: Range | None = None
    locked: Range | None = None
    panels: Range | None = None  # over all figures that it is compared with
    square: bool = False
    tile: tuple[int, int] | None = None  # height and width
    per_row: int = 0
    labels: tuple[str, ...] = ()
    weights: Tensor | None = None  # neighbourhoods: what the indices point at
    zoom: int | None = None  # screen pixels per value of a thumbnail, instead of what fits


def heatmap(
    name: str,
    values: ArrayLike,
    id_: TensorId,
    *,
    rows: str = IMAGE,
    columns: str = FEATURE,
    colours: Colours = Colours.SEQUENTIAL,
    locked: Range | None = None,
) -> Figure:
    """`(M, N)`, one cell per value."""
    array = _array(name, values, 2)
    return Figure(
        Kind.HEATMAP,
        _named(name, values),
        Tensor(id_, array),
        (rows, columns),
        colours,
        _fixed(colours, array),
        locked,
    )


def matrix(
    name: str,
    values: ArrayLike,
    id_: TensorId,
    *,
    axis: str = FEATURE,
    colours: Colours = Colours.COSINE,
    locked: Range | None = None,
) -> Figure:
    """`(D, D)` with square cells; both axes are the same one."""
    array = _array(name, values, 2)
    if array.shape[0] != array.shape[1]:
        raise ValueError(f"{name}: a matrix has as many rows as columns, not {_by(array.shape)}.")
    tensor = Tensor(id_, array)
    return Figure(
        Kind.HEATMAP, name, tensor, (axis, axis), colours, _fixed(colours, array), locked, square=True
    )


def weight_grid(
    name: str,
    values: ArrayLike,
    id_: TensorId,
    *,
    shape: tuple[int, int],
    axis: str = FEATURE,
    colours: Colours = Colours.DIVERGING,
    locked: Range | None = None,
    per_row: int | None = None,
    zoom: int | None = None,
) -> Figure:
    """`(D, F)` as D thumbnails of `shape` (height, width), as many in a row as there are rows."""
    array = _array(name, values, 2)
    _check_tile(name, array, shape)
    return Figure(
        Kind.TILES,
        name,
        Tensor(id_, array),
        (axis,),
        colours,
        _fixed(colours, array),
        locked,
        tile=shape,
        per_row=per_row or int(np.ceil(np.sqrt(len(array)))),
        zoom=zoom,
    )


def images(
    name: str,
    values: ArrayLike,
    id_: TensorId,
    *,
    shape: tuple[int, int] | None = None,
    labels: Sequence[object] = (),
    axis: str = IMAGE,
    per_row: int = IMAGES_PER_ROW,
    zoom: int | None = None,
) -> Figure:
    """`(B, H, W)`, or `(B, F)` with `shape`: grey images in [0, 1], or of bytes, with a label under each."""
    array = np.asarray(values)
    if array.ndim == 3 and shape is None:
        shape = (array.shape[1], array.shape[2])
        array = array.reshape(len(array), -1)
    array = _array(name, array, 2)
    if shape is None:
        raise ValueError(f"{name}: flat images of {array.shape[1]} values need their `shape`.")
    _check_tile(name, array, shape)
    if len(labels) not in (0, len(array)):
        raise ValueError(f"{name}: {len(labels)} labels for {len(array)} images.")
    return Figure(
        Kind.TILES,
        name,
        Tensor(id_, array),
        (axis,),
        Colours.GREY,
        _fixed(Colours.GREY, array),
        tile=shape,
        per_row=per_row,
        labels=tuple(str(label) for label in labels),
        zoom=zoom,
    )


def neighbourhoods(
    name: str,
    indices: ArrayLike,
    id_: TensorId,
    *,
    weights: ArrayLike,
    weights_id: TensorId,
    shape: tuple[int, int],
    axis: str = FEATURE,
    colours: Colours = Colours.DIVERGING,
    zoom: int | None = None,
) -> Figure:
    """`(D, K)` rows of `weights` `(D, F)`: each feature's thumbnail, then its K neighbours'."""
    array, looked_up = _array(name, indices, 2), _array(name, weights, 2)
    _check_tile(name, looked_up, shape)
    if len(array) != len(looked_up):
        raise ValueError(f"{name}: neighbours of {len(array)} features, but {len(looked_up)} weights.")
    if array.size and not (array.min() >= 0 and array.max() < len(looked_up)):
        raise ValueError(f"{name}: neighbours are indices from 0 to {len(looked_up) - 1}.")
    return Figure(
        Kind.NEIGHBOURHOODS,
        name,
        Tensor(id_, array),
        (axis,),
        colours,
        _fixed(colours, looked_up),
        tile=shape,
        weights=Tensor(weights_id, looked_up),
        zoom=zoom,
    )


def bars(
    name: str,
    values: ArrayLike,
    id_: TensorId,
    *,
    axis: str = FEATURE,
    colours: Colours = Colours.SEQUENTIAL,
    locked: Range | None = None,
) -> Figure:
    """`(N,)` from zero; `DIVERGING` tells the two signs apart by colour."""
    array = _array(name, values, 1)
    return Figure(
        Kind.BARS, _named(name, values), Tensor(id_, array), (axis,), colours, _fixed(colours, array), locked
    )


def _array(name: str, values: ArrayLike, ndim: int) -> NDArray[np.generic]:
    array: NDArray[np.generic] = np.asarray(values)
    if not array.size:
        raise ValueError(f"{name} is empty in this step: {_by(array.shape)}.")
    if np.iscomplexobj(array):
        array = np.abs(array)
    if array.ndim != ndim:
        wanted = {1: "one axis", 2: "two axes"}[ndim]
        raise ValueError(f"{name}: this figure draws {wanted} of values, not {_by(array.shape)}.")
    return array


def _check_tile(name: str, array: NDArray[np.generic], shape: tuple[int, int]) -> None:
    if array.shape[1] != shape[0] * shape[1]:
        raise ValueError(f"{name}: {array.shape[1]} values do not fill a thumbnail of {_by(shape)}.")


def _named(name: str, values: ArrayLike) -> str:
    """The name of what is drawn of values: |z| of complex ones."""
    return f"|z| of {name}" if np.iscomplexobj(values) else name


def _fixed(colours: Colours, array: NDArray[np.generic]) -> Range | None:
    if colours == Colours.COSINE:
        return -1.0, 1.0
    if colours == Colours.GREY:
        return 0.0, 255.0 if array.dtype == np.uint8 else 1.0
    return None


def _by(shape: Sequence[int]) -> str:
    return " × ".join(str(length) for length in shape) or "a single value"
