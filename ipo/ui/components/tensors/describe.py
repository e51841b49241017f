"""Figures as the browser reads them: what is drawn, and the addresses of its values."""

from collections.abc import Callable, Sequence
from typing import Any

from ipo.ui.components.tensors.encode import encode
from ipo.ui.components.tensors.figure import Figure, Tensor

Put = Callable[[bytes, str], str]  # keeps values of a dtype, and gives their address


def describe_together(figures: Sequence[Figure], put: Put) -> list[dict[str, Any]]:
    """Figures that stand side by side. Raises `ValueError` for two of one key."""
    descriptions = [describe(figure, put) for figure in figures]
    _check_keys([description["key"] for description in descriptions])
    return descriptions


def describe(figure: Figure, put: Put) -> dict[str, Any]:
    """A figure, once its values are put where the browser finds them."""
    id_ = figure.tensor.id
    return {
        "key": f"{id_.session}/{id_.key}",
        "kind": str(figure.kind),
        "name": figure.name,
        "step": id_.step,
        "tensor": _put(figure.tensor, put),
        "weights": None if figure.weights is None else _put(figure.weights, put),
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


def _put(tensor: Tensor, put: Put) -> dict[str, Any]:
    encoded = encode(tensor.values)
    return {
        "address": put(encoded.data, encoded.dtype),
        "dtype": encoded.dtype,
        "unit": encoded.unit,
        "shape": encoded.shape,
        "low": encoded.low,
        "high": encoded.high,
        "nan": encoded.nan,
        "inf": encoded.inf,
    }
