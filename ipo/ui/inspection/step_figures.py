"""From a tensor and its spec to a figure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ipo.inspector.capture.layers import layer_spec
from ipo.inspector.capture.snapshots import Snapshot
from ipo.inspector.capture.tensors import Renderer, Scale, StepTensorKey, TensorSpec
from ipo.ui.components.tensors.figure import (
    FEATURE,
    IMAGE,
    Colours,
    Figure,
    Tensor,
    TensorId,
    bars,
    heatmap,
    images,
    matrix,
    neighbourhoods,
    weight_grid,
)
from ipo.ui.components.tensors.pooling import MOST_CELLS, first_tiles, grouped, pooled
from ipo.ui.inspection.summary_figures import channel_axis, in_words, summary_figures

AXES = {"B": IMAGE, "D": FEATURE, "K": "neighbour", "F": "input"}
COLOURS = {
    Scale.SEQUENTIAL: Colours.SEQUENTIAL,
    Scale.DIVERGING: Colours.DIVERGING,
    Scale.UNIT: Colours.COSINE,
}


class Drawn(Protocol):
    """What figures ask of a training: a session, or a file of one."""

    @property
    def id(self) -> str: ...

    @property
    def specs(self) -> Mapping[str, TensorSpec]: ...

    @property
    def sizes(self) -> Mapping[str, int]: ...

    @property
    def image_shape(self) -> tuple[int, int] | None: ...


def figures_of(drawn: Drawn, snapshot: Snapshot, keys: Sequence[str]) -> tuple[list[Figure], list[str]]:
    """Those of these tensors that a step has: what cannot be drawn costs its own figure only, and is said.

    Of those that are not whole it draws what their summaries say.
    """
    figures, says = [], []
    for key in keys:
        try:
            if key in snapshot:
                figures.append(figure(drawn, snapshot, key))
            elif key in snapshot.summaries:
                figures += _summary(drawn, snapshot, key)
                says.append(f"{drawn.specs[key].label}: {in_words(snapshot.summaries[key])}")
        except (ValueError, TypeError) as error:
            says.append(str(error))
    return figures, says


def figure(session: Drawn, snapshot: Snapshot, key: str) -> Figure:
    """The figure that a tensor's spec asks for. Raises `ValueError` for values that no figure is of."""
    spec, values = session.specs[key], snapshot[key]
    if len(spec.dims) != values.ndim:  # it had other axes in this step than in the last
        spec = layer_spec(key, tuple(f"axis{place}" for place in range(values.ndim)), spec.phase, spec.label)
    tensor = StepTensor(session, snapshot, key, spec)
    if key == StepTensorKey.NEIGHBORS:
        return _neighbourhoods(tensor)
    if spec.renderer in TILED and not is_tiles(session, spec):
        return _heatmap(tensor)
    return BUILDERS[spec.renderer](tensor)


def batch_figure(drawn: Drawn, snapshot: Snapshot) -> Figure:
    """The images of the batch, which the step has, with their labels. Raises as `figure`."""
    made = figure(drawn, snapshot, StepTensorKey.BATCH_IMAGES)
    under = drawn.specs[StepTensorKey.BATCH_IMAGES].labels if made.labels else ""
    says = f", {drawn.specs[under].label.lower()} under each" if under else ""
    return replace(made, name=f"Batch of step {snapshot.step}{says}")


@dataclass(frozen=True)
class StepTensor:
    """A tensor of a step, with what its figure needs to know."""

    session: Drawn
    snapshot: Snapshot
    key: str
    spec: TensorSpec

    @property
    def values(self) -> NDArray[np.generic]:
        return self.snapshot[self.key]

    @property
    def id(self) -> TensorId:
        return tensor_id(self.session, self.snapshot, self.key)

    @property
    def axes(self) -> list[str]:
        return [axis(dim) for dim in self.spec.dims]

    @property
    def colours(self) -> Colours:
        return COLOURS[self.spec.scale]

    @property
    def tile(self) -> tuple[int, int]:
        return self.session.image_shape or (1, self.session.sizes.get("F", 1))


def _images(tensor: StepTensor) -> Figure:
    values, name = first_tiles(tensor.values, tensor.spec.label)
    return images(
        name,
        values,
        tensor.id,
        shape=tensor.tile,
        labels=labels(tensor.snapshot, tensor.spec)[: len(values)],
        axis=tensor.axes[0],
    )


def _weight_grid(tensor: StepTensor) -> Figure:
    values, name = first_tiles(tensor.values, tensor.spec.label)
    return weight_grid(
        name,
        values,
        tensor.id,
        shape=tensor.tile,
        axis=tensor.axes[0],
        colours=tensor.colours,
    )


def _neighbourhoods(tensor: StepTensor) -> Figure:
    weights = StepTensorKey.ENCODER_WEIGHTS
    return neighbourhoods(
        tensor.spec.label,
        tensor.values,
        tensor.id,
        weights=tensor.snapshot[weights],
        weights_id=tensor_id(tensor.session, tensor.snapshot, weights),
        shape=tensor.tile,
    )


def _bars(tensor: StepTensor) -> Figure:
    row = pooled(tensor.values[None])
    name, noun = row.named(tensor.spec.label), grouped(tensor.axes[0], row.columns)
    return bars(name, row.values[0], tensor.id, axis=noun, colours=tensor.colours)


def _matrix(tensor: StepTensor) -> Figure:
    if tensor.values.size > MOST_CELLS:
        return _heatmap(tensor)
    return matrix(tensor.spec.label, tensor.values, tensor.id, axis=tensor.axes[0])


def _heatmap(tensor: StepTensor) -> Figure:
    values = tensor.values
    rows, *others = tensor.axes
    columns = others[0] if len(others) == 1 else "value"
    flat = values.reshape(len(values), -1) if values.size else values
    cells = pooled(flat)
    return heatmap(
        cells.named(tensor.spec.label),
        cells.values,
        tensor.id,
        rows=grouped(rows, cells.rows),
        columns=grouped(columns, cells.columns),
        colours=tensor.colours,
    )


def _summary(drawn: Drawn, snapshot: Snapshot, key: str) -> list[Figure]:
    shape, spec = snapshot.summaries[key].shape, drawn.specs[key]
    place = channel_axis(key, len(shape))
    noun = axis(spec.dims[place]) if len(spec.dims) == len(shape) else "channel"
    return summary_figures(drawn.id, snapshot, spec, place, noun)


def _no_figure(tensor: StepTensor) -> Figure:
    raise ValueError(f"{tensor.spec.label} is one number in this step: {tensor.values[()]:.4g}.")


BUILDERS: Mapping[Renderer, Callable[[StepTensor], Figure]] = {
    Renderer.IMAGES: _images,
    Renderer.WEIGHT_GRID: _weight_grid,
    Renderer.HEATMAP: _heatmap,
    Renderer.BARS: _bars,
    Renderer.MATRIX: _matrix,
    Renderer.SCALAR: _no_figure,
}
TILED = (Renderer.IMAGES, Renderer.WEIGHT_GRID)  # where the rows fill images; else they are heatmaps


def labels(snapshot: Snapshot, spec: TensorSpec) -> tuple[str, ...]:
    """What stands under each image of a tensor."""
    found = snapshot.get(spec.labels)
    return () if found is None else tuple(str(int(label)) for label in found)


def axis(dim: str) -> str:
    """The noun for one place of a named axis; `conv1.out` is an output of layer conv1."""
    layer, _, side = dim.rpartition(".")
    nouns = {"out": "output", "in": "input"}
    return AXES.get(dim) or (f"{layer} {nouns[side]}" if side in nouns else dim)


def is_tiles(session: Drawn, spec: TensorSpec) -> bool:
    """Whether the rows of a tensor fill images; those of a user's module may not."""
    tiled = spec.renderer in TILED
    height, width = session.image_shape or (0, 0)
    return tiled and session.sizes.get(spec.dims[-1]) == height * width


def tensor_id(session: Drawn, snapshot: Snapshot, key: str) -> TensorId:
    """A tensor of a step; after a rewind the same step is another run of it."""
    return TensorId(session.id, snapshot.step, key)


def with_values(like: Figure, values: NDArray[np.generic], id_: TensorId) -> Figure:
    """The same figure of other values."""
    return replace(like, tensor=Tensor(id_, values))
