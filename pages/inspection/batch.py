"""The batch: its images, and the one that is followed with what the model makes of it."""

from dataclasses import replace

import streamlit as st

from ipo.inspector.capture.snapshots import Snapshot
from ipo.inspector.capture.tensors import StepTensorKey
from ipo.inspector.feature_table import leading_features
from ipo.keys import Keys
from ipo.ui.components.tensors.component import TensorId, images
from ipo.ui.panels import placeholder
from ipo.ui.text import plain
from pages.inspection import state
from pages.inspection.session_menu import rewind
from pages.inspection.state import Shown
from pages.inspection.tensor_figures import draw_figures, figure, is_tiles
from pages.inspection.trace import is_traced

K = StepTensorKey
FOLLOWED = "followed image"  # an axis of its own: a click on it follows nothing
FOLLOWED_HEIGHT, FOLLOWED_ZOOM = 190, 4


def draw_batch() -> None:
    session = state.session()
    if session is None:
        return
    shown = state.shown(session)
    if shown.snapshot is None:
        if shown.step is not None:
            st.warning(plain(shown.missing), icon=":material/history_toggle_off:")
            _draw_way_back(shown)
        return
    if K.BATCH_IMAGES not in shown.snapshot or not is_tiles(session, session.specs[K.BATCH_IMAGES]):
        st.caption("The batches of this recipe are no images.")
        return
    drawn = figure(session, shown.snapshot, K.BATCH_IMAGES)
    under = session.specs[K.BATCH_IMAGES].labels if drawn.labels else ""
    says = f", {session.specs[under].label.lower()} under each" if under else ""
    name = f"Batch of step {shown.snapshot.step}{says}"
    draw_figures([replace(drawn, name=name)], key=Keys.INSPECT_BATCH_FIGURES)
    _draw_followed(shown, shown.snapshot, drawn.labels)


def _draw_followed(shown: Shown, snapshot: Snapshot, labels: tuple[str, ...]) -> None:
    """The followed image, large, beside its reconstruction."""
    at = state.followed().image
    if at is None or at >= len(snapshot[K.BATCH_IMAGES]):
        placeholder("Click an image to follow it through all panels.", FOLLOWED_HEIGHT)
        return
    pictures = {K.BATCH_IMAGES: f"Image {at}", K.RECONSTRUCTION: "Reconstruction"}
    with st.container(horizontal=True, vertical_alignment="center", height=FOLLOWED_HEIGHT, border=False):
        draw_figures(
            [
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
            ],
            key=Keys.INSPECT_FOLLOWED_FIGURES,
        )
    texts = _trace_texts(snapshot, at, labels) if is_traced(shown.session) else _numbers(shown, at)
    st.caption(plain(" · ".join(texts)))


def _numbers(shown: Shown, at: int) -> list[str]:
    """What the step says of an image in one number each."""
    assert shown.snapshot is not None
    specs = shown.session.specs
    return [
        f"{specs[key].label} {shown.snapshot[key][at]:.3g}"
        for key in shown.snapshot
        if key in specs and specs[key].dims == ("B",)
    ]


def _trace_texts(snapshot: Snapshot, at: int, labels: tuple[str, ...]) -> list[str]:
    says = [f"label {labels[at]}"] if labels else []
    if K.IMAGE_COVERAGE in snapshot:
        says.append(f"covered by {snapshot[K.IMAGE_COVERAGE][at]:.1f} features")
    if K.RANK_SCORE in snapshot:
        best = leading_features(snapshot[K.RANK_SCORE][at], 5)
        says.append("best at it: features " + ", ".join(str(feature) for feature in best))
    return says


def _draw_way_back(shown: Shown) -> None:
    st.button(
        f"Rewind to step {shown.step:d}",
        key=Keys.INSPECT_REWIND_HERE,
        icon=":material/replay:",
        on_click=rewind,
        args=(shown.step,),
        help="Runs the same batches again up to this step; the result is the same, bit for bit. "
        "Later steps are forgotten; fork first to keep them.",
    )
