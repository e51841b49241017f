"""What stands in for the deck while no pictures can be judged: no folder is typed, or nothing reads them."""

from functools import partial

import streamlit as st

from ipo.embedding.efficientnet_weights import REMEDY, TITLE
from ipo.keys import Keys
from ipo.services.workspace import Workspace
from ipo.ui.fetch import draw_fetch, draw_lines
from ipo.ui.runtime.live_page import live_panel
from ipo.ui.runtime.process import workspace
from ipo.ui.text import with_commands


def render_without_pictures(problem: str) -> None:
    """Why there are none, and what to do about it."""
    space = workspace()
    if REMEDY in problem and not space.fetches.embedder.available:
        _render_fetch()
        return
    st.info(with_commands(problem), icon=":material/folder_open:")


@live_panel(Keys.CURATION_EMBEDDER_PANEL, lambda: partial(_version, workspace()))
def _render_fetch() -> None:
    fetch = workspace().fetches.embedder
    if fetch.available and not fetch.busy:
        st.rerun()
    st.info(
        "What a picture shows is read by a small network, EfficientNet-lite0. It is not in your data folder "
        "yet: 17 MB, fetched once. Your pictures stay on this machine.",
        icon=":material/download:",
    )
    draw_fetch(TITLE, fetch, _done, key=Keys.CURATION_EMBEDDER_FETCH, command="ipo fetch embedder")
    if fetch.problem:
        draw_lines(fetch.problem)


def _version(space: Workspace) -> object:
    return space.fetches.embedder.version, space.fetches.embedder.available


def _done() -> None:
    """The panel sees it."""
