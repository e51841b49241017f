"""Panels of a page about numbers: headings, tables, and what stands in for a chart that is not there yet."""

import contextlib
import logging
from collections.abc import Iterable, Iterator, Sequence

import streamlit as st

from ipo.keys import Keys
from ipo.ui.figures.base import HEIGHT
from ipo.ui.html import Html, div, draw, span
from ipo.ui.text import plain

logger = logging.getLogger("ipo.ui.panels")


@contextlib.contextmanager
def panel(name: str) -> Iterator[None]:
    """Draw a panel, `name` in sentences, so that what fails in it costs this panel only.

    *Retry* draws the fragment again that the panel stands in. Can decorate the function that draws it.
    """
    try:
        yield  # Streamlit's own ways out of a run are no `Exception`s
    except Exception as error:  # a border: whatever a panel raises is said in its place, and logged
        logger.exception("%s could not be drawn", name)
        says = str(error) or type(error).__name__
        st.error(f"{plain(name)} could not be drawn: {plain(says)}", icon=":material/error:")
        st.button("Retry", key=f"{Keys.PANEL_RETRY}_{name}", icon=":material/refresh:")


def heading(title: str, says: str) -> None:
    """What a panel shows, and on hover how it is made."""
    st.markdown(f"**{title}**", help=says, width="content")


def placeholder(says: str, height: int = HEIGHT) -> None:
    """Keep the room of a chart, and say what it waits for."""
    draw(div(says, class_="ipo-placeholder", style=f"height:{height}px"))


def table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> None:
    """A compact table; all but the first column stand at the right."""
    cells = [_cell(name, place, "head") for place, name in enumerate(head)]
    cells += [_cell(text, place) for line in lines for place, text in enumerate(line)]
    draw(div(*cells, class_="ipo-table", style=f"grid-template-columns:repeat({len(head)},auto)"))


def _cell(text: str, place: int, look: str = "") -> Html:
    return span(text, class_=look if place else f"{look} first".lstrip())
