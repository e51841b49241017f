"""From a tensor and its spec to a figure."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ipo.inspector.capture.layers import layer_spec
from ipo.inspector.capture.snapshots import Snapshot
from ipo.inspector.capture.tensors import Renderer, Scale, StepTensorKey, TensorSpec
from ipo.inspector.session import InspectSession
from ipo.ui.components.tensors.component import (
    FEATURE,
    IMAGE,
    Colours,
    Figure,
    TensorId,
    bars,
    draw,
    heatmap,
    images,
    matrix,
    neighbourhoods,
    weight_grid,
)
from ipo.ui.components.tensors.figure import Tensor
from ipo.ui.runtime.process import workspace
from ipo.ui.text import plain
from pages.inspection import state
from pages.inspection.state import Shown

AXES = {"B": IMAGE, "D": FEATURE, "K": "neighbour", "F": "input"}
COLOURS = {
    Scale.SEQUENTIAL: Colours.SEQUENTIAL,
    Scale.DIVERGING: Colours.DIVERGING,
    Scale.UNIT: Colours.COSINE,
}


def draw_tensors(shown: Shown, keys: Iterable[str], *, key: str) -> None:
    """Draw those of these tensors that the step has, side by side."""
    if shown.snapshot is None:
        return
    figures = []
    for name in keys:
        if name in shown.snapshot:
            try:
                figures.append(figure(shown.session, shown.snapshot, name))
            except (ValueError, TypeError) as error:  # tensors of any kind: each costs its own figure only
                st.caption(plain(str(error)))
    if figures:
        draw_figures(figures, key=key)


def draw_figures(figures: list[Figure], *, key: str) -> None:
    draw(
        figures,
        store=workspace().tensors,
        followed=state.followed(),
        on_follow=state.follow,
        key=key,
    )


def figure(session: InspectSession, snapshot: Snapshot, key: str) -> Figure:
    """The figure that a tensor's spec asks for."""
    spec, values = session.specs[key], snapshot[key]
    id_, colours = tensor_id(session, snapshot, key), COLOURS[spec.scale]
    if len(spec.dims) != values.ndim:  # it had other axes in this step than in the last
        spec = layer_spec(key, tuple(f"axis{at}" for at in range(values.ndim)), spec.phase, spec.label)
    axes = [axis(dim) for dim in spec.dims]
    shape = session.image_shape or (1, session.sizes.get("F", 1))
    if key == StepTensorKey.NEIGHBORS:
        weights = StepTensorKey.ENCODER_WEIGHTS
        return neighbourhoods(
            spec.label,
            values,
            id_,
            weights=snapshot[weights],
            weights_id=tensor_id(session, snapshot, weights),
            shape=shape,
        )
    if is_tiles(session, spec):
        if spec.renderer == Renderer.IMAGES:
            return images(spec.label, values, id_, shape=shape, labels=labels(snapshot, spec), axis=axes[0])
        return weight_grid(spec.label, values, id_, shape=shape, axis=axes[0], colours=colours)
    if spec.renderer == Renderer.BARS:
        return bars(spec.label, values, id_, axis=axes[0], colours=colours)
    if spec.renderer == Renderer.MATRIX:
        return matrix(spec.label, values, id_, axis=axes[0])
    if not axes:
        raise ValueError(f"{spec.label} is one number in this step: {values[()]:.4g}.")
    rows, *others = axes
    columns = others[0] if len(others) == 1 else "value"
    flat = values.reshape(len(values), -1) if values.size else values
    return heatmap(spec.label, flat, id_, rows=rows, columns=columns, colours=colours)


def labels(snapshot: Snapshot, spec: TensorSpec) -> tuple[str, ...]:
    """What stands under each image of a tensor."""
    found = snapshot.get(spec.labels)
    return () if found is None else tuple(str(int(label)) for label in found)


def axis(dim: str) -> str:
    """The noun for one place of a named axis; `conv1.out` is an output of layer conv1."""
    layer, _, side = dim.rpartition(".")
    nouns = {"out": "output", "in": "input"}
    return AXES.get(dim) or (f"{layer} {nouns[side]}" if side in nouns else dim)


def is_tiles(session: InspectSession, spec: TensorSpec) -> bool:
    """Whether the rows of a tensor fill images; those of a user's module may not."""
    tiled = spec.renderer in (Renderer.IMAGES, Renderer.WEIGHT_GRID)
    height, width = session.image_shape or (0, 0)
    return tiled and session.sizes.get(spec.dims[-1]) == height * width


def tensor_id(session: InspectSession, snapshot: Snapshot, key: str) -> TensorId:
    """A tensor of a step; after a rewind the same step is another run of it."""
    return TensorId(session.id, snapshot.step, key)


def with_values(like: Figure, values: NDArray[np.float32], id_: TensorId) -> Figure:
    """The same figure of other values."""
    return replace(like, tensor=Tensor(id_, values))
