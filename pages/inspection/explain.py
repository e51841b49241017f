"""Explain a step: what each row has of the loss and the gradients, its path, and the forces on a weight."""

from collections.abc import Mapping

import numpy as np
import streamlit as st

from ipo.inspector.explain.forces import Forces
from ipo.inspector.explain.rows import RowShares, row_path
from ipo.inspector.explain.step import StepExplanation
from ipo.inspector.inspected import Inspected
from ipo.inspector.session import InspectSession
from ipo.keys import Keys
from ipo.proportions import percent
from ipo.ui.components.tensors.component import IMAGE, Colours, Figure, TensorId, bars
from ipo.ui.panels import table
from ipo.ui.text import plain
from pages.inspection import state
from pages.inspection.section import draw_in_section
from pages.inspection.state import Shown
from pages.inspection.tensor_figures import draw_figures

MOST_FIGURES = 3  # of gradients, to begin with
SAYS = "Takes the step once more, beside the session: each row of the batch alone, each force on each weight."


def draw_explain() -> None:
    draw_in_section("Explain this step", Keys.INSPECT_SECTION_EXPLAIN, _draw)


def _draw(session: Inspected) -> None:
    if not isinstance(session, InspectSession):
        st.caption("This training runs in another process, where no step can be taken twice.")
        return
    shown = state.shown(session, state.view())
    if shown.step is None or shown.snapshot is None:
        st.caption(plain(shown.missing))
        return
    found = state.inspecting().explanations.of(session, shown.step)
    if found is None:
        st.button(
            f"Explain step {shown.step:d}",
            key=Keys.INSPECT_EXPLAIN,
            icon=":material/account_tree:",
            on_click=_explain,
            args=(session.id, shown.step),
            disabled=state.inspecting().work.lasting,
        )
        st.caption(SAYS)
        return
    _draw_rows(shown, found)
    _draw_forces(found.forces, found.left_out)


def _explain(id_: str, step: int) -> None:
    session = state.session()
    if isinstance(session, InspectSession) and session.id == id_:
        state.inspecting().explanations.explain(session, step)


def _draw_rows(shown: Shown, found: StepExplanation) -> None:
    """Shares of all rows, where a click follows one, and the followed row by layer."""
    rows = found.rows
    if rows is None:
        st.caption(plain(found.no_rows))
        return
    st.caption(plain(rows.says))
    names = sorted(rows.shares, key=lambda name: ("bias" in name, -float(np.nanmax(rows.lengths[name]))))
    chosen = st.multiselect(
        "Gradients",
        names,
        default=names[:MOST_FIGURES],
        key=Keys.INSPECT_EXPLAIN_GRADIENTS,
        label_visibility="collapsed",
        placeholder="Choose gradients to share among the rows",
    )
    draw_figures(
        [
            _bars(shown, "Share of the loss", "loss_share", rows.loss_shares),
            *(_bars(shown, f"Share of the gradient of {name}", name, rows.shares[name]) for name in chosen),
        ],
        key=Keys.INSPECT_EXPLAIN_FIGURES,
    )
    row = shown.view.followed.image
    if row is None or row >= len(rows.losses):
        st.caption("Click a bar, or an image of the batch, to see that row by layer.")
        return
    _draw_row(shown, rows, row)


def _bars(shown: Shown, name: str, key: str, values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Figure:
    id_ = TensorId(shown.session.id, shown.step or 0, f"explain/{key}")
    colours = Colours.DIVERGING if (values < 0).any() else Colours.SEQUENTIAL  # below 0: against the batch
    return bars(name, np.nan_to_num(values), id_, axis=IMAGE, colours=colours)


def _draw_row(shown: Shown, rows: RowShares, row: int) -> None:
    """What one row has of the loss and of each gradient, and its way through the layers and back."""
    assert shown.snapshot is not None
    loss, share = rows.losses[row], rows.loss_shares[row]
    st.caption(f"Row {row:d}: loss {loss:.4g}, {percent(share, 2)} of the batch's.")
    left, right = st.columns(2)
    with left:
        table(
            ["gradient of", "length, alone", "share"],
            [
                [name, f"{rows.lengths[name][row]:.3g}", f"{percent(rows.shares[name][row], 2, signed=True)}"]
                for name in rows.shares
            ],
        )
    with right:
        table(
            ["tensor", "when", "length", "× mean of rows"],
            [
                [shown.session.specs[one.key].label, one.phase, f"{one.length:.3g}", f"{one.relative:.2f}"]
                for one in row_path(shown.snapshot, shown.session.specs, row, len(rows.losses))
            ],
        )


def _draw_forces(forces: Mapping[str, Forces], left_out: tuple[str, ...]) -> None:
    """All that moved one weight, summing to its update."""
    if not forces:
        return
    left, right = st.columns(2)
    name = left.selectbox("Parameter", list(forces), key=Keys.INSPECT_EXPLAIN_PARAMETER)
    found = forces[name]
    shape = tuple(found.update.shape)
    typed = right.text_input(
        "Element",
        ", ".join("0" for _ in shape),
        key=f"{Keys.INSPECT_EXPLAIN_ELEMENT}_{name}",
        help="Its place along each axis, from 0.",
    )
    index = element(typed, shape)
    if left_out:
        st.caption(plain(f"Left out, for they are large: {', '.join(left_out)}."))
    if index is None:
        st.caption(plain(f"{name} has the shape {shape}: {len(shape)} numbers within it would be right."))
        return
    parts = found.of(index)
    update = parts.pop("update")
    table(
        ["force", "adds", "of the update"],
        [
            *([force, _signed(value), _share(value, update)] for force, value in parts.items()),
            ["update", _signed(update), ""],
        ],
    )
    says = "sum to every update of it" if found.is_exact else "leave a part of its updates unexplained"
    most = float(found.unexplained.abs().max())
    st.caption(plain(f"The forces on {name} {says}: at most {most:.2g} is unexplained."))


def element(typed: str, shape: tuple[int, ...]) -> tuple[int, ...] | None:
    """The place that was typed, such as `3, 17`; `None` where it is none within `shape`."""
    try:
        index = tuple(
            int(part) for part in typed.replace("[", "").replace("]", "").split(",") if part.strip()
        )
    except ValueError:
        return None
    inside = len(index) == len(shape) and all(0 <= at < end for at, end in zip(index, shape, strict=True))
    return index if inside else None


def _signed(value: float) -> str:
    """Nothing has no sign."""
    return f"{value:+.4g}" if value else "0"


def _share(value: float, update: float) -> str:
    return f"{percent(value / update + 0, 1, signed=True)}" if update else "–"
