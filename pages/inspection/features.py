"""The table of features: one row each, sortable, with what is dead and what wins marked."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st

from ipo.inspector.capture.metrics import DEAD
from ipo.inspector.capture.tensors import StepTensorKey
from ipo.inspector.feature_table import FeatureTable
from ipo.keys import Keys
from ipo.proportions import percent
from ipo.ui.components.tensors.feature_table import draw_feature_table
from ipo.ui.inspection.feature_rows import MEAN, feature_rows, names
from ipo.ui.panels import placeholder
from pages.inspection import state
from pages.inspection.section import PANEL_HEIGHT, draw_caption
from pages.inspection.state import Shown
from pages.inspection.tensor_figures import draw_tensors

K = StepTensorKey


def draw_features() -> None:
    session, view = state.session(), state.view()
    if session is None:
        return
    shown = state.shown(session, view)
    if shown.step is None:
        placeholder("A table of the features will be here.", PANEL_HEIGHT)
    if shown.snapshot is None:
        return
    table = session.features(shown.snapshot.step)
    if not table.columns:
        _draw_instead(shown)
        return
    hidden = _draw_choice(names(table))
    draw_feature_table(
        view.live,
        state.live(partial(_content, hidden)),
        followed=view.followed,
        on_follow=state.follow,
        key=Keys.INSPECT_FEATURES,
    )
    draw_caption(_values_text, key=Keys.INSPECT_FEATURES_CAPTION)


def _draw_instead(shown: Shown) -> None:
    """What the model makes of the batch beside it, for a recipe that has no features."""
    if K.RECONSTRUCTION in shown.session.specs:
        draw_tensors([K.RECONSTRUCTION], key=Keys.INSPECT_RECONSTRUCTION)
    else:
        st.caption("This recipe has no tensors with one value per feature.")


def _draw_choice(columns: Sequence[str]) -> list[str]:
    """The line above the table, where columns are hidden."""
    left, right = st.columns([3, 2], vertical_alignment="center")
    left.markdown(
        f":small[:red[Dead] wins under {percent(DEAD)} of the images, :green[winner] over half. "
        f"{MEAN.strip()}\u00a0mean of the batch.]"
    )
    hidden: list[str] = right.multiselect(
        "Hidden columns",
        columns,
        key=Keys.INSPECT_HIDDEN,
        label_visibility="collapsed",
        placeholder="Hide columns",
    )
    return hidden


def _table(shown: Shown) -> FeatureTable | None:
    return None if shown.snapshot is None else shown.session.features(shown.snapshot.step)


def _content(hidden: Sequence[str], shown: Shown) -> dict[str, Any] | None:
    table = _table(shown)
    return None if table is None else feature_rows(table, hidden)


def _values_text(shown: Shown) -> str:
    """The numbers of the feature that is followed."""
    table, followed = _table(shown), shown.view.followed.feature
    if table is None or followed is None:
        return "Click a row to follow that feature through all panels."
    if followed >= len(table.values):
        return f"Feature {followed}: not in this session"
    pairs = zip(names(table), table.values[followed], strict=True)
    return f"Feature {followed}: " + " · ".join(f"{name} {value:.3g}" for name, value in pairs)
