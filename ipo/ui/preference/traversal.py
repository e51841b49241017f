"""Drawing the line: its images side by side with θ and value under each, and the step scores below."""

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from ipo.api.addresses import traversal_address
from ipo.keys import Keys
from ipo.preference.analysis.traversal import Traversal
from ipo.preference.proposals.proposers import STEP_ANGLES
from ipo.preference.session import PreferenceSession
from ipo.services.latent_traversal import LatentTraversal
from ipo.ui.components.plot.component import plot
from ipo.ui.figures.base import signed
from ipo.ui.figures.steps import steps_figure
from ipo.ui.glossary import JUDGING, explain
from ipo.ui.html import Html, div, draw
from ipo.ui.judge_button import draw_judge_button
from ipo.ui.panels import heading, panel
from ipo.ui.runtime.live_page import Version
from ipo.ui.runtime.process import workspace
from ipo.ui.text import plain
from ipo.ui.tiles import tile, tile_grid

WHY = "\n\n".join(
    [
        "Nine images from the least liked to the most, as far as Ridge can tell. What changes from the "
        "first to "
        "the last is what it has learnt of your taste.",
        explain(JUDGING, "anchor", "ŵ", "θ"),
    ]
)
ACROSS = len(STEP_ANGLES)  # a line stays one line
NOT_YET = (
    "Nine images, from what you like least to what you like most, will be here once you have judged at "
    "least one "
    "image Good and one Bad."
)


def line_version(session: PreferenceSession) -> Version:
    """Of what is drawn of the line of a session."""
    return partial(_version, workspace().traversal(session))


def _version(line: LatentTraversal) -> Any:
    return line.version, line.ready, line.stale, line.session.opened


@panel("The line")
def draw_line(
    line: LatentTraversal,
    *,
    on_decode: Callable[[], None],
    again: str,
    steps: str,
    title: str = "",
) -> None:
    """Draw what is there of a line, and a button to decode it where it is missing or older than the model.

    `again` and `steps` are the keys of that button and of the figure.
    """
    if not line.ready:
        st.info(NOT_YET, icon=":material/linear_scale:")
        if line.session.opened:
            draw_judge_button(Keys.CURATION_JUDGE)
        return
    strip = line.strip
    waits = strip is None and not line.working
    with st.container(horizontal=True, vertical_alignment="center"):
        if title:
            heading(plain(title), WHY)
        st.caption(_says(line, strip), width="stretch")
        if not line.working and not waits and (line.stale or line.problem):
            st.button("Decode again", key=again, icon=":material/linear_scale:", on_click=on_decode)
    if line.problem:
        st.error(plain(line.problem), icon=":material/error:")
    if waits:
        st.button(
            "Decode the line", key=again, type="primary", icon=":material/linear_scale:", on_click=on_decode
        )
        return
    draw(_row(line.session.key.id, strip))
    if strip is not None:
        plot(steps_figure(strip.angles, strip.values, strip.sds), key=steps)


def _says(line: LatentTraversal, strip: Traversal | None) -> str:
    if strip is None:
        return (
            "Decoding …"
            if line.working
            else "See what the model has learnt: nine images, from what you like least to what you like most."
        )
    if strip.decoded < len(strip.images) and line.working:
        return f"Decoding {strip.decoded + 1} of {len(strip.images)} …"
    if line.stale:
        return f":orange[older than the model:] drawn with the fit to {strip.rows:,} rows"
    return f"Ridge fitted to {strip.rows:,} rows. θ = 0 is the anchor; values rise from one to the next."


def _row(session: str, strip: Traversal | None) -> Html:
    """The images side by side; an empty frame where one is still missing."""
    tiles = (_tile(session, strip, place) for place in range(len(STEP_ANGLES)))
    return tile_grid(*tiles, across=ACROSS, centred=True)


def _tile(session: str, strip: Traversal | None, place: int) -> Html:
    image = None if strip is None else strip.images[place]
    address = image and traversal_address(session, workspace().tensors.put(image, "jpeg"))
    theta = f"θ {signed(STEP_ANGLES[place], 1)}"
    value = "" if strip is None else signed(strip.values[place])
    sd = "" if strip is None else f"± {strip.sds[place]:.2f}"
    return div(
        tile(address or None, f"{theta}, value {value} {sd}"),
        div(theta, class_="caption first"),
        div(value, class_="number"),
        div(sd, class_="number"),
    )
