"""The rows whose label contradicts their held-out value most, with what the model thought."""

import streamlit as st

from ipo.api.addresses import thumbnail_address
from ipo.keys import Keys
from ipo.preference.analysis.disagreement import Disagreement, disagreements
from ipo.preference.analysis.gallery import Sort
from ipo.preference.session import PreferenceSession
from ipo.preference.state import RIDGE
from ipo.ui.components.gallery.filters import SORTS
from ipo.ui.figures.base import signed
from ipo.ui.html import Html, div, draw, element
from ipo.ui.page_paths import PREFERENCES
from ipo.ui.panels import heading, panel, placeholder
from ipo.ui.preference import selection
from ipo.ui.runtime.widgets import assign
from ipo.ui.tiles import tile, tile_grid

GALLERY = "Gallery"
SURPRISING = 8  # rows
HEIGHT = 120
WHY = (
    "A Ridge fit to all other rows would have labelled these the other way. You may have clicked wrongly, "
    "your taste may have moved, or the model has not understood it."
)
TOO_LITTLE = (
    "Ridge knows too little yet: it predicts held-out rows no better than always saying the more frequent "
    "label, so these are hardly slips."
)


@panel("The list of surprising rows")
def draw_surprises(session: PreferenceSession) -> None:
    """Thumbnails, most surprising first, and the way to change them."""
    found = disagreements(session.state.snapshot(), session.state.held_out, SURPRISING)
    with st.container(horizontal=True, vertical_alignment="center"):
        heading("Most surprising rows", WHY)
        if found:
            st.button(
                "Change them in the Gallery",
                key=Keys.VALUE_MODEL_TO_GALLERY,
                type="tertiary",
                icon=":material/grid_view:",
                on_click=_open_gallery,
            )
    if not found:
        known = bool(session.state.held_out)
        placeholder(
            "Every label agrees with its held-out value."
            if known
            else "Label at least one image Good and one Bad.",
            HEIGHT,
        )
        return
    if not session.state.train_status[RIDGE].informed:
        st.caption(TOO_LITTLE)
    tiles = (_tile(one, thumbnail_address(session.key.id, one.id)) for one in found)
    draw(tile_grid(*tiles, across=SURPRISING))


def _tile(one: Disagreement, address: str) -> Html:
    label = _word(one.label > 0)
    return div(
        tile(address, f"image judged {label}, held-out value {signed(one.held_out)}"),
        div("you: ", element("b", label), class_="caption"),
        div(f"held out {signed(one.held_out)}", class_="ipo-quiet"),
    )


def _word(good: bool) -> str:
    return "Good" if good else "Bad"


def _open_gallery() -> None:
    """Go to the session's Gallery, most disagreement first."""
    session = selection.selected()
    if session is not None:
        selection.remember_choice(session.key)
        assign(Keys.CURATION_MODE, GALLERY)
        disagreement = next(name for name, sort in SORTS.items() if sort == Sort.DISAGREEMENT)
        assign(Keys.CURATION_GALLERY_SORT, disagreement)
    st.switch_page(PREFERENCES)
