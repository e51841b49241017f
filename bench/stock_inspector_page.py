"""The peer of `bench.inspector_page`: the same steps and figures with Streamlit's own charts and images.

It has the keys and words that the bench reads on the Inspect page, and no table of features, which is in the
peer's favour.
"""

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from ipo.inspector.capture.snapshots import Snapshot
from ipo.inspector.capture.tensors import Renderer, StepTensorKey
from ipo.inspector.recipes import autoencoder
from ipo.inspector.training.engine import Engine
from ipo.ui.inspection.cosine_reading import MATRICES
from ipo.ui.inspection.sections import SECTIONS

TILE, PER_ROW = 28, 16
SCALARS = {StepTensorKey.LOSS: "Loss", StepTensorKey.WEIGHT_COSINE: "Cosine"}


@st.cache_resource
def engine() -> Engine:
    return Engine(autoencoder.build("slow", 0), 0)


def step() -> None:
    engine().step()
    engine().inspector.commit()


def draw_figure(snapshot: Snapshot, key: str, place: str) -> None:
    spec, values = engine().inspector.specs[key], snapshot[key]
    title = f"{spec.label}, step {snapshot.step}"
    if key == StepTensorKey.NEIGHBORS:
        values = snapshot[StepTensorKey.ENCODER_WEIGHTS][values]
    if key == StepTensorKey.NEIGHBORS or spec.renderer in (Renderer.IMAGES, Renderer.WEIGHT_GRID):
        st.image(tiled(values.reshape(-1, TILE, TILE)), caption=title)
        return
    trace = go.Bar(y=values) if spec.renderer == Renderer.BARS else go.Heatmap(z=values, colorscale="RdBu")
    st.plotly_chart(go.Figure(trace, {"title": {"text": title}}), key=f"{place}_{key}")


def tiled(images: NDArray[np.floating]) -> NDArray[np.floating]:
    """`(n, 28, 28)` as one image, within [0, 1]."""
    span = np.ptp(images) or 1.0
    sheet = np.zeros((-(-len(images) // PER_ROW) * PER_ROW, TILE, TILE), images.dtype)
    sheet[: len(images)] = (images - images.min()) / span
    return sheet.reshape(-1, PER_ROW, TILE, TILE).swapaxes(1, 2).reshape(-1, PER_ROW * TILE)


def draw_timeline() -> None:
    history, retained = engine().inspector.get_history(), engine().inspector.retained
    figure = make_subplots(len(SCALARS) + 1, 1, shared_xaxes=True, row_heights=[1, 1, 0.16])
    for row, (key, name) in enumerate(SCALARS.items(), 1):
        figure.add_scatter(x=history.steps, y=history.columns[key], name=name, row=row, col=1)
    figure.add_scatter(x=retained, y=[0] * len(retained), mode="markers", row=len(SCALARS) + 1, col=1)
    figure.add_vline(x=history.steps[-1])
    figure.update_layout(height=172, margin={"l": 4, "r": 8, "t": 6, "b": 4}, showlegend=False)
    st.plotly_chart(figure, key="inspect_timeline")


st.set_page_config(layout="wide")
with st.container(key="inspect_toolbar", horizontal=True):
    st.button("Step", key="inspect_step", shortcut="S", on_click=step)
    st.caption(f"{engine().inspector.step} steps")
if engine().inspector.step:
    shown = engine().inspector.get_step(engine().inspector.step - 1)
    draw_timeline()
    draw_figure(shown, StepTensorKey.BATCH_IMAGES, "batch")
    if st.toggle("Open all"):
        for section in SECTIONS:
            st.subheader(section.title)
            for row in section.rows:
                present = [key for key in row if key in shown]
                for column, key in zip(st.columns(len(present) or 1), present, strict=False):
                    with column:
                        draw_figure(shown, key, section.key)
    for column, key in zip(st.columns(len(MATRICES)), MATRICES, strict=True):
        with column:
            draw_figure(shown, key, "cosines")
