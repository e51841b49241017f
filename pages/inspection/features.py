"""The table of features: one row each, sortable, with what is dead and what wins marked."""

from typing import Any

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from ipo.inspector.capture.metrics import DEAD
from ipo.inspector.capture.tensors import StepTensorKey
from ipo.inspector.feature_table import FeatureTable
from ipo.keys import Keys
from ipo.ui.components.tensors.component import FEATURE
from ipo.ui.text import plain
from pages.inspection import state
from pages.inspection.state import Shown
from pages.inspection.tensor_figures import draw_tensors

K = StepTensorKey
WINNER = 0.5  # a feature that wins more than half of the images
MEAN = "⌀ "
HEIGHT = 420
_DEAD_LOOK, _WINNER_LOOK = "color: #C8553D; font-weight: 600", "color: #1E8E6A; font-weight: 600"


def draw_features() -> None:
    session = state.session()
    if session is None:
        return
    shown = state.shown(session)
    if shown.snapshot is None:
        return
    table = session.features(shown.snapshot.step)
    if not table.columns:
        _draw_instead(shown)
        return
    frame = _without_hidden(as_frame(table))
    config = {name: st.column_config.NumberColumn(format="%.4g", width=96) for name in frame.columns}
    _draw_summary(frame, config)
    _draw_rows(frame, config)
    followed = state.followed().feature
    st.caption(
        "Click the left edge of a row to follow that feature through all panels."
        if followed is None
        else f"Feature {followed:d}: {plain(_values_text(table, followed))}"
    )


def _draw_instead(shown: Shown) -> None:
    """What the model makes of the batch beside it, for a recipe that has no features."""
    assert shown.snapshot is not None
    if K.RECONSTRUCTION in shown.snapshot:
        draw_tensors(shown, [K.RECONSTRUCTION], key=Keys.INSPECT_RECONSTRUCTION)
    else:
        st.caption("This recipe has no tensors with one value per feature.")


def _without_hidden(frame: pd.DataFrame) -> pd.DataFrame:
    """The line above the tables, where columns are hidden."""
    left, right = st.columns([3, 2], vertical_alignment="center")
    left.caption(
        f":red[Dead] wins under {DEAD:.0%} of the images, :green[winner] over half. {MEAN}mean of the batch."
    )
    hidden = right.multiselect(
        "Hidden columns",
        list(frame.columns),
        key=Keys.INSPECT_HIDDEN,
        label_visibility="collapsed",
        placeholder="Hide columns",
    )
    return frame.drop(columns=hidden)


def _draw_summary(frame: pd.DataFrame, config: dict[str, Any]) -> None:
    st.dataframe(
        frame.agg(["mean", "min", "max"]).rename_axis("feature").reset_index(),
        hide_index=True,
        column_config=config | {"feature": st.column_config.TextColumn("feature", width=114, pinned=True)},
        key=Keys.INSPECT_FEATURES_SUMMARY,
    )


def _draw_rows(frame: pd.DataFrame, config: dict[str, Any]) -> None:
    st.dataframe(
        _marked(frame.rename_axis("feature").reset_index()),
        hide_index=True,
        height=HEIGHT,
        column_config=config | {"feature": st.column_config.NumberColumn("feature", width=70, pinned=True)},
        key=Keys.INSPECT_FEATURES,
        on_select=_follow_row,
        selection_mode="single-row",
    )


def as_frame(table: FeatureTable) -> pd.DataFrame:
    """The table with a column per tensor, features in order; means over the batch are marked."""
    columns = zip(table.columns, table.is_mean, strict=True)
    return pd.DataFrame(table.values, columns=[f"{MEAN}{name}" if mean else name for name, mean in columns])


def _values_text(table: FeatureTable, feature: int) -> str:
    if feature >= len(table.values):
        return "not in this session"
    pairs = zip(table.columns, table.values[feature], strict=True)
    return " · ".join(f"{name} {value:.3g}" for name, value in pairs)


def _marked(frame: pd.DataFrame) -> pd.DataFrame | Styler:
    wins = K.WIN_RATE
    if wins not in frame:
        return frame

    def looks(row: pd.Series) -> list[str]:
        look = _DEAD_LOOK if row[wins] < DEAD else _WINNER_LOOK if row[wins] > WINNER else ""
        return [look if name in ("feature", wins) else "" for name in row.index]

    return frame.style.apply(looks, axis=1)


def _follow_row() -> None:
    rows = st.session_state[Keys.INSPECT_FEATURES].selection.rows
    state.follow(state.followed().follow(FEATURE, rows[0] if rows else None))
