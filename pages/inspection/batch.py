"""The batch: its images, and the one that is followed with what the model makes of it."""

import streamlit as st

from ipo.inspector.capture.tensors import StepTensorKey
from ipo.inspector.feature_table import leading_features
from ipo.keys import Keys
from ipo.ui.components.tensors.component import Figure, TensorId, images
from ipo.ui.inspection.sections import is_traced
from ipo.ui.inspection.step_figures import batch_figure, is_tiles, labels
from ipo.ui.panels import placeholder
from ipo.ui.text import plain
from pages.inspection import state
from pages.inspection.keeping.session_menu import rewind
from pages.inspection.section import PANEL_HEIGHT, draw_caption
from pages.inspection.state import Shown
from pages.inspection.tensor_figures import draw_live_figures

K = StepTensorKey
FOLLOWED = "followed image"  # an axis of its own: a click on it follows nothing
FOLLOWED_HEIGHT, FOLLOWED_ZOOM = 190, 4


def draw_batch() -> None:
    session = state.session()
    if session is None:
        return
    shown = state.shown(session, state.view())
    if shown.step is None:
        placeholder("The images of the batch will be here.", PANEL_HEIGHT)
        return
    if shown.snapshot is None:
        st.warning(plain(shown.missing), icon=":material/history_toggle_off:")
        if session.replays:
            _draw_way_back(shown.step)
        return
    if K.BATCH_IMAGES not in session.specs or not is_tiles(session, session.specs[K.BATCH_IMAGES]):
        st.caption("The batches of this recipe are not images.")
        return
    draw_live_figures(_batch, key=Keys.INSPECT_BATCH_FIGURES)
    if state.view().followed.image is None:
        placeholder("Click an image to follow it through all panels.", FOLLOWED_HEIGHT)
        return
    with st.container(height=FOLLOWED_HEIGHT, border=False):
        draw_live_figures(_followed, key=Keys.INSPECT_FOLLOWED_FIGURES)
    draw_caption(_caption, key=Keys.INSPECT_FOLLOWED_CAPTION)


def _batch(shown: Shown) -> tuple[list[Figure], list[str]]:
    if shown.snapshot is None or K.BATCH_IMAGES not in shown.snapshot:
        return [], []
    return [batch_figure(shown.session, shown.snapshot)], []


def _followed(shown: Shown) -> tuple[list[Figure], list[str]]:
    """The followed image, large, beside its reconstruction."""
    at, snapshot = _place(shown), shown.snapshot
    if at is None or snapshot is None:
        return [], ["There is no such image in this batch."]
    pictures = {K.BATCH_IMAGES: f"Image {at}", K.RECONSTRUCTION: "Reconstruction"}
    figures = [
        images(
            name,
            snapshot[key][at : at + 1],
            TensorId(shown.session.id, snapshot.step, f"{key}[{at}]"),
            shape=shown.session.image_shape,
            axis=FOLLOWED,
            zoom=FOLLOWED_ZOOM,
        )
        for key, name in pictures.items()
        if key in snapshot
    ]
    return figures, []


def _place(shown: Shown) -> int | None:
    """Of the followed image in the batch, if that has so many."""
    at, snapshot = shown.view.followed.image, shown.snapshot
    if at is None or snapshot is None or K.BATCH_IMAGES not in snapshot:
        return None
    return at if at < len(snapshot[K.BATCH_IMAGES]) else None


def _caption(shown: Shown) -> str:
    at, snapshot = _place(shown), shown.snapshot
    if at is None or snapshot is None:
        return ""
    traced = is_traced(shown.session.specs)
    return " · ".join(_trace_texts(shown, at) if traced else _numbers(shown, at))


def _numbers(shown: Shown, at: int) -> list[str]:
    """What the step says of an image in one number each."""
    assert shown.snapshot is not None
    specs = shown.session.specs
    return [
        f"{specs[key].label} {shown.snapshot[key][at]:.3g}"
        for key in shown.snapshot
        if key in specs and specs[key].dims == ("B",)
    ]


def _trace_texts(shown: Shown, at: int) -> list[str]:
    snapshot = shown.snapshot
    assert snapshot is not None
    under = labels(snapshot, shown.session.specs[K.BATCH_IMAGES])
    says = [f"label {under[at]}"] if under else []
    if K.IMAGE_COVERAGE in snapshot:
        says.append(f"covered by {snapshot[K.IMAGE_COVERAGE][at]:.1f} features")
    if K.RANK_SCORE in snapshot:
        best = leading_features(snapshot[K.RANK_SCORE][at], 5)
        says.append("best at it: features " + ", ".join(str(feature) for feature in best))
    return says


def _draw_way_back(step: int) -> None:
    st.button(
        f"Rewind to step {step:d}",
        key=Keys.INSPECT_REWIND_HERE,
        icon=":material/replay:",
        on_click=rewind,
        args=(step,),
        help="Runs the same batches again up to this step, with the same result, bit for bit. "
        "Later steps are forgotten; fork first to keep them.",
    )
