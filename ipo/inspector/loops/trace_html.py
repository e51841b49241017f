"""A step of a trace as a table for notebooks: a row for each layer, with shapes and lengths."""

from collections.abc import Mapping
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
    outputs, parameters = view.outputs, view.parameters
    shapes = ", ".join("×".join(map(str, one.shape)) or "number" for one in list(outputs.values())[:3])
    if len(outputs) > 3:
        shapes += f" and {len(outputs) - 3} more"
    missing = "" if outputs else view.notes.get("output", "")
    count = sum(parameter.numel() for parameter in parameters.values())
    weight, update = _length(parameters), _length(view.updates)
    relative = None if weight is None or update is None or not weight else update / weight
    cells = [escape(view.name), escape(view.kind), escape(shapes or missing)]
    lengths = (_length(outputs), _length(view.grads))
    cells += [_number(length) for length in lengths]
    cells += [
        f"{count:,}" if count else "",
        _number(weight),
        _number(_length(view.gradients)),
        _number(relative),
    ]
    kinds = ["", "", ' class="missing"' if missing else "", *[""] * 6]
    return (
        "<tr>" + "".join(f"<td{kind}>{cell}</td>" for kind, cell in zip(kinds, cells, strict=True)) + "</tr>"
    )


def _length(tensors: Mapping[str, Tensor]) -> float | None:
    """The length of all these tensors as one vector; `None` without any."""
    if not tensors:
        return None
    parts = [np.linalg.norm(np.asarray(tensor, np.complex128).ravel()) for tensor in tensors.values()]
    return float(np.linalg.norm(parts))


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"
