"""A step of a trace as a table for notebooks: a row for each layer, with shapes and lengths."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape

import numpy as np
from torch import Tensor

from ipo.inspector.capture.finiteness import NotFinite
from ipo.inspector.loops.layer_view import LayerView

MOST_ROWS = 200
_HEADS = ("layer", "kind", "output", "‖output‖", "‖gradient‖", "parameters", "‖W‖", "‖∇W‖", "‖ΔW‖ / ‖W‖")
_STYLE = (
    "<style>.ipo-trace{border-collapse:collapse;font-variant-numeric:tabular-nums}"
    ".ipo-trace th,.ipo-trace td{padding:2px 10px;text-align:right}"
    ".ipo-trace th:nth-child(-n+3),.ipo-trace td:nth-child(-n+3){text-align:left}"
    ".ipo-trace td.missing{opacity:.6;text-align:left}</style>"
)


def table(heading: str, layers: Mapping[str, LayerView], broken: NotFinite | None) -> str:
    """HTML without scripts; names and reasons are escaped."""
    rows = [_row(view) for view in list(layers.values())[:MOST_ROWS]]
    left_out = len(layers) - len(rows)
    heads = "".join(f"<th>{name}</th>" for name in _HEADS)
    more = f"<div>… and {left_out} more layers</div>" if left_out else ""
    warning = f"<div>⚠ {escape(str(broken))}</div>" if broken else ""
    body = "".join(rows)
    return (
        f"{_STYLE}<div>{escape(heading)}</div>{warning}"
        f'<table class="ipo-trace"><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>{more}'
    )


def _row(view: LayerView) -> str:
    outputs = _sizes(view, view.outputs, lambda name: re.fullmatch(r"output([.#].*)?", name) is not None)
    parameters = _of_parameters(view, view.parameters, "")
    shapes = ", ".join("×".join(map(str, one.shape)) or "number" for one in outputs[:3])
    if len(outputs) > 3:
        shapes += f" and {len(outputs) - 3} more"
    missing = "" if outputs else view.notes.get("output", "")
    count = sum(math.prod(one.shape) for one in parameters)
    weight, update = _length(parameters), _length(_of_parameters(view, view.updates, "_update"))
    relative = None
    if weight is not None and update is not None and weight.length:
        relative = _Size((), update.length / weight.length, weight.exact and update.exact)
    grads = _sizes(view, view.grads, lambda name: name.startswith("output_gradient"))
    cells = [escape(view.name), escape(view.kind), escape(shapes or missing)]
    cells += [_number(_length(outputs)), _number(_length(grads)), f"{count:,}" if count else ""]
    gradients = _of_parameters(view, view.gradients, "_gradient")
    cells += [_number(weight), _number(_length(gradients)), _number(relative)]
    kinds = ["", "", ' class="missing"' if missing else "", *[""] * 6]
    return (
        "<tr>" + "".join(f"<td{kind}>{cell}</td>" for kind, cell in zip(kinds, cells, strict=True)) + "</tr>"
    )


@dataclass(frozen=True)
class _Size:
    """Of one tensor, or of several as one vector."""

    shape: tuple[int, ...]
    length: float
    exact: bool = True


def _sizes(view: LayerView, whole: Mapping[str, Tensor], fits: Callable[[str], bool]) -> list[_Size]:
    """Of tensors that are whole, and of the summaries whose names fit."""
    norms = (np.linalg.norm(np.asarray(one, np.complex128).ravel()) for one in whole.values())
    found = [_Size(tuple(one.shape), float(norm)) for one, norm in zip(whole.values(), norms, strict=True)]
    summaries = (one for name, one in view.summaries.items() if fits(name))
    return [*found, *(_Size(one.shape, one.length, one.norm is not None) for one in summaries)]


def _of_parameters(view: LayerView, whole: Mapping[str, Tensor], suffix: str) -> list[_Size]:
    names = {f"{name}{suffix}" for name in view.parameter_names}
    return _sizes(view, whole, names.__contains__)


def _length(sizes: list[_Size]) -> _Size | None:
    """The length of all these tensors as one vector; `None` without any."""
    if not sizes:
        return None
    return _Size((), float(np.linalg.norm([one.length for one in sizes])), all(one.exact for one in sizes))


def _number(value: _Size | None) -> str:
    if value is None:
        return ""
    return f"{'' if value.exact else '≈ '}{value.length:.3g}"
