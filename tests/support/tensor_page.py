"""A page of tensor figures alone, for browser tests: known values, steps, and what the server heard."""

from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ipo.ui.components.tensors.component import (
    Colours,
    Figure,
    Followed,
    ScaleMode,
    TensorId,
    bars,
    draw,
    heatmap,
    images,
    matrix,
    neighbourhoods,
    weight_grid,
)
from ipo.ui.runtime.process import workspace

IMAGES, FEATURES, SIDE = 6, 5, 28
BATCH, MANY = 128, 64


def values(step: int) -> NDArray[np.float64]:
    """`(6, 5)` from 0 to 29, times the step's number; at step 0 two of them are not finite."""
    made = np.arange(float(IMAGES * FEATURES)).reshape(IMAGES, FEATURES) * (step + 1)
    if step == 0:
        made[2, 3], made[4, 1] = np.nan, np.inf
    return made


def render() -> None:
    state = st.session_state
    state.setdefault("followed", Followed())
    state.setdefault("heard", [])
    step = int(st.number_input("step", 0, 100, key="step"))
    st.segmented_control("scale", list(ScaleMode), default=ScaleMode.GRID, required=True, key="mode")
    st.button("Follow feature 3", on_click=follow, args=(state["followed"].follow("feature", 3),))
    render_small(step)
    render_tiles(step)
    render_large(step)


def follow(followed: Followed) -> None:
    st.session_state["followed"] = followed
    st.session_state["heard"].append(dict(followed.places))


def show(figures: Sequence[Figure], key: str) -> None:
    state = st.session_state
    mode = ScaleMode(state["mode"])
    draw(
        figures,
        store=workspace().tensors,
        followed=state["followed"],
        on_follow=follow,
        key=key,
        scale_mode=mode,
    )


@st.fragment
def render_small(step: int) -> None:
    cosines = np.cos(np.subtract.outer(np.arange(FEATURES), np.arange(FEATURES)))
    near = np.array([[(d + 1) % FEATURES, (d + 2) % FEATURES] for d in range(FEATURES)])
    weights = thumbnails(FEATURES, step)
    show(
        [
            heatmap("Small heatmap", values(step), TensorId("t", step, "heatmap")),
            matrix("Small matrix", cosines, TensorId("t", step, "matrix")),
            bars(
                "Small bars", np.arange(FEATURES) - 2, TensorId("t", step, "bars"), colours=Colours.DIVERGING
            ),
            neighbourhoods(
                "Small neighbourhoods",
                near,
                TensorId("t", step, "neighbours"),
                weights=weights,
                weights_id=TensorId("t", step, "weights"),
                shape=(SIDE, SIDE),
            ),
        ],
        "small",
    )
    st.code(repr(st.session_state["heard"]), language=None)


@st.fragment
def render_tiles(step: int) -> None:
    shades = np.repeat(np.linspace(0, 1, IMAGES), SIDE * SIDE).reshape(IMAGES, SIDE, SIDE)
    show(
        [
            images("Small images", shades, TensorId("t", step, "images"), labels=list("abcdef")),
            weight_grid(
                "Small grid",
                thumbnails(FEATURES, step),
                TensorId("t", step, "weights"),
                shape=(SIDE, SIDE),
            ),
        ],
        "tiles",
    )


@st.fragment
def render_large(step: int) -> None:
    random = np.random.default_rng(step)
    grids = [
        weight_grid(
            name,
            random.normal(size=(MANY, SIDE * SIDE)),
            TensorId("t", step, name.lower()),
            shape=(SIDE, SIDE),
        )
        for name in ("Local", "Global", "Targets")
    ]
    strength = heatmap("Strength", random.random((BATCH, MANY)), TensorId("t", step, "strength"))
    show([*grids, strength], "large")


def thumbnails(count: int, step: int) -> NDArray[np.float64]:
    """Each from −(place + 1) to place + 1."""
    ramp = np.linspace(-1, 1, SIDE * SIDE)
    return np.outer(np.arange(1, count + 1), ramp) * (step + 1)


if __name__ == "__main__":
    st.set_page_config(layout="wide")
    render()
