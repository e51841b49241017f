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
    rows = [_row(head, "columnheader", "head"), *(_row(line, "cell") for line in lines)]
    columns = f"grid-template-columns:repeat({len(head)},auto)"
    draw(div(*rows, class_="ipo-table", role="table", style=columns))


def _row(texts: Sequence[str], role: str, look: str = "") -> Html:
    return div(
        *(_cell(text, place, role, look) for place, text in enumerate(texts)), class_="row", role="row"
    )


def _cell(text: str, place: int, role: str, look: str) -> Html:
    return span(text, class_=look if place else f"{look} first".lstrip(), role=role)
